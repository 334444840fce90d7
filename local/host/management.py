"""What the management API changes in the task hub, each the body of one transaction, and what it refuses."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from local.host import changes
from local.host.history import (
    FINISHED,
    Event,
    EventType,
    Status,
    event,
    event_raised,
    execution_started,
)
from local.host.instances import Effects, Instance
from local.host.store import find_instance, history_events, to_instance

Connection = sqlite3.Connection


class Refused(Exception):
    """The request cannot be done; `status` is the HTTP status the real host gives."""

    def __init__(self, status: int, message: str, kind: str = "System.ArgumentException") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


@dataclass(frozen=True)
class Query:
    """Which instances a list or a purge is about. Texts are compared as stored."""

    created_from: str = ""
    created_to: str = "9999"
    statuses: frozenset[Status] = frozenset()
    prefix: str = ""
    after: str = ""
    top: int = 100


def start(connection: Connection, started: Event, *, any_state: bool) -> Effects:
    """A new pending instance; an unfinished one with the same id is refused, a finished one replaced."""
    instance_id = started["OrchestrationInstance"]["InstanceId"]
    existing = find_instance(connection, instance_id)
    if existing is not None and existing.status not in FINISHED and not any_state:
        raise Refused(
            500,
            f"An Orchestration instance with the status {existing.status.word} already exists.",
            "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
        )
    changes.create_instance(connection, started)
    return Effects(woken={instance_id})


def raise_event(connection: Connection, instance_id: str, name: str, input_text: str | None, now: str) -> Effects:
    _unfinished(connection, instance_id)
    return _send(connection, instance_id, event_raised(now, name, input_text))


def terminate(connection: Connection, instance_id: str, reason: str, now: str) -> Effects:
    _unfinished(connection, instance_id)
    return _send(connection, instance_id, event(EventType.EXECUTION_TERMINATED, now, Input=reason))


def suspend(connection: Connection, instance_id: str, reason: str, now: str) -> Effects:
    if _unfinished(connection, instance_id).status is Status.SUSPENDED:
        raise Refused(500, "The instance is already suspended.", "System.InvalidOperationException")
    return _send(connection, instance_id, event(EventType.EXECUTION_SUSPENDED, now, Reason=reason))


def resume(connection: Connection, instance_id: str, reason: str, now: str) -> Effects:
    if _unfinished(connection, instance_id).status is not Status.SUSPENDED:
        raise Refused(500, "The instance is not suspended.", "System.InvalidOperationException")
    return _send(connection, instance_id, event(EventType.EXECUTION_RESUMED, now, Reason=reason))


def rewind(connection: Connection, instance_id: str, reason: str, now: str) -> Effects:
    """Take the failures out of a failed instance's history, its sub-orchestrations' too, and run it again."""
    instance = find_instance(connection, instance_id)
    if instance is None:
        raise Refused(404, f"No instance with ID {instance_id} found.")
    if instance.status in FINISHED and instance.status is not Status.FAILED:
        raise Refused(410, "The rewind operation is only supported on failed orchestration instances.")
    if instance.status is not Status.FAILED:
        raise Refused(
            500,
            f"The rewind operation is only supported on failed instances, not on {instance.status.word}.",
            "System.InvalidOperationException",
        )
    return _rewound(connection, instance, reason, now)


def _rewound(connection: Connection, instance: Instance, reason: str, now: str) -> Effects:
    events = history_events(connection, instance.id)
    failed_tasks = {e["TaskScheduledId"] for e in events if e["EventType"] == EventType.TASK_FAILED}
    failed_children = {e["TaskScheduledId"] for e in events if e["EventType"] == EventType.SUB_ORCHESTRATION_FAILED}
    connection.execute("DELETE FROM history WHERE instance_id = ?", (instance.id,))
    changes.append_history(connection, instance.id, [e for e in events if not _failure(e, failed_tasks)])
    connection.execute(
        "UPDATE instances SET status = ?, output = NULL, updated_at = ? WHERE id = ?",
        (Status.RUNNING, now, instance.id),
    )
    effects = _send(connection, instance.id, event(EventType.GENERIC, now, Data=f"Rewound: {reason}"))
    for created in events:
        if created["EventType"] == EventType.SUB_ORCHESTRATION_CREATED and created["EventId"] in failed_children:
            child = find_instance(connection, created["InstanceId"])
            if child is not None and child.status is Status.FAILED:
                effects.woken |= _rewound(connection, child, reason, now).woken
    return effects


def _failure(happened: Event, failed_tasks: set[int]) -> bool:
    kind = happened["EventType"]
    if kind == EventType.TASK_SCHEDULED:
        return happened["EventId"] in failed_tasks
    return kind in (EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_FAILED, EventType.EXECUTION_COMPLETED)


def restart(
    connection: Connection, instance_id: str, *, new_id: bool, any_state: bool, now: str
) -> tuple[str, Effects]:
    """A new run with the same orchestrator and input; returns its id."""
    instance = find_instance(connection, instance_id)
    if instance is None:
        raise Refused(400, f"An orchestrator with the instanceId {instance_id} was not found.")
    started = execution_started(
        now,
        name=instance.name,
        input_text=instance.input,
        instance_id=uuid4().hex if new_id else instance_id,
        execution_id=uuid4().hex,
    )
    return started["OrchestrationInstance"]["InstanceId"], start(connection, started, any_state=any_state)


def purge(connection: Connection, instance_id: str) -> int:
    return int(changes.forget(connection, instance_id))


def purge_matching(connection: Connection, query: Query) -> int:
    """Finished instances of the statuses named; without a status everything in the window, running ones too."""
    wanted = query.statuses & FINISHED if query.statuses else query.statuses
    if query.statuses and not wanted:
        return 0
    found = _select(connection, query, wanted, limit=-1)
    return sum(changes.forget(connection, instance.id) for instance in found)


def find_instances(connection: Connection, query: Query) -> list[Instance]:
    """One page, oldest first; one more row than asked for tells that there is a next page."""
    return _select(connection, query, query.statuses, limit=query.top + 1)


def _select(connection: Connection, query: Query, statuses: frozenset[Status], limit: int) -> list[Instance]:
    conditions = ["created_at >= ?", "created_at <= ?", "created_at || ' ' || id > ?", "substr(id, 1, ?) = ?"]
    values: list[object] = [query.created_from, query.created_to, query.after, len(query.prefix), query.prefix]
    if query.after:
        conditions.append("created_at >= ?")
        values.append(query.after.partition(" ")[0])
    if statuses:
        conditions.append(f"status IN ({','.join('?' * len(statuses))})")
        values.extend(sorted(statuses))
    sql = f"SELECT * FROM instances WHERE {' AND '.join(conditions)} ORDER BY created_at, id LIMIT ?"
    return [to_instance(row) for row in connection.execute(sql, (*values, limit))]


def continuation(page: Sequence[Instance]) -> str:
    return f"{page[-1].created_at} {page[-1].id}"


def _unfinished(connection: Connection, instance_id: str) -> Instance:
    instance = find_instance(connection, instance_id)
    if instance is None:
        raise Refused(404, f"No instance with ID {instance_id} found.")
    if instance.status in FINISHED:
        raise Refused(410, f"The instance {instance_id} has already ended.")
    return instance


def _send(connection: Connection, instance_id: str, message: Event) -> Effects:
    changes.send(connection, instance_id, None, message)
    return Effects(woken={instance_id})
