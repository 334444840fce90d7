"""Instants as people read them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pages import instants

NOW = datetime(2026, 12, 23, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(), "now"),
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=1), "in 1 minute"),
        (-timedelta(minutes=59), "1 hour ago"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(hours=23), "in 1 day"),
        (timedelta(days=3), "in 3 days"),
        (timedelta(days=2, hours=23), "in 3 days"),
        (timedelta(days=2, hours=12), "in 2 days"),
        (-timedelta(days=400), "400 days ago"),
    ],
)
def test_distance_is_said_in_the_largest_unit_that_fits(away: timedelta, words: str) -> None:
    assert instants.distance(NOW + away, NOW) == words


def test_date_has_the_year_where_it_is_another_one() -> None:
    assert instants.dated(NOW + timedelta(days=3), NOW) == "26 December, 14:05"
    assert instants.dated(NOW + timedelta(days=23), NOW) == "15 January 2027, 14:05"


def test_date_is_that_of_the_place_where_people_work() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")

    assert instants.dated(NOW + timedelta(hours=12), NOW, tokyo) == "24 December, 11:05"


def test_instant_says_how_far_and_when_and_the_machine_reads_utc() -> None:
    shown = instants.instant(NOW + timedelta(days=3), NOW, ZoneInfo("Europe/Amsterdam"))

    assert shown == (
        '<time datetime="2026-12-26T14:05:00Z" title="2026-12-26 14:05:00 UTC">in 3 days, 26 December, 15:05</time>'
    )


def test_day_is_named() -> None:
    assert instants.named_day(date(2026, 12, 26), NOW) == "Saturday, 26 December"
    assert instants.named_day(date(2027, 1, 1), NOW) == "Friday, 1 January 2027"
