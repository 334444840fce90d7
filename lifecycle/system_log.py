"""Reading Okta's System Log on and on: what to ask next, what the stored place means, and when part of it is lost.

A query without an end is answered in the order in which Okta keeps the events, with a link that goes on from there even
when there is nothing new: https://developer.okta.com/docs/reference/system-log-query/
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecycle.events import EVENT_TYPES, GROUP_DELETED, LogEvent, parse_log_event
from lifecycle.inputs import TELL_OPERATORS, NoticeInput, Start, start_of
from lifecycle.notices import LogGap

RETENTION = timedelta(days=90)  # how long Okta keeps the log
FIRST_LOOK_BACK = timedelta(hours=1)
# Where no link helps, the log is asked by `published`, and Okta may keep an event some time after that instant.
OVERLAP = timedelta(hours=1)
DELETIONS = f'eventType eq "{GROUP_DELETED}"'
FILTER = " or ".join(f'eventType eq "{event_type}"' for event_type in EVENT_TYPES)


class UnreadablePage(Exception):
    """Part of an answer cannot be understood, so nobody knows what it would have asked for."""


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """The events of one answer, how many entries are no event that can be read, and the link that goes on."""

    events: tuple[LogEvent, ...]
    unreadable: int
    next_link: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """How far the log was read: the link that goes on, and the instant up to which everything is known."""

    next_link: str
    read_to: datetime
    polled_at: datetime
    filter: str = FILTER


@dataclass(frozen=True, slots=True)
class Question:
    """Ask with the link or, without one, for everything since an instant. `lost` is the place that cannot be used."""

    next_link: str | None = None
    since: datetime | None = None
    lost: Place | None = None


def first_question(place: Place | None, now: datetime) -> Question:
    """What a run asks first."""
    if place is None:
        return Question(since=now - FIRST_LOOK_BACK)
    if now - place.read_to > RETENTION:
        return question_without_link(place, now)
    if place.filter != FILTER:  # the link repeats the filter of an earlier version, which knew other event types
        return Question(since=place.read_to - OVERLAP)
    return Question(next_link=place.next_link)


def question_without_link(lost: Place, now: datetime) -> Question:
    """Go on without the link, from where the log was read to, or from where it still reaches."""
    return Question(since=max(lost.read_to - OVERLAP, now - RETENTION), lost=lost)


def since_text(since: datetime) -> str:
    return since.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_page(entries: Iterable[object], next_link: str | None) -> ParsedPage:
    """Read whatever can be read. Never raises."""
    found = [parse_log_event(entry) if isinstance(entry, dict) else None for entry in entries]
    events = tuple(event for event in found if event is not None)
    return ParsedPage(events, len(found) - len(events), next_link)


def place_after(former: Place | None, events: Sequence[LogEvent], next_link: str, now: datetime) -> Place:
    """The place behind a page: an empty one says that everything up to now has been read. It never goes back."""
    read_to = max((event.published for event in events), default=now)
    return Place(next_link, max(read_to, former.read_to) if former else read_to, polled_at=now)


def gap_of(question: Question) -> LogGap | None:
    """What the operators have to know when the place was lost."""
    if question.lost is None or question.since is None:
        return None
    return LogGap(read_to=question.lost.read_to, resumed_at=question.since)


def gap_start(gap: LogGap) -> Start:
    """The one mail about a gap: the place is in the id, so that a lost one is told of once."""
    notice = NoticeInput(notice=gap, about="Okta's System Log")
    return start_of(TELL_OPERATORS, f"log_gap-{gap.read_to:%Y%m%dT%H%M%S.%fZ}", notice)


def forget_before(place: Place | None, now: datetime, history_days: int) -> datetime:
    """Finished runs older than this may be forgotten.

    An event is known by its run. So a run stays for as long as the log might bring its event again: when the log could
    not be read for months, but deliveries came, each of them would otherwise be acted on a second time.
    """
    kept_since = now - timedelta(days=history_days)
    return min(kept_since, place.read_to - OVERLAP) if place else kept_since


def removal_filter(okta_user_id: str) -> str:
    """Asks for the removals of one user from groups."""
    return f'eventType eq "group.user_membership.remove" and target.id eq "{okta_user_id}"'
