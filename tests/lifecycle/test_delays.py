"""The delay before licenses go."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.delays import (
    LONGEST_WAIT,
    Delay,
    IntervalType,
    describe,
    due_at,
    next_piece,
    parse_delay,
    parse_delay_object,
    parse_delay_text,
)

INSTANTS = st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC))
DELAYS = st.builds(Delay, st.integers(0, 10**12), st.sampled_from(IntervalType))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("integer", "interval_type", "expected"),
    [
        (30, "second", utc(2026, 1, 31, 10, 0, 30)),
        (1, "minute", utc(2026, 1, 31, 10, 1)),
        (14, "hour", utc(2026, 2, 1, 0, 0)),
        (30, "day", utc(2026, 3, 2, 10, 0)),
        (2, "week", utc(2026, 2, 14, 10, 0)),
        (1, "month", utc(2026, 2, 28, 10, 0)),
        (25, "month", utc(2028, 2, 29, 10, 0)),
        (1, "year", utc(2027, 1, 31, 10, 0)),
        (0, "day", utc(2026, 1, 31, 10, 0)),
    ],
)
def test_each_interval_type_counts_by_the_calendar(integer: int, interval_type: str, expected: datetime) -> None:
    assert due_at(utc(2026, 1, 31, 10, 0), parse_delay(integer, interval_type)) == expected


def test_a_year_after_29_february_is_28_february() -> None:
    assert due_at(utc(2028, 2, 29), Delay(1, IntervalType.YEAR)) == utc(2029, 2, 28)


def test_the_due_time_is_in_utc_whatever_the_start_was_in() -> None:
    start = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))

    due = due_at(start, Delay(1, IntervalType.MONTH))

    assert (due, due.tzinfo) == (utc(2026, 1, 31, 23, 0), UTC)


def test_a_start_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due_at(datetime(2026, 1, 1), Delay(1, IntervalType.DAY))


@pytest.mark.parametrize("interval_type", IntervalType)
def test_the_due_time_never_passes_the_year_9999(interval_type: IntervalType) -> None:
    assert due_at(utc(9999, 12, 31, 23, 59, 59), Delay(10**15, interval_type)).year == 9999


@given(INSTANTS, DELAYS, st.integers(0, 10**6))
def test_a_longer_delay_is_never_due_earlier(start: datetime, delay: Delay, more: int) -> None:
    longer = Delay(delay.integer + more, delay.interval_type)

    assert start <= due_at(start, delay) <= due_at(start, longer)


@given(INSTANTS, INSTANTS, DELAYS)
def test_a_later_start_is_never_due_earlier(one: datetime, other: datetime, delay: Delay) -> None:
    earlier, later = sorted((one, other))

    assert due_at(earlier, delay) <= due_at(later, delay)


@pytest.mark.parametrize(
    ("integer", "interval_type"),
    [(30, "day"), ("30", "day"), (" 30 ", "Days"), ("030", " DAY ")],
)
def test_a_delay_is_read_as_people_write_it(integer: object, interval_type: str) -> None:
    assert parse_delay(integer, interval_type) == Delay(30, IntervalType.DAY)


@pytest.mark.parametrize("integer", [-1, "-1", 1.5, "1.5", 2.0, True, None, "", "ten", "1e3", "٣", "9" * 5000, [1]])
def test_an_integer_that_is_none_is_refused_with_what_was_expected(integer: object) -> None:
    with pytest.raises(ValueError, match="a whole number, 0 or more"):
        parse_delay(integer, "day")


@pytest.mark.parametrize("interval_type", ["fortnight", "", "d", None, 3, ["day"]])
def test_an_unknown_interval_type_is_refused_with_the_known_ones(interval_type: object) -> None:
    with pytest.raises(ValueError, match="one of second, minute, hour, day, week, month, year"):
        parse_delay(1, interval_type)


@pytest.mark.parametrize(("integer", "interval_type"), [(10, "year"), (120, "month"), (521, "week"), (3653, "day")])
def test_ten_years_are_accepted(integer: int, interval_type: str) -> None:
    assert parse_delay(integer, interval_type).integer == integer


@pytest.mark.parametrize(
    ("integer", "interval_type"),
    [(11, "year"), (121, "month"), (522, "week"), (3654, "day"), (10**9, "second"), (10**18, "hour")],
)
def test_more_than_ten_years_is_refused(integer: int, interval_type: str) -> None:
    with pytest.raises(ValueError, match="at most 10 years"):
        parse_delay(integer, interval_type)


@pytest.mark.parametrize(
    "raw", [{"integer": 1, "interval_type": "week"}, {"integer": "1", "interval_type": "week"}, "1 week"]
)
def test_a_delay_of_one_group_is_an_object_or_text(raw: object) -> None:
    assert parse_delay_object(raw) == Delay(1, IntervalType.WEEK)


@pytest.mark.parametrize(
    "raw", [7, None, [], {}, {"integer": 1}, {"integer": 1, "interval_type": "week", "x": 1}, "week"]
)
def test_anything_else_is_no_delay(raw: object) -> None:
    with pytest.raises(ValueError, match=r"week|whole number"):
        parse_delay_object(raw)


@given(st.builds(Delay, st.integers(0, 10), st.sampled_from(IntervalType)))
def test_a_described_delay_reads_back(delay: Delay) -> None:
    assert parse_delay_text(describe(delay)) == delay


@pytest.mark.parametrize(
    ("delay", "text"),
    [
        (Delay(30, IntervalType.DAY), "30 days"),
        (Delay(1, IntervalType.MINUTE), "1 minute"),
        (Delay(0, IntervalType.DAY), "0 days"),
    ],
)
def test_a_delay_is_described_in_words(delay: Delay, text: str) -> None:
    assert describe(delay) == text


def test_a_long_wait_is_made_of_pieces_of_five_days() -> None:
    now, due = utc(2026, 1, 1), utc(2026, 1, 13)
    pieces = []

    while piece := next_piece(now, due):
        pieces.append(piece)
        now += piece

    assert pieces == [timedelta(days=5), timedelta(days=5), timedelta(days=2)]


@given(INSTANTS, INSTANTS)
def test_a_wait_never_overshoots_and_ends_when_due(now: datetime, due: datetime) -> None:
    piece = next_piece(now, due)

    if piece is None:
        assert now >= due
    else:
        assert timedelta(0) < piece <= LONGEST_WAIT
        assert now + piece <= due
