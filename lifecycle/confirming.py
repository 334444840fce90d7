"""The hook is a doorbell: whoever holds its secret can make the app look, never act.

Before a run claims anybody, it finds its event in Okta's System Log. The rules of that: when and what the log is asked,
which of its entries is the event, and which runs do not count as runs because they found nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, repeat

from lifecycle import stages
from lifecycle.events import Flow, LogEvent, ManagedGroup, flow_for
from lifecycle.inputs import EventInput
from lifecycle.retries import FIRST_WAITS, LATER_WAIT
from lifecycle.stages import Phase
from lifecycle.system_log import OVERLAP, RETENTION

# Of an event's `published`: a delivery from further in the future starts nothing, for the log has it in time.
FARTHEST_AHEAD = timedelta(hours=1)
# Okta does not say how late an entry may appear; it is a matter of seconds.
LAST_LOOK_AFTER = timedelta(hours=1)
WINDOW = timedelta(minutes=1)
# Okta does not say whether both ends of a query belong to it.
MARGIN = timedelta(seconds=1)


def is_far_ahead(event: LogEvent, now: datetime) -> bool:
    """Whether a delivered event is one that nobody can have seen happen."""
    return event.published - now > FARTHEST_AHEAD


def last_look_at(published: datetime) -> datetime:
    """From when on an event that is not in the log never happened."""
    return published + LAST_LOOK_AFTER


def look_waits() -> Iterator[timedelta]:
    """The growing waits between two looks into the log; they never end."""
    return chain(FIRST_WAITS, repeat(LATER_WAIT))


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the log, by `published`."""

    since: datetime
    until: datetime


def window_around(published: datetime) -> Window:
    """The part of the log that is read for an event, and for all others of the same minute."""
    begins = published.replace(second=0, microsecond=0)
    return Window(begins - MARGIN, begins + WINDOW + MARGIN)


def window_of_deletion(left_at: datetime) -> Window:
    """The part of the log in which a group's deletion may stand that removed a member at this instant."""
    around = window_around(left_at)
    return Window(around.since - OVERLAP, around.until + OVERLAP)


def window_of_last_look(published: datetime, now: datetime) -> Window | None:
    """The part of the log that is asked for one event; None of an event from before the log begins."""
    begins = now - RETENTION
    return Window(max(published - OVERLAP, begins), published + OVERLAP) if published >= begins else None


def uuid_filter(uuid: str) -> str:
    """Asks for one event. What may be in a uuid was checked when it was read; a quote may not."""
    return f'uuid eq "{uuid}"'


def as_found(entry: LogEvent, flow: Flow, manages: ManagedGroup, *, deactivate_on_suspend: bool) -> EventInput | None:
    """What a run goes on with; None of an entry that would not have started its flow, whatever was delivered."""
    starts = flow_for(entry, manages, deactivate_on_suspend=deactivate_on_suspend)
    return EventInput.of(entry, found=True) if starts is flow else None


class LogStanding(StrEnum):
    """How the run stands for whose event the log was read."""

    AWAITING_LOG = "awaiting the log"
    UNSEEN = "ended without having found its event, which does not count as a run"
    HAS_RUN = "past the log, ended or not"


def standing_of(stage: str | None, *, is_finished: bool) -> LogStanding:
    """By what its status shows; one that shows nothing yet is just about to look into the log."""
    if is_finished:
        return LogStanding.UNSEEN if stage in (Phase.UNSEEN, stages.AWAIT_LOG.name) else LogStanding.HAS_RUN
    return LogStanding.AWAITING_LOG if stage in (None, stages.AWAIT_LOG.name) else LogStanding.HAS_RUN
