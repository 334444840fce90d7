"""How long licenses stay after the account is disabled, and when that time is over. All instants are UTC."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta


class IntervalType(StrEnum):
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Delay:
    integer: int
    interval_type: IntervalType


# Durable timers longer than six days are not safe on every storage backend, so a long wait is made of short ones.
LONGEST_WAIT = timedelta(days=5)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_LONGEST_DELAY_YEARS = 10
_ANY_LEAP_YEAR = datetime(2000, 1, 1, tzinfo=UTC)


def parse_delay(integer: object, interval_type: object) -> Delay:
    """Raise ValueError, saying what was expected, unless this is a delay between nothing and ten years."""
    delay = Delay(parse_delay_integer(integer), parse_interval_type(interval_type))
    longest = Delay(_LONGEST_DELAY_YEARS, IntervalType.YEAR)
    if due_at(_ANY_LEAP_YEAR, delay) > due_at(_ANY_LEAP_YEAR, longest):
        raise ValueError(f"a delay of at most {describe(longest)}")
    return delay


def parse_delay_text(text: str) -> Delay:
    """Read "30 days" or "1 week"."""
    integer, _, interval_type = text.strip().partition(" ")
    return parse_delay(integer, interval_type)


def parse_delay_object(raw: object) -> Delay:
    """Read `{"integer": 1, "interval_type": "week"}`, or the same as text."""
    if isinstance(raw, str):
        return parse_delay_text(raw)
    if isinstance(raw, Mapping) and set(raw) == {"integer", "interval_type"}:
        return parse_delay(raw["integer"], raw["interval_type"])
    raise ValueError('{"integer": 1, "interval_type": "week"} or "1 week"')


def parse_delay_integer(raw: object) -> int:
    """Zero is allowed and means at once."""
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0:
        return raw
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,18}", raw.strip()):
        return int(raw)
    raise ValueError("a whole number, 0 or more")


def parse_interval_type(raw: object) -> IntervalType:
    word = raw.strip().lower().removesuffix("s") if isinstance(raw, str) else None
    if word not in set(IntervalType):
        raise ValueError(f"one of {', '.join(IntervalType)}")
    return IntervalType(word)


def due_at(start: datetime, delay: Delay) -> datetime:
    """Count by the calendar: a month after 31 January is the last of February. Stop at the end of year 9999."""
    if start.tzinfo is None:
        raise ValueError("start must say its time zone")
    step = {f"{delay.interval_type}s": delay.integer}
    try:
        due: datetime = start.astimezone(UTC) + relativedelta(**step)  # type: ignore[arg-type]
    except (OverflowError, ValueError):  # what dateutil raises beyond year 9999, by kind of interval
        return _END_OF_TIME
    return due


def next_piece(now: datetime, due_at: datetime) -> timedelta | None:
    """How long the next timer on the way to the due time runs, None when it has come."""
    remaining = due_at - now
    return min(remaining, LONGEST_WAIT) if remaining > timedelta(0) else None


def describe(delay: Delay) -> str:
    plural = "" if delay.integer == 1 else "s"
    return f"{delay.integer} {delay.interval_type}{plural}"
