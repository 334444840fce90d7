"""Okta's System Log, read once for everybody who asks at about the same time.

Hundreds of runs look for their events within seconds, and an org grants all readers of its log together some 120
requests a minute: https://developer.okta.com/docs/reference/rl-global-mgmt/
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import wiring
from activities.activity import StepFailed
from lifecycle.confirming import Window, uuid_filter, window_around, window_of_deletion, window_of_last_look
from lifecycle.events import LogEvent
from lifecycle.system_log import DELETIONS, FILTER, parse_page, since_text

# That an event is not there is believed of a reading for so long; that it is there, for ever.
FRESH_FOR = timedelta(seconds=5)
MOST_READINGS = 60
# Of one process. Catch-up needs up to 30 of the 60 that an app gets by default; forged events may be many.
MOST_REQUESTS_A_MINUTE = 30
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What the log is asked: a part of it, and a filter."""

    window: Window
    condition: str


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """What the log answered, and when it was asked."""

    read_at: datetime
    events: tuple[LogEvent, ...]


class LogReadings:
    """The readings of one process; `now` is the caller's time."""

    def __init__(self) -> None:
        self._readings: dict[LogQuery, LogAnswer] = {}
        self._under_way: dict[LogQuery, asyncio.Future[LogAnswer]] = {}
        self._requested_at: deque[datetime] = deque()

    async def find(self, uuid: str, published: datetime, now: datetime) -> LogEvent | None:
        """An event that may be in the log. Raises ClientError, or StepFailed when the log was asked too often."""
        return await self._first(LogQuery(window_around(published), FILTER), lambda event: event.uuid == uuid, now)

    async def find_deletion(self, group_id: str, left_at: datetime, now: datetime) -> LogEvent | None:
        """The deletion of a group around the instant at which somebody was removed from it. Raises as `find`."""
        question = LogQuery(window_of_deletion(left_at), DELETIONS)
        return await self._first(question, lambda event: event.group_id == group_id, now)

    async def find_exactly(self, uuid: str, published: datetime, now: datetime) -> LogEvent | None:
        """As `find`, asking for nothing but this event; what cannot be read fails too."""
        window = window_of_last_look(published, now)
        if window is None:
            return None
        events, unreadable = await self._ask(window, uuid_filter(uuid), now)
        if unreadable:
            raise StepFailed("Okta answered with an entry of its log that cannot be read", permanent=False)
        return next((event for event in events if event.uuid == uuid), None)

    async def _first(self, question: LogQuery, is_it: Callable[[LogEvent], bool], now: datetime) -> LogEvent | None:
        reading = self._readings.get(question)
        found = next(filter(is_it, reading.events), None) if reading else None
        if found is None and (reading is None or now - reading.read_at >= FRESH_FOR):
            reading = await self._read_once(question, now)
            found = next(filter(is_it, reading.events), None)
        return found

    async def _read_once(self, question: LogQuery, now: datetime) -> LogAnswer:
        """Whoever asks while it is being asked waits for the same answer."""
        if question not in self._under_way:
            self._under_way[question] = asyncio.ensure_future(self._read(question, now))
        return await asyncio.shield(self._under_way[question])

    async def _read(self, question: LogQuery, now: datetime) -> LogAnswer:
        try:
            events, _ = await self._ask(question.window, question.condition, now)
        finally:
            del self._under_way[question]
        self._readings.pop(question, None)
        self._readings[question] = reading = LogAnswer(now, tuple(events))
        if len(self._readings) > MOST_READINGS:
            del self._readings[next(iter(self._readings))]  # the oldest
        return reading

    async def _ask(self, window: Window, condition: str, now: datetime) -> tuple[list[LogEvent], int]:
        """All events of a window, page by page, and how many entries cannot be read."""
        okta = await wiring.okta()
        since, until = since_text(window.since), since_text(window.until)
        self._count_request(now)
        found = await okta.list_log_events(since=since, until=until, filter=condition)
        events: list[LogEvent] = []
        unreadable = 0
        while True:
            page = parse_page(found.events, found.next)
            events += page.events
            unreadable += page.unreadable
            if page.next_link is None or not found.events:
                return events, unreadable
            self._count_request(now)
            found = await okta.list_log_events(next_link=page.next_link)

    def _count_request(self, now: datetime) -> None:
        while self._requested_at and self._requested_at[0] <= now - A_MINUTE:
            self._requested_at.popleft()
        if len(self._requested_at) >= MOST_REQUESTS_A_MINUTE:
            reason = f"Okta's System Log was asked {MOST_REQUESTS_A_MINUTE} times within a minute, which is enough"
            raise StepFailed(reason, permanent=False)
        self._requested_at.append(now)


readings = LogReadings()
