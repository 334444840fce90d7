"""One run on a small world: the plain generator of its flow, whose activities take their steps when they are told."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lifecycle.events import LogEvent, durable_input
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import AnyOf, Task
from tests.orchestrators.small_world import Fate

FLOWS = {"staged_deactivation": staged_deactivation, "activation": activation}


class Run:
    """One instance: the plain generator of its flow, on a context whose clock is the play's."""

    def __init__(self, play: Any, event: LogEvent, flow: str) -> None:
        self.instance_id = f"{flow}-{event.uuid}"
        self.play = play
        self.input = durable_input(event)
        self.output: Any = None
        self.ended = False
        self.status: Any = None
        self.waits_for: Any = None  # a Task, an AnyOf, or None when it has ended
        self.doing: Any = None  # the coroutine of the activity it waits for
        self.step: Any = None  # what the activity waits for; "answered" when it is over
        self.answer: Any = None
        self.superseded = Task("event:superseded")
        self._generator = FLOWS[flow]._function.get_user_function().orchestrator_function(self)
        self.go_on(None)

    # The context, as the flow sees it.
    @property
    def current_utc_datetime(self) -> Any:
        return self.play.now

    def get_input(self) -> Any:
        return self.input

    def set_custom_status(self, status: Any) -> None:
        self.status = status

    def call_activity(self, activity: Any, payload: Any) -> Task:
        function = activity._function.get_user_function()
        return Task(function.__name__, (getattr(function, "client_function", function), payload))

    def create_timer(self, fire_at: Any) -> Task:
        return Task("timer", fire_at=fire_at)

    def wait_for_external_event(self, name: str) -> Task:
        return self.superseded if name == "superseded" else Task(f"event:{name}")

    def task_any(self, tasks: list[Task]) -> AnyOf:
        return AnyOf(tasks)

    # What the play does with it.
    def go_on(self, result: Any) -> None:
        try:
            self.waits_for = self._generator.send(result)
        except StopIteration as stop:
            self.output, self.ended, self.waits_for = stop.value, True, None
            return
        if isinstance(self.waits_for, Task) and self.waits_for.payload is not None:
            self.begin()

    def begin(self) -> None:
        """Begin the activity, or begin it again."""
        if self.doing is not None:
            self.doing.close()
        function, payload = self.waits_for.payload
        bindings = {"client": self.play} if function.__name__ == "supersede" else {}
        self.doing = function(payload, **bindings)
        self.take_step(first=True)

    def take_step(self, fate: Fate = Fate.HAPPENS, *, first: bool = False) -> None:
        self.play.world.acting = self.instance_id
        try:
            self.step = self.doing.send(None if first else fate)
        except StopIteration as stop:
            self.answer, self.step = stop.value, "answered"

    def copy(self) -> Callable[[], None]:
        """The activity once more, from start to end: Durable Functions may do that even after the run went on."""
        function, payload = self.waits_for.payload
        bindings = {"client": self.play} if function.__name__ == "supersede" else {}

        def do() -> None:
            self.play.world.acting = self.instance_id
            again, fate = function(payload, **bindings), None
            with suppress(StopIteration):
                while True:
                    again.send(fate)
                    fate = Fate.HAPPENS

        return do

    def hand_over(self) -> None:
        self.doing, self.step = None, None
        self.go_on(self.answer)

    @property
    def timers(self) -> list[Task]:
        tasks = self.waits_for.tasks if isinstance(self.waits_for, AnyOf) else [self.waits_for]
        return [task for task in tasks if task is not None and task.fire_at is not None and not task.is_completed]

    @property
    def winner(self) -> Task | None:
        tasks = self.waits_for.tasks if isinstance(self.waits_for, AnyOf) else [self.waits_for]
        return next((task for task in tasks if task is not None and task.is_completed), None)
