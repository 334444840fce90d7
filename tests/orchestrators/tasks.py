"""What a flow yields to whoever drives it: timers, external events, activities, and the first of several of these."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.activity import Envelope

ActivityFunction = Callable[..., Coroutine[Any, Any, Envelope]]  # awaits whatever its clients await


@dataclass(eq=False)
class Task:
    name: str
    fire_at: datetime | None = None
    result: Any = None  # of an external event: whatever somebody raised it with
    is_completed: bool = False
    cancelled: bool = False

    def complete(self) -> None:
        self.is_completed = True

    def cancel(self) -> None:
        if self.is_completed:
            raise ValueError("Cannot cancel a completed task.")
        self.cancelled = True


@dataclass(eq=False)
class AnyOf:
    tasks: list[Task]


@dataclass(frozen=True, eq=False)
class ActivityTask:
    """`function` is what is registered with the host; `takes_client` when the host hands it a durable client too."""

    name: str
    function: ActivityFunction
    takes_client: bool
    request: Envelope


Yielded = Task | AnyOf | ActivityTask


def activity_task(trigger: Any, request: Envelope) -> ActivityTask:
    """What `call_activity` answers; `trigger` is an activity as the blueprint made it."""
    registered = trigger._function.get_user_function()
    function = getattr(registered, "client_function", registered)  # the SDK puts its own around the second kind
    return ActivityTask(registered.__name__, function, function is not registered, request)
