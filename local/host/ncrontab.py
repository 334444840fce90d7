"""The schedules of timer triggers: NCRONTAB with five or six fields, or a time span.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions. `croniter` does the
calendar; this page keeps it to what NCRONTAB allows: day and weekday must both match, Sunday is 0 only.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterError, croniter  # type: ignore[import-untyped]

from local.host.host_settings import StartError, parse_timespan

_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september"]
_MONTHS += ["october", "november", "december"]
_WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
_FIELDS: list[tuple[str, int, int, list[str]]] = [
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day-of-week", 0, 6, _WEEKDAYS),
]
_ITEM = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?")

Schedule = Callable[[datetime], datetime]


def parse_schedule(text: str, zone: str | None = None) -> Schedule:
    """A function from an instant to the next occurrence after it. Without a zone the fields are UTC."""
    if ":" in text:
        interval = parse_timespan(text)
        if not interval:
            raise StartError(f"the schedule '{text}' must be longer than nothing")
        return lambda after: after + interval
    fields = text.split()
    if len(fields) == 5:
        fields = ["0", *fields]
    if len(fields) != 6:
        raise StartError(f"the schedule '{text}' must have 5 or 6 fields, or be a time span such as 00:05:00")
    expression = " ".join(_field(field, *limits, text) for field, limits in zip(fields, _FIELDS, strict=True))
    return _next_occurrence(expression, _zone(zone), text)


def _next_occurrence(expression: str, zone: ZoneInfo, text: str) -> Schedule:
    def following(after: datetime) -> datetime:
        found = croniter(expression, after.astimezone(zone), second_at_beginning=True, day_or=False)
        occurrence: datetime = found.get_next(datetime)
        return occurrence.astimezone(UTC)

    try:
        following(datetime.now(UTC))
    except CroniterError as fault:
        raise StartError(f"the schedule '{text}' never occurs: {fault}") from None
    return following


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise StartError(f"WEBSITE_TIME_ZONE (or TZ) is '{name}', which is no IANA time zone") from None


def _field(field: str, name: str, low: int, high: int, words: list[str], text: str) -> str:
    return ",".join(_item(item, name, low, high, words, text) for item in field.split(","))


def _item(item: str, name: str, low: int, high: int, words: list[str], text: str) -> str:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise StartError(f"the schedule '{text}' has a faulty {name}: '{item}'")
    first, last, step = match.groups()
    if first == "*":
        return item
    numbers = [_number(value, low, words) for value in (first, last) if value]
    if any(number is None or not low <= number <= high for number in numbers) or numbers != sorted(
        numbers, key=lambda number: number or 0
    ):
        raise StartError(f"the schedule '{text}' has a faulty {name}: '{item}' ({low} to {high})")
    span = "-".join(str(number) for number in numbers)
    if step and not last:
        span = f"{span}-{high}"
    return f"{span}/{step}" if step else span


def _number(value: str, low: int, words: list[str]) -> int | None:
    """A number, or a name by its first letters."""
    if value.isdigit():
        return int(value)
    found = [position for position, word in enumerate(words, low) if word.startswith(value.lower())]
    return found[0] if found else None


def more_often_than_minutely(schedule: Schedule, start: datetime) -> bool:
    """Monitoring is off by default for such schedules, as in the timer extension."""
    first = schedule(start)
    return schedule(first) - first < timedelta(minutes=1)
