"""Timer triggers: when they run, one invocation at a time, and what the function is told about it.

Semantics of the timer extension (`TimerListener.cs` of azure-webjobs-sdk-extensions): the next run is computed from
the start of the last one, so an overrun is caught up once; a late start of a monitored timer is one run `past_due`.
"""

import asyncio
import logging
import os
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from azure.functions.timer import TimerRequest

from local.host.clock import Clock
from local.host.history import parse_stamp, stamp
from local.host.host_settings import StartError
from local.host.loading import App, AppFunction
from local.host.ncrontab import Schedule, more_often_than_minutely, parse_schedule
from local.host.store import Store
from local.host.worker import Worker

log = logging.getLogger("local.host")


@dataclass(frozen=True)
class Monitored:
    """What the task hub remembers of a timer trigger: `schedule_status` in the function's words."""

    last: datetime
    next: datetime
    updated_at: datetime

    def view(self) -> dict[str, str]:
        return {"Last": stamp(self.last), "Next": stamp(self.next), "LastUpdated": stamp(self.updated_at)}


class TimerTrigger:
    def __init__(self, function: AppFunction, hub: Store, clock: Clock, worker: Worker, ended: asyncio.Event) -> None:
        self.function = function
        self.running = 0
        self.something_ended = ended
        self.due: datetime | None = None
        self._status: Monitored | None = None
        self._past_due = False
        self._hub, self._clock, self._worker = hub, clock, worker
        zone = os.environ.get("WEBSITE_TIME_ZONE") or os.environ.get("TZ")
        try:
            self._schedule: Schedule = parse_schedule(function.schedule, zone)
        except StartError as fault:
            raise StartError(f"the timer '{function.name}': {fault}") from None
        often = more_often_than_minutely(self._schedule, clock.now())
        self._monitored = not often if function.use_monitor is None else function.use_monitor

    @property
    def busy(self) -> int:
        return self.running + (self.due is not None and self.due <= self._clock.now())

    async def prepare(self) -> None:
        """Find out when the first run is due; `run` goes on from there."""
        self._status = await self._remembered()
        now = self._clock.now()
        self._past_due = self._status is not None and now > self._status.next
        self.due = now if self._past_due or self.function.run_on_startup else self._schedule(now)

    async def run(self) -> None:
        """Until cancelled: wait, invoke, compute the next occurrence from when this one started."""
        while True:
            await self._clock.sleep_until(self.due)
            started = self._clock.now()
            upcoming = self._schedule(started)
            await self.invoke(past_due=self._past_due, status=self._status)
            self._status = await self._remember(started, upcoming)
            self.due, self._past_due = upcoming, False
            self.something_ended.set()

    async def invoke(self, *, past_due: bool = False, status: Monitored | None = None) -> None:
        request = TimerRequest(
            past_due=past_due,
            schedule_status=status.view() if status else None,
            schedule={"AdjustForDST": True},
        )
        self.running += 1
        try:
            await self._worker.call(self.function, request)
        except Exception as fault:  # a failed run does not end the schedule
            self._worker.log_fault("timer", self.function.name, fault)
        finally:
            self.running -= 1

    async def _remembered(self) -> Monitored | None:
        if not self._monitored:
            return None
        name, schedule = self.function.name, self.function.schedule
        found = await self._hub.read(lambda connection: _read(connection, name))
        if found is None or found["schedule"] != schedule:
            now = self._clock.now()
            return await self._remember(parse_stamp(found["last"]) if found else None, self._schedule(now))
        return Monitored(*(parse_stamp(found[column]) for column in ("last", "next", "updated_at")))

    async def _remember(self, last: datetime | None, upcoming: datetime) -> Monitored | None:
        if not self._monitored:
            return None
        now = self._clock.now()
        status = Monitored(last or datetime(1, 1, 1, tzinfo=now.tzinfo), upcoming, last or now)
        row = (self.function.name, self.function.schedule, *status.view().values())
        try:
            await self._hub.write(
                lambda connection: connection.execute("INSERT OR REPLACE INTO schedules VALUES (?, ?, ?, ?, ?)", row)
            )
        except sqlite3.OperationalError as fault:
            log.warning("The task hub cannot be written (%s); the timer %s goes on", fault, self.function.name)
        return status


def _read(connection: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM schedules WHERE name = ?", (name,)).fetchone()
    return row


class TimerTriggers:
    def __init__(self, app: App, hub: Store, clock: Clock, worker: Worker, ended: asyncio.Event) -> None:
        self.all = {
            function.name.casefold(): TimerTrigger(function, hub, clock, worker, ended)
            for function in app.of_kind("timer")
        }
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        for trigger in self.all.values():
            await trigger.prepare()
            self._keep(asyncio.create_task(trigger.run()))

    def run_now(self, name: str) -> bool:
        """Start one run beside the schedule; False when there is no such timer trigger."""
        trigger = self.all.get(name.casefold())
        if trigger is None:
            return False
        trigger.running += 1  # counted at once, so that nobody finds the host quiet before the task begins
        self._keep(asyncio.create_task(self._manual(trigger)))
        return True

    async def _manual(self, trigger: TimerTrigger) -> None:
        try:
            await trigger.invoke()
        finally:
            trigger.running -= 1
            trigger.something_ended.set()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def busy(self) -> int:
        return sum(trigger.busy for trigger in self.all.values())

    @property
    def next_due(self) -> datetime | None:
        return min((trigger.due for trigger in self.all.values() if trigger.due), default=None)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
