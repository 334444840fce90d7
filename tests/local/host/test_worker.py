"""How functions are run: one loop for all coroutines, threads for the rest, limits of host.json."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from local.host.loading import AppFunction
from local.host.worker import FunctionTimeout, Worker
from tests.local.host.running import RunningHost

LIMITED_APP = """
import threading
import time
import azure.durable_functions as df

app = df.DFApp()
running = 0
most = 0
lock = threading.Lock()

@app.orchestration_trigger(context_name="context")
def spread(context):
    yield context.task_all([context.call_activity("count", 0.03) for _ in range(8)])
    return (yield context.call_activity("highest", 1))

@app.orchestration_trigger(context_name="context")
def slow(context):
    yield context.call_activity("count", 30)

@app.activity_trigger(input_name="seconds")
def count(seconds):
    global running, most
    with lock:
        running += 1
        most = max(most, running)
    time.sleep(seconds)
    with lock:
        running -= 1

@app.activity_trigger(input_name="value")
def highest(value):
    return most
"""
LIMITED_HOST = """{"version": "2.0", "functionTimeout": "00:00:01",
 "extensions": {"durableTask": {"maxConcurrentActivityFunctions": 2}}}"""


def function(call: Any, **more: Any) -> AppFunction:
    return AppFunction(name="act", kind="activity", call=call, parameter="value", **more)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    made = Worker(tmp_path, timedelta(seconds=0.2), lambda: "binding")
    yield made
    await made.close()


async def test_all_coroutines_share_one_loop_that_is_not_the_hosts(worker: Worker) -> None:
    async def loop_of(value: Any) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    loops = [await worker.call(function(loop_of), number) for number in range(3)]

    assert len(set(loops)) == 1
    assert loops[0] is not asyncio.get_running_loop()


async def test_a_sync_function_runs_in_a_thread_of_the_pool(worker: Worker) -> None:
    thread = await worker.call(function(lambda value: threading.current_thread().name), 1)

    assert thread.startswith("function")


async def test_a_function_gets_its_client_and_its_context(worker: Worker) -> None:
    def act(value: int, client: str, context: func.Context) -> tuple[int, str, str]:
        return value, client, context.function_name

    wanted = function(act, client_parameters=("client",), wants_context=True)

    assert await worker.call(wanted, 7) == (7, "binding", "act")


async def test_a_function_that_takes_too_long_fails_by_name(worker: Worker) -> None:
    async def endless(value: Any) -> None:
        await asyncio.sleep(60)

    with pytest.raises(FunctionTimeout, match=r"Timeout value of 0:00:00.200000 exceeded by function: act"):
        await worker.call(function(endless), 1)


async def test_a_functions_own_timeout_error_stays_its_own(worker: Worker) -> None:
    def act(value: Any) -> None:
        raise TimeoutError("the vendor did not answer")

    with pytest.raises(TimeoutError, match="the vendor did not answer"):
        await worker.call(function(act), 1)


def test_limits_of_host_json_hold(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "function_app.py").write_text(LIMITED_APP)
    (app / "host.json").write_text(LIMITED_HOST)
    running = RunningHost(app, tmp_path / "hub")
    running.start("spread", "spread")
    running.start("slow", "slow")
    running.quiet()
    spread, slow = running.instance("spread"), running.instance("slow")
    running.stop()

    assert spread["output"] == 2
    assert slow["runtimeStatus"] == "Failed"
    assert "Timeout value of 0:00:01 exceeded by function: count" in slow["output"]
