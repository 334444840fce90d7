"""The records the engine, the store and an episode hand to each other."""

from dataclasses import dataclass, field
from datetime import datetime

from local.host.history import Event, Status


@dataclass(frozen=True)
class Instance:
    """One row of the task hub; texts are JSON as stored."""

    id: str
    execution_id: str
    name: str
    status: Status
    input: str | None
    output: str | None
    custom_status: str | None
    created_at: str
    updated_at: str
    parent: Event | None = None
    # The custom status of the generation before continue-as-new stays visible until this one sets its own.
    carried_status: str | None = None


@dataclass(frozen=True)
class Message:
    """A history event that waits for its instance; `execution_id` is None for those that any generation may take."""

    id: int
    execution_id: str | None
    event: Event


@dataclass(frozen=True)
class Loaded:
    """What one episode starts from. `past` are the events as JSON texts, in order."""

    instance: Instance
    past: list[str]
    inbox: list[Message]


@dataclass(frozen=True)
class WorkItem:
    """An activity to run at least once."""

    id: int
    instance_id: str
    execution_id: str
    task_id: int
    name: str
    input: str | None


@dataclass(frozen=True)
class Child:
    """A sub-orchestration to start."""

    task_id: int
    instance_id: str
    name: str
    input: str | None


@dataclass
class Outcome:
    """What one episode changes; the store writes all of it in one transaction."""

    instance: Instance
    consumed: list[int]
    status: Status
    events: list[Event] = field(default_factory=list)
    output: str | None = None
    custom_status: str | None = None
    carried_status: str | None = None
    activities: list[tuple[int, str, str | None]] = field(default_factory=list)
    timers: list[tuple[int, str]] = field(default_factory=list)
    cancelled_timers: set[int] = field(default_factory=set)
    children: list[Child] = field(default_factory=list)
    to_parent: Event | None = None
    # Continue-as-new: the next generation's ExecutionStarted, and events that came after the call.
    next_generation: Event | None = None
    carried: list[Event] = field(default_factory=list)


@dataclass
class Effects:
    """What a committed transaction lets the engine do next."""

    woken: set[str] = field(default_factory=set)
    work: list[WorkItem] = field(default_factory=list)
    next_timer: datetime | None = None
