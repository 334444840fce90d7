"""History events of an instance, as the Durable extension sends them to Python, and the states an instance can be in.

Shapes follow DurableTask.Core (`src/DurableTask.Core/History`): PascalCase members and an integer `EventType`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

Event = dict[str, Any]


class EventType(IntEnum):
    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_FAILED = 2
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_SENT = 14
    EVENT_RAISED = 15
    CONTINUE_AS_NEW = 16
    GENERIC = 17
    HISTORY_STATE = 18
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20


# The names the management API shows; the two sub-orchestration words are longer there than in our code.
EVENT_NAMES: Mapping[int, str] = {
    EventType.EXECUTION_STARTED: "ExecutionStarted",
    EventType.EXECUTION_COMPLETED: "ExecutionCompleted",
    EventType.EXECUTION_TERMINATED: "ExecutionTerminated",
    EventType.TASK_SCHEDULED: "TaskScheduled",
    EventType.TASK_COMPLETED: "TaskCompleted",
    EventType.TASK_FAILED: "TaskFailed",
    EventType.SUB_ORCHESTRATION_CREATED: "SubOrchestrationInstanceCreated",
    EventType.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    EventType.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
    EventType.TIMER_CREATED: "TimerCreated",
    EventType.TIMER_FIRED: "TimerFired",
    EventType.ORCHESTRATOR_STARTED: "OrchestratorStarted",
    EventType.ORCHESTRATOR_COMPLETED: "OrchestratorCompleted",
    EventType.EVENT_SENT: "EventSent",
    EventType.EVENT_RAISED: "EventRaised",
    EventType.CONTINUE_AS_NEW: "ContinueAsNew",
    EventType.GENERIC: "GenericEvent",
    EventType.EXECUTION_SUSPENDED: "ExecutionSuspended",
    EventType.EXECUTION_RESUMED: "ExecutionResumed",
}


class Status(IntEnum):
    RUNNING = 0
    COMPLETED = 1
    CONTINUED_AS_NEW = 2
    FAILED = 3
    CANCELED = 4
    TERMINATED = 5
    PENDING = 6
    SUSPENDED = 7

    @property
    def word(self) -> str:
        """The spelling of the management API."""
        return "ContinuedAsNew" if self is Status.CONTINUED_AS_NEW else self.name.capitalize()


FINISHED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.TERMINATED})


def stamp(moment: datetime) -> str:
    """UTC text of fixed width, so that it sorts as it reads; the SDK needs the `Z`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def parse_stamp(text: str) -> datetime:
    return datetime.fromisoformat(text)


def event(kind: EventType, at: str, event_id: int = -1, **members: Any) -> Event:
    return {"EventType": int(kind), "EventId": event_id, "IsPlayed": False, "Timestamp": at, **members}


def execution_started(
    at: str,
    *,
    name: str,
    input_text: str | None,
    instance_id: str,
    execution_id: str,
    parent: Event | None = None,
    version: str | None = None,
) -> Event:
    return event(
        EventType.EXECUTION_STARTED,
        at,
        Name=name,
        Version=version,
        Input=input_text,
        OrchestrationInstance={"InstanceId": instance_id, "ExecutionId": execution_id},
        ParentInstance=parent,
        Tags=None,
    )


def parent_instance(instance_id: str, execution_id: str, name: str, task_id: int) -> Event:
    instance = {"InstanceId": instance_id, "ExecutionId": execution_id}
    return {"OrchestrationInstance": instance, "Name": name, "Version": None, "TaskScheduleId": task_id}


def task_ended(at: str, task_id: int, result: str | None) -> Event:
    return event(EventType.TASK_COMPLETED, at, TaskScheduledId=task_id, Result=result)


def task_failed(at: str, task_id: int, reason: str, details: str) -> Event:
    return event(EventType.TASK_FAILED, at, TaskScheduledId=task_id, Reason=reason, Details=details)


def child_failed(at: str, task_id: int, reason: str | None, message: str | None) -> Event:
    details = f"Message: {message}, StackTrace: "
    return event(EventType.SUB_ORCHESTRATION_FAILED, at, TaskScheduledId=task_id, Reason=reason, Details=details)


def timer_fired(at: str, task_id: int, fire_at: str) -> Event:
    return event(EventType.TIMER_FIRED, at, TimerId=task_id, FireAt=fire_at)


def event_raised(at: str, name: str, input_text: str | None) -> Event:
    return event(EventType.EVENT_RAISED, at, Name=name, Input=input_text)
