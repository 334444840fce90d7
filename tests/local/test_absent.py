"""Packages that nobody installed are refused at once; the others are left alone."""

import importlib
import json
import sys
from typing import NoReturn

import pytest

from local import absent


class NeverSearched:
    """Stands first where Python looks for modules."""

    @staticmethod
    def find_spec(name: str, *_: object) -> NoReturn:
        raise AssertionError(f"{name} was searched for")


def test_absent_package_is_refused_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.setattr(absent, "ASKED_FOR", ("nobody_has_this", "json"))

    absent.answer_at_once_that_they_are_absent()
    monkeypatch.setattr(sys, "meta_path", [NeverSearched])

    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("nobody_has_this")
    assert importlib.import_module("json") is json
