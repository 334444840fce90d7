"""One run on a small world: the plain generator of its flow, whose activities take their steps when they are told."""

import json
from collections.abc import Callable, Container, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeVar

from activities.activity import Envelope
from lifecycle.inputs import Start
from orchestrators.activation import activation
from orchestrators.instance import Steps
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.small_steps import Fate, Step, happen, happen_or_get_lost
from tests.orchestrators.small_world import SmallWorld
from tests.orchestrators.tasks import ActivityTask, AnyOf, Task, Yielded, activity_task

T = TypeVar("T")
Shown = Mapping[str, str | None]  # an output or a custom status

FLOWS = {"staged_deactivation": staged_deactivation, "activation": activation}


class Run:
    """One instance: the plain generator of its flow, on a context whose clock is the world's.

    `runs` are all of them, which the activity `supersede` finds each other by.
    """

    def __init__(self, world: SmallWorld, runs: list["Run"], start: Start) -> None:
        self.instance_id = start.instance
        self.output: Shown = {}
        self.status: Shown = {}
        self.shown_at = world.now
        self.ended = False
        self.waits_for: Yielded | None = None  # None when it has ended
        self.work: Work | None = None
        self.superseded = Task("event:superseded")
        self._world = world
        self._client = SmallDurableClient(world, runs)
        self._input = start.input
        flow = FLOWS[start.flow]._function.get_user_function().orchestrator_function
        self._generator: Steps[Shown] = flow(self)
        self.go_on(None)

    @property
    def user(self) -> str:
        """The id of the Okta user whom its event is about."""
        return str(self._input["okta_user_id"])

    # The context, as the flow sees it.
    @property
    def current_utc_datetime(self) -> datetime:
        return self._world.now

    def get_input(self) -> object:
        return _sent(self._input)

    def set_custom_status(self, status: Shown) -> None:
        self.status, self.shown_at = _sent(status), self._world.now

    def call_activity(self, trigger: Any, request: Envelope) -> ActivityTask:
        return activity_task(trigger, _sent(request))

    def create_timer(self, fire_at: datetime) -> Task:
        return Task("timer", fire_at)

    def wait_for_external_event(self, name: str) -> Task:
        return self.superseded if name == "superseded" else Task(f"event:{name}")

    @property
    def awaited_command(self) -> Task | None:
        """The external event by which an operator's command would come."""
        return next(
            (task for task in self._tasks if task.name.startswith("event:command") and not task.is_completed), None
        )

    def task_any(self, tasks: list[Task]) -> AnyOf:
        return AnyOf(tasks)

    # What the play does with it.
    def go_on(self, result: object) -> None:
        try:
            self.waits_for = self._generator.send(result)
        except StopIteration as stop:
            self.output, self.ended, self.waits_for = stop.value, True, None
            return
        if isinstance(self.waits_for, ActivityTask):
            self.work = self._begin(self.waits_for)

    def begin_again(self) -> None:
        """Do the activity that is under way, or done, from its start."""
        if self.work is not None:
            self.work.stop()
            self.work = self._begin(self.work.task)

    def hand_over(self, answer: Envelope) -> None:
        self.work = None
        self.go_on(answer)

    def copy_of(self, work: "Work") -> Callable[[], None]:
        """The activity once more, from start to end: Durable Functions may do that even after the run went on."""
        return lambda: self._begin(work.task).finish()

    def _begin(self, task: ActivityTask) -> "Work":
        return Work(task, self._world, self.instance_id, self._client)

    @property
    def timers(self) -> list[tuple[datetime, Task]]:
        """What it waits for and when that is over, unless something else comes before."""
        return [(task.fire_at, task) for task in self._tasks if task.fire_at is not None and not task.is_completed]

    @property
    def winner(self) -> Task | None:
        return next((task for task in self._tasks if task.is_completed), None)

    @property
    def _tasks(self) -> list[Task]:
        if isinstance(self.waits_for, AnyOf):
            return self.waits_for.tasks
        return [self.waits_for] if isinstance(self.waits_for, Task) else []


class Work:
    """One execution of an activity, step by step; `step` is what it waits for, `answer` what it has answered."""

    def __init__(self, task: ActivityTask, world: SmallWorld, instance: str, client: "SmallDurableClient") -> None:
        self.task = task
        self.step: Step | None = None
        self.answer: Envelope | None = None
        self.instance, self.writes_before = instance, len(world.writes)
        self._world, self._before = world, world.truths
        self._user = str(task.request["okta_user_id"])
        bindings = {"client": client} if task.takes_client else {}
        self._coroutine: Coroutine[Step, Fate | None, Envelope] = task.function(_sent(task.request), **bindings)
        self._go_on(None)

    @property
    def doing(self) -> str:
        """What it is just about to do."""
        return f"{self.task.name}: {self.step.name if self.step else 'answered'}"

    def take_step(self, fate: Fate = Fate.HAPPENS) -> None:
        self._go_on(fate)

    def finish(self, stale: Container[str] = ()) -> None:
        while self.step is not None:
            self.take_step(self.step.fate(stale))

    def stop(self) -> None:
        self._coroutine.close()

    def _go_on(self, fate: Fate | None) -> None:
        self._world.acting, self._world.acting_for, self._world.before = self.instance, self._user, self._before
        try:
            self.step = self._coroutine.send(fate)
        except StopIteration as stop:
            self.answer, self.step = _sent(stop.value), None


@dataclass(frozen=True)
class SmallDurableClient:
    """The SDK's client as far as it is used here, with the real one's errors."""

    world: SmallWorld
    runs: list[Run]

    async def raise_event(self, instance: str, event: str, data: object) -> None:
        run = self._find(instance)
        if run is None or run.ended:
            raise Exception(f"No instance with ID {instance} found, or it is gone")
        await happen_or_get_lost("raise superseded", run.superseded.complete)

    async def get_status(self, instance: str) -> SimpleNamespace | None:
        run = self._find(instance)
        if run is None:
            return None
        word = "Completed" if run.ended else "Running"
        return SimpleNamespace(runtime_status=SimpleNamespace(value=word), custom_status=run.status)

    async def start_new(self, flow: str, instance: str, data: Mapping[str, Any]) -> None:
        await happen("start a run", lambda: self.start(Start(flow, instance, data)))

    def start(self, start: Start) -> None:
        """An instance that has ended is replaced by another one of the same id."""
        former = self._find(start.instance)
        if former is not None:
            if not former.ended:
                raise Exception(f"An instance with ID {start.instance} already exists")
            self.runs.remove(former)
        self.runs.append(Run(self.world, self.runs, start))

    def has_ended(self, instance: str) -> bool:
        """Whether it has, or never was."""
        run = self._find(instance)
        return run is None or run.ended

    def _find(self, instance: str) -> Run | None:
        return next((run for run in self.runs if run.instance_id == instance), None)


def _sent(data: T) -> T:
    """What the other side receives of it: plain JSON."""
    received: T = json.loads(json.dumps(data))
    return received
