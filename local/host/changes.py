"""The changes to the task hub that the engine makes, each the body of one transaction."""

import json
import sqlite3

from local.host.episode import child_started
from local.host.history import FINISHED, Event, Status, child_failed, event_raised, parse_stamp, timer_fired
from local.host.instances import Child, Effects, Outcome, WorkItem

Connection = sqlite3.Connection
TIMERS_PER_CHANGE = 500


def commit_episode(connection: Connection, outcome: Outcome, now: str) -> Effects:
    """Everything one episode decided. Nothing when the instance was replaced or purged meanwhile."""
    instance = outcome.instance
    row = connection.execute("SELECT execution_id FROM instances WHERE id = ?", (instance.id,)).fetchone()
    if row is None or row["execution_id"] != instance.execution_id:
        return Effects()
    connection.executemany("DELETE FROM inbox WHERE id = ?", [(message_id,) for message_id in outcome.consumed])
    if not outcome.events and outcome.next_generation is None and outcome.status is instance.status:
        return Effects(woken=_if_waiting(connection, instance.id))
    effects = Effects()
    if outcome.next_generation is not None:
        _continue(connection, outcome, outcome.next_generation, now)
    else:
        _record(connection, outcome, now, effects)
    if outcome.to_parent is not None:
        _tell_parent(connection, outcome.to_parent, instance.parent, effects)
    effects.woken |= _if_waiting(connection, instance.id)
    return effects


def _record(connection: Connection, outcome: Outcome, now: str, effects: Effects) -> None:
    instance = outcome.instance
    append_history(connection, instance.id, outcome.events)
    connection.execute(
        "UPDATE instances SET status = ?, output = ?, custom_status = ?, carried_status = ?, updated_at = ?"
        " WHERE id = ?",
        (outcome.status, outcome.output, outcome.custom_status, outcome.carried_status, now, instance.id),
    )
    if outcome.status in FINISHED:
        connection.execute("DELETE FROM timers WHERE instance_id = ?", (instance.id,))
        return
    _schedule(connection, outcome, effects)
    for child in outcome.children:
        _start_child(connection, outcome, child, now, effects)


def _schedule(connection: Connection, outcome: Outcome, effects: Effects) -> None:
    owner = (outcome.instance.id, outcome.instance.execution_id)
    for task_id, name, input_text in outcome.activities:
        cursor = connection.execute(
            "INSERT INTO activities (instance_id, execution_id, task_id, name, input) VALUES (?, ?, ?, ?, ?)",
            (*owner, task_id, name, input_text),
        )
        effects.work.append(WorkItem(cursor.lastrowid or 0, *owner, task_id, name, input_text))
    for task_id, fire_at in outcome.timers:
        connection.execute("INSERT INTO timers VALUES (?, ?, ?, ?)", (*owner, task_id, fire_at))
    if outcome.timers:
        effects.next_timer = parse_stamp(min(fire_at for _, fire_at in outcome.timers))
    connection.executemany(
        "DELETE FROM timers WHERE instance_id = ? AND execution_id = ? AND task_id = ?",
        [(*owner, task_id) for task_id in outcome.cancelled_timers],
    )


def _continue(connection: Connection, outcome: Outcome, started: Event, now: str) -> None:
    """The next generation: a new execution id and an empty history; messages that came meanwhile stay in the inbox."""
    instance_id = outcome.instance.id
    execution_id = started["OrchestrationInstance"]["ExecutionId"]
    for table in ("history", "timers", "activities"):
        connection.execute(f"DELETE FROM {table} WHERE instance_id = ?", (instance_id,))
    connection.execute(
        "UPDATE instances SET execution_id = ?, status = ?, input = ?, custom_status = ?, carried_status = ?,"
        " created_at = ?, updated_at = ? WHERE id = ?",
        (
            execution_id,
            Status.RUNNING,
            started["Input"],
            outcome.custom_status,
            outcome.carried_status,
            now,
            now,
            instance_id,
        ),
    )
    send(connection, instance_id, execution_id, started, first=True)
    for carried in outcome.carried:
        send(connection, instance_id, None, event_raised(now, carried["Name"], carried["Input"]), first=True)


