"""The one thread that writes the task hub: queued changes are committed together, each whole or not at all."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Change = Callable[[sqlite3.Connection], T]

# How long a REST call may wait for a database somebody else has locked.
BUSY_TIMEOUT_SECONDS = 1.0
LARGEST_BATCH = 256


def connect(path: Path) -> sqlite3.Connection:
    """WAL keeps what was committed when the process is killed, without an fsync per commit."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


class Writer:
    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self._queue: queue.SimpleQueue[tuple[Change[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="task-hub-writer", daemon=True)
        self._thread.start()

    async def write(self, change: Change[T]) -> T:
        """Commit `change` and return its result. Raises what it raises, or the `sqlite3.Error` of the commit."""
        future: Future[T] = Future()
        self._queue.put((change, future))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        closing = False
        while not closing:
            batch = [self._queue.get()]
            while len(batch) < LARGEST_BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            closing = None in batch
            self._commit([entry for entry in batch if entry is not None])

    def _commit(self, batch: list[tuple[Change[Any], Future[Any]]]) -> None:
        results: list[tuple[Future[Any], Any]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for change, future in batch:
                results.append((future, self._apply(change)))
            self._connection.execute("COMMIT")
        except sqlite3.Error as fault:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for _, future in batch:
                _settle(future, fault)
        else:
            for future, result in results:
                _settle(future, result)

    def _apply(self, change: Change[Any]) -> Any:
        """The change's result, or the exception it raised (then nothing of it stays)."""
        self._connection.execute("SAVEPOINT change")
        try:
            result = change(self._connection)
        except sqlite3.OperationalError:  # locked, full, broken: nobody's change can be kept
            raise
        except Exception as refused:  # it belongs to whoever asked for this change
            self._connection.execute("ROLLBACK TO change")
            result = refused
        self._connection.execute("RELEASE change")
        return result


def _settle(future: Future[Any], result: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
