"""Timer triggers: when they run and what they are told."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from azure.functions.timer import TimerRequest

from local.host.clock import Clock
from local.host.loading import AppFunction
from local.host.store import Store
from local.host.timers import TimerTrigger
from local.host.worker import Worker
from tests.local.host.running import SAMPLE_APP, RunningHost

HOUR = timedelta(hours=1)


class Calls:
    """Stands in for the worker: notes each request, then does what the test says."""

    def __init__(self) -> None:
        self.requests: list[TimerRequest] = []
        self.faults: list[str] = []
        self.then: Callable[[], None] = lambda: None

    async def call(self, _function: AppFunction, value: TimerRequest, _subject: str = "") -> Any:
        self.requests.append(value)
        self.then()

    def log_fault(self, kind: str, name: str, fault: Exception) -> None:
        self.faults.append(str(fault))


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(tmp_path / "hub")
    yield store
    store.close()


def trigger(hub: Store, clock: Clock, calls: Calls, **more: Any) -> TimerTrigger:
    function = AppFunction(
        name="tick", kind="timer", call=print, parameter="timer", **{"schedule": "0 0 * * * *", **more}
    )
    return TimerTrigger(function, hub, clock, cast(Worker, calls), asyncio.Event())


async def run(timer: TimerTrigger) -> asyncio.Task[None]:
    await timer.prepare()
    task = asyncio.create_task(timer.run())
    await settled(timer)
    return task


async def settled(timer: TimerTrigger) -> None:
    async with asyncio.timeout(5):
        await asyncio.sleep(0.01)
        while timer.busy:
            await asyncio.sleep(0.005)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_first_run_is_the_next_occurrence_not_the_start(hub: Store) -> None:
    clock, calls = Clock(), Calls()
    timer = trigger(hub, clock, calls)
    task = await run(timer)
    before = len(calls.requests)
    clock.advance(HOUR)
    await settled(timer)
    await end(task)

    assert before == 0
    assert [request.past_due for request in calls.requests] == [False]


async def test_run_on_startup_runs_at_once(hub: Store) -> None:
    calls = Calls()
    timer = trigger(hub, Clock(), calls, run_on_startup=True)
    await end(await run(timer))

    assert len(calls.requests) == 1


async def test_a_run_that_overruns_many_occurrences_is_caught_up_once(hub: Store) -> None:
    clock, calls = Clock(), Calls()
    timer = trigger(hub, clock, calls)

    def overrun() -> None:
        if len(calls.requests) == 1:
            clock.advance(HOUR * 5)

    calls.then = overrun
    task = await run(timer)
    clock.advance(HOUR)
    await settled(timer)
    await end(task)

    assert len(calls.requests) == 2


async def test_a_failed_run_does_not_end_the_schedule(hub: Store) -> None:
    clock, calls = Clock(), Calls()
    timer = trigger(hub, clock, calls)

    def fail() -> None:
        raise RuntimeError("no")

    calls.then = fail
    task = await run(timer)
    for _ in range(2):
        clock.advance(HOUR)
        await settled(timer)
    await end(task)

    assert calls.faults == ["no", "no"]


async def test_occurrences_missed_while_the_host_was_down_are_one_run_past_due(hub: Store) -> None:
    clock, calls = Clock(), Calls()
    await end(await run(trigger(hub, clock, calls)))
    clock.advance(HOUR * 10)
    timer = trigger(hub, clock, calls)
    await end(await run(timer))

    assert [request.past_due for request in calls.requests] == [True]
    assert set(calls.requests[0].schedule_status) == {"Last", "Next", "LastUpdated"}


async def test_a_changed_schedule_is_not_past_due(hub: Store) -> None:
    clock, calls = Clock(), Calls()
    await end(await run(trigger(hub, clock, calls)))
    clock.advance(HOUR * 10)
    await end(await run(trigger(hub, clock, calls, schedule="0 30 4 * * *")))

    assert calls.requests == []


async def test_without_monitoring_nothing_is_past_due_and_no_status_is_told(hub: Store) -> None:
    clock, calls = Clock(), Calls()
    await end(await run(trigger(hub, clock, calls, use_monitor=False)))
    clock.advance(HOUR * 10)
    timer = trigger(hub, clock, calls, use_monitor=False)
    task = await run(timer)
    clock.advance(HOUR)
    await settled(timer)
    await end(task)

    assert [(request.past_due, request.schedule_status) for request in calls.requests] == [(False, {})]


def beats(trace: Path) -> list[dict[str, Any]]:
    lines = trace.read_text().splitlines() if trace.exists() else []
    return [json.loads(line.removeprefix("heartbeat ")) for line in lines if line.startswith("heartbeat ")]


def test_a_jump_of_thirty_days_runs_a_trigger_once(sample: RunningHost, trace: Path) -> None:
    sample.quiet()
    before = len(beats(trace))
    sample.move_clock(advance=30 * 86400)
    sample.quiet()

    assert len(beats(trace)) == before + 1


def test_the_clock_can_go_to_the_next_trigger(sample: RunningHost, trace: Path) -> None:
    due = sample.quiet()["next_trigger"]
    before = len(beats(trace))
    sample.move_clock(to="next_trigger")
    sample.quiet()

    assert len(beats(trace)) == before + 1
    assert sample.now() >= due


def test_a_trigger_can_be_run_by_hand_without_touching_its_schedule(sample: RunningHost, trace: Path) -> None:
    due = sample.quiet()["next_trigger"]
    before = len(beats(trace))
    answer = sample.http.post("/admin/functions/HEARTBEAT", json={"input": ""})
    after = sample.quiet()

    assert answer.status_code == 202
    assert len(beats(trace)) == before + 1
    assert after["next_trigger"] == due


def test_only_known_timer_triggers_can_be_run_by_hand(sample: RunningHost) -> None:
    assert sample.http.post("/admin/functions/nothing", json={}).status_code == 404
    assert sample.http.post("/admin/functions/say_hello", json={}).status_code == 400


def test_a_host_that_was_down_at_the_time_runs_the_trigger_past_due(tmp_path: Path) -> None:
    environment = {"TRACE_FILE": str(tmp_path / "trace")}
    first = RunningHost(SAMPLE_APP, tmp_path / "hub", environment)
    first.kill()
    with sqlite3.connect(tmp_path / "hub" / "hub.sqlite") as connection:
        connection.execute("INSERT OR REPLACE INTO hub VALUES ('clock_offset_seconds', '864000.0')")
    second = RunningHost(SAMPLE_APP, tmp_path / "hub", environment)
    second.quiet()
    second.stop()

    assert [beat["past_due"] for beat in beats(tmp_path / "trace")] == [True]
    assert datetime.now(UTC)
