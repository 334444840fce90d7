"""Instants as people read them: how far away, and the date; the machine-readable instant beside it."""

from datetime import UTC, date, datetime, timedelta, tzinfo

from markupsafe import Markup

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_STEPS = ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"))


def distance(at: datetime, now: datetime) -> str:
    """in 3 days, 5 hours ago, now"""
    away = abs(at - now)
    for step, word in _STEPS:
        # What is just short of two days is two days to a person, not one.
        if count := int((away + step / 10) / step):
            words = f"{count} {word}" if count == 1 else f"{count} {word}s"
            return f"in {words}" if at > now else f"{words} ago"
    return "now"


def dated(at: datetime, now: datetime, zone: tzinfo = UTC) -> str:
    """26 December, 14:05; with the year where it is another one."""
    local = at.astimezone(zone)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year}"
    return f"{local.day} {local:%B}{year}, {local:%H:%M}"


def named_day(day: date, now: datetime, zone: tzinfo = UTC) -> str:
    """Saturday, 26 December"""
    year = "" if day.year == now.astimezone(zone).year else f" {day.year}"
    return f"{day:%A}, {day.day} {day:%B}{year}"


def instant(at: datetime, now: datetime, zone: tzinfo = UTC) -> Markup:
    """in 3 days, 26 December, 14:05"""
    return _time(at, f"{distance(at, now)}, {dated(at, now, zone)}")


def moment(at: datetime, now: datetime, zone: tzinfo = UTC) -> Markup:
    """26 December, 14:05, where how far away it is says nothing"""
    return _time(at, dated(at, now, zone))


def ago(at: datetime, now: datetime) -> Markup:
    """3 days ago, alone"""
    return _time(at, distance(at, now))


def _time(at: datetime, words: str) -> Markup:
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{utc:%Y-%m-%d %H:%M:%S}", words
    )
