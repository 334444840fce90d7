"""More than so many deactivations within an hour stop and ask."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.brake import HOUR, Counts, is_counted, let_through

START = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)


def passes(offsets: list[int], limit: int) -> list[datetime]:
    """Who gets through, of those who come so many seconds after the start."""
    counts: Counts = {}
    through = []
    for offset in sorted(offsets):
        at = START + timedelta(seconds=offset)
        if (after := let_through(counts, at, limit)) is not None:
            counts = after
            through.append(at)
    return through


def test_exactly_the_limit_gets_through_at_once() -> None:
    assert len(passes([0] * 5000, limit=50)) == 50


def test_room_is_made_again_after_an_hour() -> None:
    assert len(passes([0] * 60 + [3700] * 60, limit=50)) == 100


def test_what_is_older_than_the_hour_is_forgotten() -> None:
    counts = let_through({0: 49}, START, limit=50)

    assert counts == {int(START.timestamp()) // 60: 1}


def test_account_that_was_counted_within_the_hour_is_not_counted_again() -> None:
    assert is_counted(START, START + HOUR - timedelta(seconds=1))
    assert not is_counted(START, START + HOUR)
    assert not is_counted(None, START)


@given(st.lists(st.integers(0, 4 * 3600), max_size=200), st.integers(1, 20))
def test_no_hour_ever_has_more_than_the_limit(offsets: list[int], limit: int) -> None:
    through = passes(offsets, limit)

    for first in through:
        assert sum(first <= at < first + timedelta(hours=1) for at in through) <= limit
