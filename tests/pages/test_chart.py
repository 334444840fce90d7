"""The picture of coming removals."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.chart import FOOT, chart, share

FIRST = date(2026, 11, 26)


def test_bar_stands_for_a_day_and_is_as_high_as_its_share() -> None:
    made = chart([FIRST + timedelta(days=1)] * 4 + [FIRST + timedelta(days=3)] * 2, FIRST, 7, 700, 144)

    one, two = made.days
    assert (one.day, one.count, two.day, two.count) == (date(2026, 11, 27), 4, date(2026, 11, 29), 2)
    assert (one.height, two.height) == (100, 50)
    assert one.y + one.height == made.floor == 144 - FOOT


def test_what_is_overdue_counts_as_due_today() -> None:
    made = chart([FIRST - timedelta(days=9), FIRST], FIRST, 7, 700, 144)

    assert [(bar.day, bar.count) for bar in made.days] == [(FIRST, 2)]


def test_what_is_later_than_the_last_day_is_not_shown() -> None:
    assert chart([FIRST + timedelta(days=7)], FIRST, 7, 700, 144).total == 0


@given(st.lists(st.integers(0, 40), max_size=300))
def test_no_bar_is_higher_than_the_picture_and_none_is_too_small_to_be_seen(away: list[int]) -> None:
    made = chart([FIRST + timedelta(days=each) for each in away], FIRST, 35, 1050, 190)

    for bar in made.days:
        assert 3 <= bar.height <= made.floor
        assert bar.y >= 0
    assert all(y > 0 for y, _ in made.lines)


@pytest.mark.parametrize(("count", "top"), [(0, 4), (4, 4), (5, 6), (64, 80), (81, 100), (101, 160), (20_000, 20_000)])
def test_scale_ends_at_a_round_number(count: int, top: int) -> None:
    made = chart([FIRST] * count, FIRST, 7, 700, 144)

    assert max(value for _, value in made.lines) == top


@pytest.mark.parametrize(
    ("part", "whole", "width"), [(0, 10, 0), (5, 10, 500), (10, 10, 1000), (1, 100_000, 8), (1, 0, 0)]
)
def test_share_of_a_bar_is_never_too_small_to_be_seen(part: int, whole: int, width: int) -> None:
    assert share(part, whole) == width
