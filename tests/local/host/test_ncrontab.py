"""Schedules of timer triggers."""

from datetime import UTC, datetime, timedelta

import pytest

from local.host.host_settings import StartError
from local.host.ncrontab import more_often_than_minutely, parse_schedule

AFTER = datetime(2026, 1, 31, 23, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "following"),
    [
        ("*/15 * * * * *", "2026-01-31T23:59:45"),
        ("0 */5 * * * *", "2026-02-01T00:00:00"),
        ("*/5 * * * *", "2026-02-01T00:00:00"),
        ("0 5/20 * * * *", "2026-02-01T00:05:00"),
        ("0 30 9 * * Mon-Fri", "2026-02-02T09:30:00"),
        ("0 30 9 * * mon,wed", "2026-02-02T09:30:00"),
        ("0 0 0 * * Sunday", "2026-02-01T00:00:00"),
        ("0 0 8 13 * Fri", "2026-02-13T08:00:00"),
        ("0 0 8 14 * Fri", "2026-08-14T08:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 0 1 January *", "2027-01-01T00:00:00"),
        ("0 0 1-5/2 * * *", "2026-02-01T01:00:00"),
        ("01:30:00", "2026-02-01T01:29:30"),
        ("1.00:00:00", "2026-02-01T23:59:30"),
    ],
)
def test_the_next_occurrence_is_the_first_after_the_instant(schedule: str, following: str) -> None:
    assert parse_schedule(schedule)(AFTER) == datetime.fromisoformat(following).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "0 0 24 * * *",
        "0 0 0 0 * *",
        "0 0 0 * 13 *",
        "0 0 0 * * 7",
        "0 0 0 L * *",
        "0 0 0 ? * *",
        "0 0 0 * * Fri#2",
        "0 0 5-1 * * *",
        "@daily",
        "0 0 0 30 2 *",
        "0 x * * * *",
        "00:00:00",
        "later:",
    ],
)
def test_what_the_real_host_refuses_is_refused_with_its_text(schedule: str) -> None:
    with pytest.raises(StartError) as refused:
        parse_schedule(schedule)

    assert f"'{schedule}'" in str(refused.value)


def test_fields_are_in_the_time_zone_of_the_app() -> None:
    assert parse_schedule("0 0 8 * * *", "Europe/Berlin")(AFTER) == datetime(2026, 2, 1, 7, tzinfo=UTC)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(StartError, match="no IANA time zone"):
        parse_schedule("0 0 8 * * *", "Middle/Earth")


def test_schedules_within_the_minute_are_known() -> None:
    assert more_often_than_minutely(parse_schedule("*/30 * * * * *"), AFTER)
    assert not more_often_than_minutely(parse_schedule("0 * * * * *"), AFTER)
    assert parse_schedule("00:00:30")(AFTER) - AFTER == timedelta(seconds=30)
