"""Drives the plain generator of a flow with a scripted world, on a clock that jumps to the next timer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple, ParamSpec, TypeVar

from pydantic import JsonValue, TypeAdapter

from activities.activity import Activity, Call, Envelope
from activities.commands import take_order
from lifecycle.delays import LONGEST_WAIT
from lifecycle.inputs import UNDERSTOOD, EventInput, FlowInput
from lifecycle.retries import Failure
from lifecycle.stages import Phase
from tests.orchestrators.plain import Awaitable, Event, PlainContext, Timer, orchestrator_of, through_json
from tests.orchestrators.playing import Came, Play
from tests.orchestrators.tape import Called, Slept, Tape, Waited

P = ParamSpec("P")
T = TypeVar("T")

NOW = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
EVENT = EventInput(
    uuid="d41c7e80-9c21-11f0-b0de-15a9c4e77f11",
    published=NOW,
    event_type="group.user_membership.remove",
    okta_user_id="00u7new3Zp5Rt6Vb15d7",
    login="maya.lin@contoso.com",
    group_id="00g2m365Abc9Qwe15d7",
    group_name="Office 365 Assignments",
    found=True,  # so that a play begins with the claim
)
AWAIT_OPERATOR = {Phase.HELD, Phase.NEEDS_ATTENTION}
PLAYED: list[Tape] = []  # in this process, the newest last


class Raised(NamedTuple):
    """An external event, and when it is raised."""

    at: datetime
    name: str
    data: JsonValue = None


def commanded(*commands: JsonValue, at: datetime, first: int = 1) -> list[Raised]:
    """One command after the other, an hour apart. `first` is the number in the first one's name."""
    return [
        Raised(at + timedelta(hours=number), f"command-{first + number}", command)
        for number, command in enumerate(commands)
    ]


@dataclass(frozen=True, slots=True)
class Answers:
    """What an activity answers, call after call; the last answer is given again and again."""

    activity: str
    replies: tuple[Envelope | Exception, ...]


def answer(activity: Activity[P, T], *outcomes: T | Failure | Exception) -> Answers:
    """An Exception is raised instead of answered, as by a defect."""
    replies = (
        outcome if isinstance(outcome, Exception) else through_json(activity.report(outcome)) for outcome in outcomes
    )
    return Answers(activity.name, tuple(replies))


def done(*activities: Activity[..., None]) -> tuple[Answers, ...]:
    """Activities with nothing to tell but that they are done."""
    return tuple(answer(activity, None) for activity in activities)


def sent(activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> JsonValue:
    """The details of such a call, as they travel."""
    details: JsonValue = through_json(activity.request(Call("", "", "", NOW), *args, **kwargs)["details"])
    return details


def names(*activities: Activity[..., Any]) -> list[str]:
    return [activity.name for activity in activities]


class Step(NamedTuple):
    """One call of an activity, as the flow made it."""

    name: str
    at: datetime
    details: dict[str, Any]


@dataclass
class World:
    """Answers by activity, external events by instant; records what the flow did.

    Unless `take_order` is given answers of its own, what is raised is what was ordered.
    """

    context: PlainContext
    answers: Mapping[str, list[Envelope | Exception]]
    events: list[Raised]
    steps: list[Step] = field(default_factory=list)
    tape: Tape | None = None

    def answer(self, asked: Called) -> Envelope | Exception:
        assert isinstance(asked.details, dict)
        details = asked.details if isinstance(asked.details, dict) else {}
        self.steps.append(Step(asked.call, self.now, details))
        if asked.call == take_order.name and take_order.name not in self.answers:
            return {"value": details["raised"]}
        replies = self.answers[asked.call]
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def sleep(self, asked: Slept) -> None:
        """Time passes by itself."""

    def first(self, asked: Waited, tasks: list[Awaitable]) -> Came | None:
        """Whatever happens first: an external event somebody waits for, or a timer."""
        raised = self._next_event(tasks)
        timers = [(task.fire_at, index) for index, task in enumerate(tasks) if isinstance(task, Timer)]
        fire_at, fires = min(timers, default=(None, 0))
        if raised and (fire_at is None or max(raised.at, self.now) <= fire_at):
            self.events.remove(raised)
            index = next(i for i, task in enumerate(tasks) if isinstance(task, Event) and task.name == raised.name)
            return Came(index, max(raised.at, self.now) - self.now, raised.data)
        if fire_at is None or (raised is None and asked.stage in AWAIT_OPERATOR and fire_at - self.now == LONGEST_WAIT):
            return None  # no operator ever answers: it waits, or waits in such pieces, for ever
        return Came(fires, fire_at - self.now)

    def _next_event(self, tasks: list[Awaitable]) -> Raised | None:
        awaited = {task.name for task in tasks if isinstance(task, Event)}
        return min(
            (raised for raised in self.events if raised.name in awaited), key=lambda raised: raised.at, default=None
        )

    @property
    def now(self) -> datetime:
        return self.context.now

    @property
    def statuses(self) -> list[dict[str, Any]]:
        return self.context.statuses

    @property
    def timers(self) -> list[Timer]:
        return self.context.timers

    @property
    def output(self) -> Any:
        return self.tape.output if self.tape else None

    @property
    def waits_for_ever(self) -> bool:
        return self.tape is not None and not self.tape.ended

    def names(self) -> list[str]:
        return [step.name for step in self.steps]

    def calls(self, activity: Activity[..., Any]) -> list[Step]:
        return [step for step in self.steps if step.name == activity.name]

    def times(self, activity: Activity[..., Any]) -> int:
        return len(self.calls(activity))

    def instants(self, activity: Activity[..., Any]) -> list[timedelta]:
        """When it was called, counted from the start."""
        return [step.at - NOW for step in self.calls(activity)]

    def seconds(self, activity: Activity[..., Any]) -> list[float]:
        return [instant.total_seconds() for instant in self.instants(activity)]

    def waits(self, activity: Activity[..., Any]) -> list[float]:
        """The seconds between one call and the next."""
        return [later - earlier for earlier, later in pairwise(self.seconds(activity))]

    def details(self, activity: Activity[..., Any]) -> dict[str, Any]:
        """What the last call of an activity was given."""
        return self.calls(activity)[-1].details


def as_input(record: FlowInput, flow: str) -> JsonValue:
    stamped = replace(record, version=UNDERSTOOD[flow])
    value: JsonValue = TypeAdapter(type(stamped)).dump_python(stamped, mode="json")
    return value


def drive(
    trigger: Any,
    *answers: Answers,
    events: Sequence[Raised] = (),
    given: FlowInput | JsonValue = None,
    instance: str | None = None,
) -> World:
    """Play a flow to its end, or until only an event that never comes would go on. Later answers replace earlier.

    An input that is a record is played in the newest version.
    """
    orchestrator = orchestrator_of(trigger)
    flow = orchestrator.__name__
    value = as_input(given, flow) if isinstance(given, FlowInput) else given
    context = PlainContext(instance or f"{flow}-1", NOW, value)
    world = World(context, {each.activity: list(each.replies) for each in answers}, list(events))
    world.tape = Play(context, world).run(flow, orchestrator)
    PLAYED.append(world.tape)
    return world
