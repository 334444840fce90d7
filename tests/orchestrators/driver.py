"""Drives the plain generator of a flow with a scripted world, on a clock that jumps to the next timer."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lifecycle.retries import Failure

NOW = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
EVENT = {
    "uuid": "d41c7e80-9c21-11f0-b0de-15a9c4e77f11",
    "published": "2026-09-14T10:38:41+00:00",
    "event_type": "group.user_membership.remove",
    "okta_user_id": "00u7new3Zp5Rt6Vb15d7",
    "login": "maya.lin@contoso.com",
    "group_id": "00g2m365Abc9Qwe15d7",
    "group_name": "Office 365 Assignments",
    "version": 2,
}
Answer = Any  # a value, a Failure, an exception, or a list of these for one call after the other


@dataclass(eq=False)
class Task:
    name: str
    payload: Any = None
    fire_at: datetime | None = None
    result: Any = None
    is_completed: bool = False
    cancelled: bool = False

    def cancel(self) -> None:
        if self.is_completed:
            raise ValueError("Cannot cancel a completed task.")
        self.cancelled = True


@dataclass(eq=False)
class AnyOf:
    tasks: list[Task]


@dataclass
class World:
    """Answers by activity name, external events by instant; records what the flow did."""

    answers: dict[str, Answer] = field(default_factory=dict)
    events: list[tuple[datetime, str, Any]] = field(default_factory=list)
    now: datetime = NOW
    instance_id: str = f"staged_deactivation-{EVENT['uuid']}"
    input: Any = field(default_factory=lambda: dict(EVENT))
    steps: list[tuple[str, datetime]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    timers: list[Task] = field(default_factory=list)
    output: Any = None
    waits_for_ever: bool = False

    @property
    def current_utc_datetime(self) -> datetime:
        return self.now

    def get_input(self) -> Any:
        return self.input

    def set_custom_status(self, status: dict[str, Any]) -> None:
        self.statuses.append(status)

    def call_activity(self, activity: Any, payload: Any) -> Task:
        return Task(activity._function.get_user_function().__name__, payload)

    def create_timer(self, fire_at: datetime) -> Task:
        assert fire_at - self.now <= timedelta(days=5), "a timer longer than five days is not safe"
        timer = Task("timer", fire_at=fire_at)
        self.timers.append(timer)
        return timer

    def wait_for_external_event(self, name: str) -> Task:
        return Task(f"event:{name}")

    def task_any(self, tasks: list[Task]) -> AnyOf:
        return AnyOf(tasks)

    def names(self) -> list[str]:
        return [name for name, _ in self.steps]

    def details(self, name: str) -> dict[str, Any]:
        """What the last call of an activity was given."""
        return next(payload["details"] for called, payload in reversed(self.calls) if called == name)


def drive(flow: Callable[[Any], Generator[Any, Any, Any]], world: World) -> World:
    """Run to the end, or until only an event that never comes would go on."""
    generator = flow(world)
    send: Callable[[], Any] = lambda: next(generator)  # noqa: E731
    try:
        while True:
            task = send()
            if isinstance(task, AnyOf):
                winner = _first(task.tasks, world)
                if winner is None:
                    world.waits_for_ever = True
                    return world
                send = lambda winner=winner: generator.send(winner)  # noqa: E731
            elif task.fire_at is not None:
                _complete(task, world)
                send = lambda: generator.send(None)  # noqa: E731
            else:
                send = _answered(generator, task, world)
    except StopIteration as stop:
        world.output = stop.value
        return world


def _first(tasks: list[Task], world: World) -> Task | None:
    """Whatever happens first: a timer of these, or an external event one of these waits for."""
    for task in tasks:
        if task.is_completed:
            return task
    due = [(task.fire_at, index, task) for index, task in enumerate(tasks) if task.fire_at]
    for at, name, data in world.events:
        waiting = next((task for task in tasks if task.name == f"event:{name}"), None)
        if waiting is not None:
            due.append((max(at, world.now), -1, waiting))
            waiting.payload = (at, name, data)
    if not due:
        return None
    at, _, task = min(due, key=lambda entry: entry[:2])
    world.now = max(world.now, at)
    if task.fire_at is None:
        world.events.remove(task.payload)
        task.result = task.payload[2]
    task.is_completed = True
    return task


def _complete(timer: Task, world: World) -> None:
    world.now = max(world.now, timer.fire_at)
    timer.is_completed = True


def _answered(generator: Generator[Any, Any, Any], task: Task, world: World) -> Callable[[], Any]:
    world.steps.append((task.name, world.now))
    world.calls.append((task.name, task.payload))
    answer = world.answers.get(task.name)
    if isinstance(answer, list):
        answer = answer.pop(0) if len(answer) > 1 else answer[0]
    task.is_completed = True
    if isinstance(answer, Exception):
        return lambda: generator.throw(answer)
    if isinstance(answer, Failure):
        return lambda: generator.send({"failure": answer.as_json()})
    return lambda: generator.send({"value": answer})
