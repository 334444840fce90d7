"""Plays the plain generator of a flow in a world that answers it, and keeps the tape."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import JsonValue

from activities.activity import Envelope
from activities.system_log import find_in_log
from orchestrators.instance import Steps
from tests.orchestrators.plain import ActivityTask, AnyOf, Awaitable, Event, Orchestrator, PlainContext, Timer
from tests.orchestrators.tape import Called, Entry, Slept, Tape, Waited, length

Go = Callable[[], Any]  # what makes the generator go on to its next question


@dataclass(frozen=True, slots=True)
class Came:
    """What ended a wait: the how-manieth of its tasks, after how long, and the data if it was an event."""

    index: int
    after: timedelta
    data: JsonValue = None


class World(Protocol):
    """Whoever answers what a flow asks for."""

    def answer(self, asked: Called) -> Envelope | Exception: ...

    def first(self, asked: Waited, tasks: list[Awaitable]) -> Came | None:
        """None: nothing ever comes."""

    def sleep(self, asked: Slept) -> None: ...


class Play:
    """One play: the entries so far, and the timers whose wait is over, since they may be cancelled yet."""

    def __init__(self, context: PlainContext, world: World) -> None:
        self.context = context
        self.world = world
        self.entries: list[Entry] = []
        self._about = context.input
        self._waited_for: list[Awaitable] = []

    def run(self, flow: str, orchestrator: Orchestrator) -> Tape:
        """To the end, or to a wait that nothing ends."""
        version = self.context.input.get("version", 1) if isinstance(self.context.input, dict) else 1
        begun = Tape(
            flow=flow,
            version=version if isinstance(version, int) else 1,
            instance=self.context.instance_id,
            start=self.context.now,
            input=self.context.input,
            entries=(),
            stage="",
            ended=False,
        )
        ended, output = self._to_the_end(orchestrator(self.context))
        self._note_cancelled()
        return replace(begun, entries=tuple(self.entries), stage=self.context.stage, ended=ended, output=output)

    def _to_the_end(self, generator: Steps[Any]) -> tuple[bool, Any]:
        go: Go | None = lambda: next(generator)  # noqa: E731
        try:
            while go is not None:
                asked = go()
                self._note_cancelled()
                go = self._answered(generator, asked)
        except StopIteration as stop:
            return True, stop.value
        return False, None

    def _answered(self, generator: Steps[Any], asked: ActivityTask | Timer | AnyOf) -> Go | None:
        if isinstance(asked, ActivityTask):
            answer = self._call(asked)
            return lambda: generator.throw(answer) if isinstance(answer, Exception) else generator.send(answer)
        if isinstance(asked, Timer):
            self._sleep(asked)
            return lambda: generator.send(None)
        first = self._wait(asked.tasks)
        return None if first is None else lambda: generator.send(first)

    def _call(self, task: ActivityTask) -> Envelope | Exception:
        details = self._details(task.request)
        asked = Called(call=task.activity, details=details, stage=self.context.stage)
        answer = self.world.answer(asked)
        if isinstance(answer, Exception):
            self.entries.append(replace(asked, raised=str(answer)))
        else:
            self.entries.append(replace(asked, answer=answer))
            if task.activity == find_in_log.name and answer.get("value"):
                self._about = answer["value"]  # from now on the run is about whomever the log names
        return answer

    def _details(self, request: Envelope) -> JsonValue:
        """What is sent beside the call, which has to be this run's, and now."""
        about = self._about if isinstance(self._about, dict) else {}
        call = {name: value for name, value in request.items() if name != "details"}
        assert datetime.fromisoformat(str(call.pop("at"))) == self.context.now
        assert call == {
            "instance": self.context.instance_id,
            "okta_user_id": about.get("okta_user_id", ""),
            "event_uuid": about.get("uuid", ""),
        }
        return request["details"]

    def _sleep(self, timer: Timer) -> None:
        asked = Slept(sleep=timer.fire_at - self.context.now, stage=self.context.stage)
        self.world.sleep(asked)
        self.entries.append(asked)
        self.context.now = max(self.context.now, timer.fire_at)
        timer.is_completed = True

    def _wait(self, tasks: list[Awaitable]) -> Awaitable | None:
        names = tuple(self._name(task) for task in tasks)
        asked = Waited(wait=names, stage=self.context.stage)
        came = self.world.first(asked, tasks)
        if came is None:
            self.entries.append(asked)
            return None
        first = tasks[came.index]
        self.context.now += came.after
        first.is_completed = True
        if isinstance(first, Event):
            first.result = came.data
            asked = replace(asked, data=came.data, after=came.after)
        self.entries.append(replace(asked, came=names[came.index]))
        self._waited_for = tasks
        return first

    def _name(self, task: Awaitable) -> str:
        if isinstance(task, Timer):
            return f"timer {length(task.fire_at - self.context.now)}"
        return f"event {task.name}"

    def _note_cancelled(self) -> None:
        """What the flow cancelled between the end of a wait and whatever it asked for next."""
        if self._waited_for and isinstance(waited := self.entries[-1], Waited):
            timers = zip(waited.wait, self._waited_for, strict=True)
            cancelled = tuple(name for name, task in timers if isinstance(task, Timer) and task.is_cancelled)
            self.entries[-1] = replace(waited, cancelled=cancelled)
        self._waited_for = []
