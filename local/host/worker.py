"""Runs the app's functions: coroutines on one loop that lives as long as the host, the others in a thread pool.

The SDK keeps one HTTP session per process, bound to the loop that made it, so a second loop would break the durable
client. Neither the loop nor the pool is the host's own: no app function can hold up the REST answers.
"""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

import azure.functions as func
from azure.durable_functions.models.utils import http_utils

from local.host.loading import AppFunction

HERE = Path(__file__).parent

log = logging.getLogger("local.host")


class FunctionTimeout(Exception):
    pass


class InvocationContext(func.Context):
    """What a parameter named `context` receives."""

    def __init__(self, function_name: str, folder: Path, invocation_id: str) -> None:
        self._name = function_name
        self._folder = folder
        self._id = invocation_id

    @property
    def invocation_id(self) -> str:
        return self._id

    @property
    def function_name(self) -> str:
        return self._name

    @property
    def function_directory(self) -> str:
        return str(self._folder)

    @property
    def trace_context(self) -> Any:
        return None

    @property
    def retry_context(self) -> Any:
        return None

    @property
    def thread_local_storage(self) -> Any:
        return None


class Worker:
    def __init__(self, folder: Path, timeout: timedelta | None, client_binding: Callable[[], str]) -> None:
        self._folder = folder
        self._timeout = timeout.total_seconds() if timeout else None
        self._client_binding = client_binding
        threads = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
        self._pool = ThreadPoolExecutor(int(threads) if threads.isdigit() else None, "function")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="app-loop", daemon=True)
        self._thread.start()

    async def call(self, function: AppFunction, value: Any, subject: str = "") -> Any:
        """Run it with `value` for its trigger and log one line. Raises what the function raises."""
        invocation_id = "" if subject and not function.wants_context else str(uuid4())
        arguments = {function.parameter: value}
        if function.client_parameters:
            arguments.update(dict.fromkeys(function.client_parameters, self._client_binding()))
        if function.wants_context:
            arguments["context"] = InvocationContext(function.name, self._folder, invocation_id)
        started = time.perf_counter()
        outcome = "Failed"
        try:
            result = await self._run(function, arguments)
            outcome = "Succeeded"
            return result
        finally:
            elapsed = (time.perf_counter() - started) * 1000
            log.info(
                "%s %s (%s) %s in %.0f ms", function.kind, function.name, subject or invocation_id, outcome, elapsed
            )

    def log_fault(self, kind: str, name: str, fault: Exception) -> None:
        log.error("%s %s failed", kind, name, exc_info=(type(fault), fault, app_traceback(fault, self._folder)))

    async def _run(self, function: AppFunction, arguments: dict[str, Any]) -> Any:
        if function.is_async:
            running = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(function.call(**arguments), self._loop))
        else:
            running = asyncio.wrap_future(self._pool.submit(lambda: function.call(**arguments)))
        try:
            return await asyncio.wait_for(running, self._timeout)
        except TimeoutError:
            if not running.cancelled():  # the function's own TimeoutError
                raise
            message = f"Timeout value of {timedelta(seconds=self._timeout or 0)} exceeded by function: {function.name}"
            raise FunctionTimeout(message) from None

    async def close(self) -> None:
        """End the app's loop. A thread that a function blocks is left to the end of the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        closing = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_close_app_loop(), self._loop))
        await asyncio.wait({closing}, timeout=2)
        self._loop.call_soon_threadsafe(self._loop.stop)


def app_traceback(fault: BaseException, folder: Path) -> TracebackType | None:
    """The traceback from where the app's own code begins; all of it when no line of the app is in it."""
    trace = fault.__traceback__
    while trace is not None and not _is_of_app(Path(trace.tb_frame.f_code.co_filename), folder):
        trace = trace.tb_next
    return trace or fault.__traceback__


def _is_of_app(file: Path, folder: Path) -> bool:
    """The app's folder may hold this host and the installed packages too."""
    return file.is_relative_to(folder) and HERE not in file.parents and "site-packages" not in file.parts


async def _close_app_loop() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await http_utils._close_session()