def _start_child(connection: Connection, outcome: Outcome, child: Child, now: str, effects: Effects) -> None:
    """Start a sub-orchestration. Azure ignores it for ever when its id is taken; here the parent is told."""
    row = connection.execute("SELECT status FROM instances WHERE id = ?", (child.instance_id,)).fetchone()
    if row is not None and row["status"] not in FINISHED:
        reason = f"an instance with the id '{child.instance_id}' is {Status(row['status']).word} already"
        failed = child_failed(now, child.task_id, f"Sub-orchestration '{child.name}' was not started: {reason}", reason)
        send(connection, outcome.instance.id, outcome.instance.execution_id, failed)
        return
    create_instance(connection, child_started(outcome, child, now))
    effects.woken.add(child.instance_id)


def _tell_parent(connection: Connection, message: Event, parent: Event | None, effects: Effects) -> None:
    if parent is None:
        return
    target = parent["OrchestrationInstance"]
    send(connection, target["InstanceId"], target["ExecutionId"], message)
    effects.woken.add(target["InstanceId"])


def _if_waiting(connection: Connection, instance_id: str) -> set[str]:
    waiting = connection.execute("SELECT 1 FROM inbox WHERE instance_id = ? LIMIT 1", (instance_id,)).fetchone()
    return {instance_id} if waiting else set()


def send(
    connection: Connection, instance_id: str, execution_id: str | None, message: Event, *, first: bool = False
) -> None:
    """Put a message into the inbox, if there is (still) such an instance and execution."""
    connection.execute(
        "INSERT INTO inbox (instance_id, execution_id, rank, event)"
        " SELECT id, ?, ?, ? FROM instances WHERE id = ? AND execution_id = coalesce(?, execution_id)",
        (execution_id, 0 if first else 1, json.dumps(message), instance_id, execution_id),
    )


def append_history(connection: Connection, instance_id: str, events: list[Event]) -> None:
    """Append, marked as played: the next episode replays them."""
    row = connection.execute("SELECT max(position) FROM history WHERE instance_id = ?", (instance_id,)).fetchone()
    first = -1 if row[0] is None else int(row[0])
    rows = [
        (instance_id, first + offset, json.dumps({**happened, "IsPlayed": True}))
        for offset, happened in enumerate(events, 1)
    ]
    connection.executemany("INSERT INTO history VALUES (?, ?, ?)", rows)


def create_instance(connection: Connection, started: Event) -> None:
    """A pending instance in place of whatever had its id before."""
    target = started["OrchestrationInstance"]
    forget(connection, target["InstanceId"])
    connection.execute(
        "INSERT INTO instances (id, execution_id, name, status, input, parent, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            target["InstanceId"],
            target["ExecutionId"],
            started["Name"],
            Status.PENDING,
            started["Input"],
            json.dumps(started["ParentInstance"]) if started["ParentInstance"] else None,
            started["Timestamp"],
            started["Timestamp"],
        ),
    )
    send(connection, target["InstanceId"], target["ExecutionId"], started, first=True)


def forget(connection: Connection, instance_id: str) -> bool:
    """Remove an instance and all that belongs to it; whether there was one."""
    for table in ("history", "inbox", "activities", "timers"):
        connection.execute(f"DELETE FROM {table} WHERE instance_id = ?", (instance_id,))
    return connection.execute("DELETE FROM instances WHERE id = ?", (instance_id,)).rowcount > 0


def finish_activity(connection: Connection, item: WorkItem, message: Event) -> Effects:
    """Send the result to its instance, once: a second completion finds no row."""
    if connection.execute("DELETE FROM activities WHERE id = ?", (item.id,)).rowcount == 0:
        return Effects()
    send(connection, item.instance_id, item.execution_id, message)
    return Effects(woken={item.instance_id})


def fire_timers(connection: Connection, now: str) -> Effects:
    """Turn due timers into messages (a limited number at once); tells when the next one is due."""
    due = connection.execute(
        "SELECT * FROM timers WHERE fire_at <= ? ORDER BY fire_at LIMIT ?", (now, TIMERS_PER_CHANGE)
    ).fetchall()
    for row in due:
        fired = timer_fired(now, row["task_id"], row["fire_at"])
        send(connection, row["instance_id"], row["execution_id"], fired)
        connection.execute(
            "DELETE FROM timers WHERE instance_id = ? AND execution_id = ? AND task_id = ?",
            (row["instance_id"], row["execution_id"], row["task_id"]),
        )
    earliest = connection.execute("SELECT min(fire_at) FROM timers").fetchone()[0]
    return Effects(
        woken={row["instance_id"] for row in due}, next_timer=parse_stamp(earliest) if earliest is not None else None
    )
