"""The app's present is that of the host, whose clock can be moved."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

import wiring
from local.host.clock import Clock
from local.host.server import lend


def test_app_asks_the_clock_that_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "now", wiring.now)  # put back afterwards
    clock = Clock(timedelta(days=30))

    lend(clock)
    clock.advance(timedelta(days=5))

    assert wiring.now() - datetime.now(UTC) > timedelta(days=34, hours=23)


def test_app_of_somebody_else_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wiring")

    lend(Clock(timedelta(days=30)))

    assert abs(wiring.now() - datetime.now(UTC)) < timedelta(days=1)
