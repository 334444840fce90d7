"""The task hub in SQLite: one writer thread, short reads on connections of their own."""

import asyncio
import fcntl
import json
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from local.host.history import Event, Status, parse_stamp
from local.host.instances import Instance, Loaded, Message, WorkItem
from local.host.writer import Change, Writer, connect

T = TypeVar("T")
READERS = 2
SCHEMA = Path(__file__).with_name("schema.sql")


class HubInUse(Exception):
    """Another host runs on this task hub."""


class Store:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder / "host.lock")
        self._path = folder / "hub.sqlite"
        connection = connect(self._path)
        connection.executescript(SCHEMA.read_text("utf-8"))
        connection.close()
        self._writer = Writer(self._path)
        self._readers = ThreadPoolExecutor(READERS, "task-hub-reader")
        self._local = threading.local()

    async def write(self, change: Change[T]) -> T:
        return await self._writer.write(change)

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: query(self._connection()))

    def load(self, instance_id: str) -> Loaded | None:
        """One consistent view of an instance, read on the calling thread."""
        connection = self._connection()
        connection.execute("BEGIN")
        try:
            return load(connection, instance_id)
        finally:
            connection.execute("COMMIT")

    def close(self) -> None:
        self._readers.shutdown()
        self._writer.close()
        os.close(self._lock)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path)
        return connection


def _lock(path: Path) -> int:
    """Hold the hub for this process. The system lets go of it when the process dies, however it dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(descriptor, 32).decode() or "unknown"
        os.close(descriptor)
        raise HubInUse(owner) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def to_instance(row: sqlite3.Row) -> Instance:
    return Instance(
        id=row["id"],
        execution_id=row["execution_id"],
        name=row["name"],
        status=Status(row["status"]),
        input=row["input"],
        output=row["output"],
        custom_status=row["custom_status"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        parent=json.loads(row["parent"]) if row["parent"] else None,
        carried_status=row["carried_status"],
    )


def find_instance(connection: sqlite3.Connection, instance_id: str) -> Instance | None:
    row = connection.execute("SELECT * FROM instances WHERE id = ?", (instance_id,)).fetchone()
    return to_instance(row) if row else None


def read_history(connection: sqlite3.Connection, instance_id: str) -> list[str]:
    rows = connection.execute("SELECT event FROM history WHERE instance_id = ? ORDER BY position", (instance_id,))
    return [row["event"] for row in rows]


def load(connection: sqlite3.Connection, instance_id: str) -> Loaded | None:
    instance = find_instance(connection, instance_id)
    if instance is None:
        return None
    rows = connection.execute("SELECT * FROM inbox WHERE instance_id = ? ORDER BY rank, id", (instance_id,))
    inbox = [Message(row["id"], row["execution_id"], json.loads(row["event"])) for row in rows]
    return Loaded(instance, read_history(connection, instance_id), inbox)


def unfinished(connection: sqlite3.Connection) -> tuple[list[str], list[WorkItem]]:
    """What a host that starts has to take up: instances with messages, and activities without a result."""
    ready = [row[0] for row in connection.execute("SELECT DISTINCT instance_id FROM inbox")]
    work = [WorkItem(*row) for row in connection.execute("SELECT * FROM activities ORDER BY id")]
    return ready, work


def next_timer(connection: sqlite3.Connection) -> datetime | None:
    earliest = connection.execute("SELECT min(fire_at) FROM timers").fetchone()[0]
    return parse_stamp(earliest) if earliest is not None else None


def read_clock_offset(connection: sqlite3.Connection) -> timedelta:
    row = connection.execute("SELECT value FROM hub WHERE name = 'clock_offset_seconds'").fetchone()
    return timedelta(seconds=float(row["value"])) if row else timedelta()


def write_clock_offset(connection: sqlite3.Connection, offset: timedelta) -> None:
    connection.execute("INSERT OR REPLACE INTO hub VALUES ('clock_offset_seconds', ?)", (repr(offset.total_seconds()),))


def history_events(connection: sqlite3.Connection, instance_id: str) -> list[Event]:
    return [json.loads(text) for text in read_history(connection, instance_id)]
