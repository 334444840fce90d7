"""Packages that nobody installed and that others look for at every request, in every folder, each time anew."""

import importlib.util
import sys

# httpcore asks for it four times per request: https://github.com/encode/httpcore/blob/1.0.9/httpcore/_synchronization.py
ASKED_FOR = ("sniffio",)


def answer_at_once_that_they_are_absent() -> None:
    """Have Python refuse their import without a search: https://docs.python.org/3/reference/import.html#the-module-cache"""
    for name in ASKED_FOR:
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            sys.modules[name] = None  # type: ignore[assignment]
