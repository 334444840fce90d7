"""How long a step waits before it is tried again, and when it gives up and parks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

FIRST_WAITS = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 900))
LATER_WAIT = timedelta(hours=1)
RETRIES_END_AFTER = timedelta(hours=24)
# A license without a free seat is tried for every hour of two weeks.
SEAT_ATTEMPTS = 14 * 24
# An account whose owner is not clear is looked at again every hour, for as long.
HOURLY_LOOKS = 14 * 24
# A mail never holds the flow up. A mailbox that is out of reach is the outbox's business at once; this is for what a
# mail is written with, such as the ledger.
MAIL_RETRIES_END_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Failure:
    """What kept a step from being done, in words for an operator."""

    reason: str
    permanent: bool
    retry_after: float | None = None  # seconds, as the other side asked
    superseded: bool = False
    look_again: bool = False  # what the step is built on is not so any more


def retry_waits(end_after: timedelta = RETRIES_END_AFTER) -> Iterator[timedelta]:
    """The growing waits between attempts; together no longer than `end_after`."""
    waited = timedelta()
    attempt = 0
    while True:
        wait = FIRST_WAITS[attempt] if attempt < len(FIRST_WAITS) else LATER_WAIT
        waited += wait
        if waited > end_after:
            return
        yield wait
        attempt += 1


def wait_at_least(wait: timedelta, retry_after: float | None) -> timedelta:
    """The wait of the schedule, or what the other side asked for if that is longer; a day at the most."""
    asked = timedelta(seconds=min(retry_after or 0.0, RETRIES_END_AFTER.total_seconds()))
    return max(wait, asked)
