"""Runs what the task hub holds: one episode at a time per instance, activities at least once, timers when due.

The database is the truth; the queues here only say where to look next, and are filled from it at the start.
"""

import asyncio
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from local.host import activities, changes, store
from local.host.answers import remember_parsed_instants
from local.host.clock import Clock
from local.host.episode import Handle, Registry, run_episode
from local.host.history import Status, stamp
from local.host.instances import Effects, Outcome, WorkItem
from local.host.loading import App, AppFunction
from local.host.store import Store
from local.host.worker import Worker
from local.host.writer import Change

log = logging.getLogger("local.host")

RETRY_WRITE_SECONDS = 0.5
# Orchestrators only compute, so under the GIL more threads bring no speed, only slower REST answers.
ORCHESTRATOR_THREADS = 4


class Engine:
    def __init__(self, app: App, hub: Store, clock: Clock, worker: Worker) -> None:
        self.clock = clock
        self.hub = hub
        self._worker = worker
        self._activities = {function.name.casefold(): function for function in app.of_kind("activity")}
        self.registry = Registry(_handles(app), self._activities.keys(), app.settings.maximum_actions)
        self._episode_slots = min(app.settings.maximum_orchestrators, ORCHESTRATOR_THREADS)
        self._activity_slots = app.settings.maximum_activities
        self._threads = ThreadPoolExecutor(self._episode_slots, "orchestrator")
        self._ready: dict[str, None] = {}
        self._running: set[str] = set()
        self._woken_while_running: set[str] = set()
        self._work: deque[WorkItem] = deque()
        self._working = 0
        self._next_timer: datetime | None = None
        self._firing = False
        self._timer_changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._started = False
        self.something_ended = asyncio.Event()  # for whoever waits for quiet
        remember_parsed_instants()
        self._write_failed = False

    async def start(self) -> None:
        ready, work = await self.hub.read(store.unfinished)
        self._next_timer = await self.hub.read(store.next_timer)
        self.apply(Effects(woken=set(ready), work=work))
        self._started = True
        self.something_ended.set()
        self._spawn(self._fire_timers())

    async def stop(self, patience: float = 3.0) -> None:
        """Let what runs finish for a moment; what does not will run again after the next start."""
        self._stopping = True
        deadline = time.monotonic() + patience
        while (self._running or self._working) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def busy(self) -> int:
        """How many episodes and activities are queued or running, and whether timers are due.

        Until the task hub has been read, nobody knows, which counts as busy: REST answers a moment earlier.
        """
        if not self._started:
            return 1
        due = self._firing or (self._next_timer is not None and self._next_timer <= self.clock.now())
        return len(self._ready) + len(self._running) + len(self._work) + self._working + due

    def apply(self, effects: Effects) -> None:
        """Take up what a committed transaction made possible (on the host's loop)."""
        for instance_id in effects.woken:
            if instance_id in self._running:
                self._woken_while_running.add(instance_id)
            else:
                self._ready[instance_id] = None
        self._work.extend(effects.work)
        if effects.next_timer is not None and (self._next_timer is None or effects.next_timer < self._next_timer):
            self._next_timer = effects.next_timer
            self._timer_changed.set()
        self._dispatch()

    def _dispatch(self) -> None:
        while self._ready and len(self._running) < self._episode_slots and not self._stopping:
            instance_id = next(iter(self._ready))
            del self._ready[instance_id]
            self._running.add(instance_id)
            self._spawn(self._episode(instance_id))
        while self._work and self._working < self._activity_slots and not self._stopping:
            self._working += 1
            self._spawn(self._activity(self._work.popleft()))

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.something_ended.set()
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("The local host itself failed", exc_info=fault)

    async def _episode(self, instance_id: str) -> None:
        effects = Effects()
        try:
            started = time.perf_counter()
            now = stamp(self.clock.now())
            outcome = await self._in_thread(instance_id, now)
            if outcome is not None:
                effects = await self._keep(lambda connection: changes.commit_episode(connection, outcome, now))
                _log_episode(outcome, started)
        finally:
            self._running.discard(instance_id)
            if instance_id in self._woken_while_running:
                self._woken_while_running.discard(instance_id)
                effects.woken.add(instance_id)
            self.apply(effects)

    async def _in_thread(self, instance_id: str, now: str) -> Outcome | None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(self._threads, self._compute, instance_id, now)
            except sqlite3.OperationalError as fault:
                log.warning("The task hub cannot be read (%s); trying again", fault)
                await asyncio.sleep(RETRY_WRITE_SECONDS)

    def _compute(self, instance_id: str, now: str) -> Outcome | None:
        loaded = self.hub.load(instance_id)
        return run_episode(loaded, self.registry, now) if loaded else None

    async def _activity(self, item: WorkItem) -> None:
        effects = Effects()
        try:
            function = self._activities.get(item.name.casefold())
            message = await activities.run(self._worker, function, item, self.clock)
            effects = await self._keep(lambda connection: changes.finish_activity(connection, item, message))
        finally:
            self._working -= 1
            self.apply(effects)

    async def _fire_timers(self) -> None:
        while True:
            self._timer_changed.clear()
            await self.clock.sleep_until(self._next_timer, self._timer_changed)
            if self._next_timer is None or self._next_timer > self.clock.now():
                continue
            # Forgotten first: an episode may add an earlier timer while this is being written.
            self._firing, self._next_timer = True, None
            effects = await self._keep(lambda connection: changes.fire_timers(connection, stamp(self.clock.now())))
            self.apply(effects)
            self._firing = False
            self.something_ended.set()

    async def _keep(self, change: Change[Effects]) -> Effects:
        """Write until it is written: a locked or full database must not lose what has been done."""
        while True:
            try:
                effects = await self.hub.write(change)
            except sqlite3.OperationalError as fault:
                if not self._write_failed:
                    log.warning("The task hub cannot be written (%s); trying again until it can", fault)
                self._write_failed = True
                await asyncio.sleep(RETRY_WRITE_SECONDS)
            else:
                if self._write_failed:
                    log.warning("The task hub can be written again")
                self._write_failed = False
                return effects


def _handles(app: App) -> dict[str, Handle]:
    def handle(function: AppFunction) -> Handle:
        return lambda context: str(function.call(context=context))

    return {function.name.casefold(): handle(function) for function in app.of_kind("orchestrator")}


def _log_episode(outcome: Outcome, started: float) -> None:
    elapsed = (time.perf_counter() - started) * 1000
    instance = outcome.instance
    level = logging.ERROR if outcome.status is Status.FAILED else logging.INFO
    log.log(level, "orchestrator %s (%s) %s in %.0f ms", instance.name, instance.id, outcome.status.word, elapsed)
