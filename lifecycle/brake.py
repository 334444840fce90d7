"""The brake: more than so many deactivations within an hour stop and ask.

Counted by the minute, over the last sixty minutes and the one that runs: that is never less than an hour.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

MINUTES = 60
HOUR = timedelta(minutes=MINUTES)
Counts = dict[int, int]  # deactivations per minute since 1970


def is_counted(passed_at: datetime | None, at: datetime) -> bool:
    """Whether an account is among those that were counted within the hour before `at`: each counts once."""
    return passed_at is not None and passed_at > at - HOUR


def let_through(counts: Mapping[int, int], at: datetime, limit: int) -> Counts | None:
    """The counts with one more deactivation; None when `limit` of them are within the hour before `at` already."""
    minute = int(at.timestamp()) // 60
    recent = {each: count for each, count in counts.items() if each >= minute - MINUTES}
    if sum(recent.values()) >= limit:
        return None
    recent[minute] = recent.get(minute, 0) + 1
    return recent
