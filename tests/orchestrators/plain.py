"""The plain generator of a flow without the SDK: the context it is given, and what it may yield."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue

from activities.activity import Envelope
from orchestrators.instance import Steps

LONGEST_SAFE_TIMER = timedelta(days=5)
Orchestrator = Callable[["PlainContext"], Steps[Any]]


@dataclass(eq=False)
class ActivityTask:
    activity: str
    request: Envelope


@dataclass(eq=False)
class Timer:
    fire_at: datetime
    is_completed: bool = False
    is_cancelled: bool = False

    def cancel(self) -> None:
        if self.is_completed:
            raise ValueError("Cannot cancel a completed task.")
        self.is_cancelled = True


@dataclass(eq=False)
class Event:
    name: str
    result: JsonValue = None
    is_completed: bool = False


Awaitable = Timer | Event


@dataclass(eq=False)
class AnyOf:
    tasks: list[Awaitable]


@dataclass
class PlainContext:
    """The part of `DurableOrchestrationContext` that the flows use, on a clock that whoever plays the flow moves."""

    instance_id: str
    now: datetime
    input: JsonValue
    statuses: list[dict[str, Any]] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)

    @property
    def current_utc_datetime(self) -> datetime:
        return self.now

    @property
    def stage(self) -> str:
        """The stage shown just now; empty before the first one."""
        return str(self.statuses[-1]["stage"]) if self.statuses else ""

    def get_input(self) -> JsonValue:
        value: JsonValue = through_json(self.input)
        return value

    def set_custom_status(self, status: dict[str, Any]) -> None:
        self.statuses.append(through_json(status))

    def call_activity(self, trigger: Any, request: Envelope) -> ActivityTask:
        return ActivityTask(trigger._function.get_user_function().__name__, through_json(request))

    def create_timer(self, fire_at: datetime) -> Timer:
        assert fire_at - self.now <= LONGEST_SAFE_TIMER, "a timer longer than five days is not safe"
        timer = Timer(fire_at)
        self.timers.append(timer)
        return timer

    def wait_for_external_event(self, name: str) -> Event:
        return Event(name)

    def task_any(self, tasks: list[Awaitable]) -> AnyOf:
        return AnyOf(tasks)


def orchestrator_of(trigger: Any) -> Orchestrator:
    """The generator function behind what the blueprint made of it."""
    function: Orchestrator = trigger._function.get_user_function().orchestrator_function
    return function


def through_json(value: Any) -> Any:
    """As the other side of the wire finds it."""
    return json.loads(json.dumps(value, allow_nan=False))
