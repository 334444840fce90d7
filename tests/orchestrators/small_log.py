"""Okta's System Log in a small world: looking for an event in it, and catch-up, which reads it on and on.

An entry may come late; what nobody sees happen never stands in it.
"""

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import wiring
from clients.errors import ClientError
from lifecycle.events import LogEvent, parse_log_event
from lifecycle.intake import plan_intake
from rows import state
from tests.orchestrators.small_steps import Fate, Step, happen
from tests.orchestrators.small_world import LoggedEvent, SmallWorld
from triggers.found_events import take_up, take_up_noted


class SmallReadings:
    """What activities.log_readings.LogReadings is to the runs, without its sharing: each asks for itself."""

    def __init__(self, world: SmallWorld) -> None:
        self._world = world

    async def find(self, uuid: str, published: datetime, now: datetime) -> LogEvent | None:
        def look() -> LogEvent | None:
            return next((parse_log_event(each) for each in self._world.visible_log() if each["uuid"] == uuid), None)

        return await happen("look into Okta's log", look)

    find_exactly = find

    async def find_deletion(self, group_id: str, left_at: datetime, now: datetime) -> LogEvent | None:
        def look() -> LogEvent | None:
            entries = map(parse_log_event, self._world.visible_log())
            return next((each for each in entries if each and self._is_deletion(each, group_id, left_at)), None)

        return await happen("look for a deletion in Okta's log", look)

    def _is_deletion(self, event: LogEvent, group_id: str, left_at: datetime) -> bool:
        is_near = abs(event.published - left_at) <= timedelta(hours=1)
        return event.event_type == "group.lifecycle.delete" and event.group_id == group_id and is_near


class CatchUp:
    """The timer that reads the log on. Its place moves on behind an event only when that has been taken up."""

    def __init__(self, world: SmallWorld, client: Any) -> None:
        self.step: Step | None = None
        self._world, self._client = world, client
        self._read: set[str] = set()  # uuids
        self._coroutine: Coroutine[Step, Fate | None, None] | None = None

    @property
    def is_due(self) -> bool:
        """Whether there is anything to read, or to start that was noted."""
        return self.step is None and bool(self._unread() or self._is_noted_in_vain())

    @property
    def next_entry_at(self) -> datetime | None:
        return min((each.visible_at for each in self._world.log if each.visible_at > self._world.now), default=None)

    def begin(self) -> None:
        self.stop()
        self._coroutine = self._read_on()
        self._go_on(None)

    def stop(self) -> None:
        """The host dies."""
        if self._coroutine is not None:
            self._coroutine.close()
        self.step = None

    def take_step(self, fate: Fate = Fate.HAPPENS) -> None:
        self._go_on(fate)

    def _go_on(self, fate: Fate | None) -> None:
        assert self._coroutine is not None
        try:
            self.step = self._coroutine.send(fate)
        except StopIteration:
            self.step = None

    async def _read_on(self) -> None:
        """What cannot be done now is done by the next one, from the same place."""
        durable, unread = wiring.Durable(self._client), self._unread()
        try:
            await take_up_noted(durable)
            for event in filter(None, (parse_log_event(each.values) for each in unread)):
                manages = self._world.settings.manages
                for start in plan_intake([event], manages, deactivate_on_suspend=False, found=True).starts:
                    await take_up(start, durable)
        except ClientError:
            return
        self._read.update(each.uuid for each in unread)

    def _unread(self) -> list[LoggedEvent]:
        visible = [each for each in self._world.log if each.visible_at <= self._world.now]
        return [each for each in visible if each.uuid not in self._read]

    def _is_noted_in_vain(self) -> bool:
        noted = [key for table, partition, key in self._world.rows if (table, partition) == (state.TABLE, state.NOTED)]
        return any(self._client.has_ended(instance) for instance in noted)
