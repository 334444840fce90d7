"""The task hub's writer: together or not at all, and what happens when it cannot write."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local.host import changes
from local.host.history import EventType, Status, event, execution_started, task_ended
from local.host.instances import Outcome, WorkItem
from local.host.store import HubInUse, Store, find_instance, load, unfinished

NOW = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(tmp_path / "hub")
    yield store
    store.close()


def started(instance_id: str = "one", execution_id: str = "e1") -> Any:
    return execution_started(NOW, name="flow", input_text=None, instance_id=instance_id, execution_id=execution_id)


async def create(hub: Store, instance_id: str = "one") -> None:
    await hub.write(lambda connection: changes.create_instance(connection, started(instance_id)))


async def outcome(hub: Store, **more: Any) -> Outcome:
    loaded = await hub.read(lambda connection: load(connection, "one"))
    assert loaded is not None
    return Outcome(
        loaded.instance,
        [message.id for message in loaded.inbox],
        Status.RUNNING,
        events=[event(EventType.ORCHESTRATOR_STARTED, NOW)],
        activities=[(0, "act", "1")],
        timers=[(1, NOW)],
        **more,
    )


async def test_an_episode_is_stored_whole(hub: Store) -> None:
    await create(hub)
    decided = await outcome(hub)
    effects = await hub.write(lambda connection: changes.commit_episode(connection, decided, NOW))

    ready, work = await hub.read(unfinished)
    assert ready == []
    assert effects.work == work == [WorkItem(1, "one", "e1", 0, "act", "1")]
    loaded = await hub.read(lambda connection: load(connection, "one"))
    assert loaded is not None
    assert (loaded.instance.status, len(loaded.past), loaded.inbox) == (Status.RUNNING, 1, [])


async def test_an_episode_of_a_replaced_instance_changes_nothing(hub: Store) -> None:
    await create(hub)
    decided = await outcome(hub)
    await hub.write(lambda connection: changes.create_instance(connection, started(execution_id="e2")))
    effects = await hub.write(lambda connection: changes.commit_episode(connection, decided, NOW))

    found = await hub.read(lambda connection: find_instance(connection, "one"))
    assert found is not None
    assert (found.execution_id, found.status) == ("e2", Status.PENDING)
    assert effects.work == []


async def test_a_second_completion_of_an_activity_is_dropped(hub: Store) -> None:
    await create(hub)
    decided = await outcome(hub)
    effects = await hub.write(lambda connection: changes.commit_episode(connection, decided, NOW))
    item = effects.work[0]
    message = task_ended(NOW, 0, '"done"')
    first = await hub.write(lambda connection: changes.finish_activity(connection, item, message))
    second = await hub.write(lambda connection: changes.finish_activity(connection, item, message))

    loaded = await hub.read(lambda connection: load(connection, "one"))
    assert loaded is not None
    assert (first.woken, second.woken, len(loaded.inbox)) == ({"one"}, set(), 1)


async def test_a_refused_change_leaves_the_others_of_its_batch_alone(hub: Store) -> None:
    def refuse(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO hub VALUES ('half', 'done')")
        raise ValueError("no")

    results = await asyncio.gather(create(hub, "a"), hub.write(refuse), create(hub, "b"), return_exceptions=True)

    kept = await hub.read(lambda connection: connection.execute("SELECT count(*) FROM hub").fetchone()[0])
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert await hub.read(lambda connection: find_instance(connection, "b"))
    assert kept == 0


async def test_a_full_disk_is_an_error_of_the_change_and_passes(hub: Store) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO hub VALUES ('big', ?)", ("x" * 10_000_000,))

    pages = await hub.write(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    await hub.write(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()[0])
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await hub.write(fill)
    await hub.write(lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchone()[0])
    await create(hub)

    assert await hub.read(lambda connection: find_instance(connection, "one"))


def test_a_hub_belongs_to_one_host(tmp_path: Path) -> None:
    first = Store(tmp_path)
    with pytest.raises(HubInUse):
        Store(tmp_path)
    first.close()

    Store(tmp_path).close()
