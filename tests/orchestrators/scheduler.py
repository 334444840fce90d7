"""Plays the runs of one person on a small world, one step after the other, in whichever order it is told.

By default whoever began goes on as long as possible. A `Turn` is a place where something else happens instead:
another run's step, a delivery, a change in Okta, a timer, or a fault. The same turns always give the same play.
"""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from lifecycle.events import LogEvent, durable_input, flow_for
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import NOW, AnyOf, Task
from tests.orchestrators.small_world import GROUPS, LOGIN, OKTA_USER, SmallWorld, TenantWrite

FLOWS = {"staged_deactivation": staged_deactivation, "activation": activation}
SOON = timedelta(minutes=1)
ENOUGH_STEPS = 3000
Turns = Mapping[int, int]  # number of the step -> which of the possible things happens


@dataclass(frozen=True)
class Option:
    actor: str
    what: str
    do: Callable[[], None]


class Run:
    """One instance: the plain generator of its flow, on a context whose clock is the play's."""

    def __init__(self, play: "Play", event: LogEvent, flow: str) -> None:
        self.instance_id = f"{flow}-{event.uuid}"
        self.play = play
        self.input = durable_input(event)
        self.output: Any = None
        self.ended = False
        self.status: Any = None
        self.waits_for: Task | AnyOf | None = None
        self.doing: Coroutine[Any, Any, Any] | None = None
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

    def take_step(self, *, answer_is_lost: bool = False, first: bool = False) -> None:
        self.play.world.acting = self.instance_id
        try:
            self.step = self.doing.send(None if first else answer_is_lost)
        except StopIteration as stop:
            self.answer, self.step = stop.value, "answered"

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


@dataclass
class Play:
    """`story` is what happens in Okta, in order: `leave Office`, `join Visio`, `deactivate`, `activate`, `wait 20` (days).

    `eager` lets the story and its deliveries come before the work of the runs; `newest_first` turns the deliveries
    around. A wait begins when all is delivered and done. `delay` is the shortest that licenses stay.
    """

    story: Sequence[str]
    turns: Turns = field(default_factory=dict)
    world: SmallWorld = field(default_factory=SmallWorld)
    eager: bool = False
    newest_first: bool = False
    whole_activities: bool = False
    faults: bool = False
    now: Any = NOW
    runs: list[Run] = field(default_factory=list)
    told: int = 0
    undelivered: list[LogEvent] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    quiet_until: Any = None
    lost_at: Any = None
    delay: timedelta = timedelta(days=30)

    def perform(self) -> "Play":
        self.world.on_write = self._check_write
        last = ""
        while options := self._options(last):
            number = len(self.widths)
            assert number < ENOUGH_STEPS, self.explain("it never ends")
            self.widths.append(len(options))
            chosen = options[self.turns.get(number, 0)]
            self.log.append(f"{number:4} {chosen.actor}: {chosen.what}")
            chosen.do()
            last = chosen.actor
        return self

    # What can happen now, the default first.
    def _options(self, last: str) -> list[Option]:
        work = [option for run in self.runs for option in self._steps_of(run)]
        deliveries = [
            Option("hook", f"deliver {event.event_type} {event.uuid}", lambda event=event: self._deliver(event))
            for event in (self.undelivered[::-1] if self.newest_first else self.undelivered)
        ]
        changes = self._changes()
        clock = self._clock(idle=not (work or deliveries or changes))
        news = [*changes, *deliveries] if self.newest_first else [*deliveries, *changes]
        work.sort(key=lambda option: option.actor != last)
        natural = [*news, *work, *clock] if self.eager else [*work, *news, *clock]
        return [*natural, *(self._mishaps() if natural else [])]

    def _steps_of(self, run: Run) -> list[Option]:
        if run.step == "answered":
            return [Option(run.instance_id, "goes on", run.hand_over)]
        if run.doing is not None:
            if self.whole_activities:
                return [Option(run.instance_id, f"does {run.waits_for.name}", lambda: self._do_all(run))]
            return [Option(run.instance_id, f"{run.waits_for.name}: {run.step.name}", run.take_step)]
        if run.winner is not None:
            winner = run.winner
            return [Option(run.instance_id, f"wakes by {winner.name}", lambda: run.go_on(winner))]
        return []

    def _do_all(self, run: Run) -> None:
        while run.step != "answered":
            run.take_step()

    def _changes(self) -> list[Option]:
        if self.told == len(self.story):
            return []
        what = self.story[self.told]
        if not what.startswith("wait"):
            return [Option("okta", what, lambda: self._change(what))]
        soon = any(timer.fire_at <= self.now + SOON for run in self.runs for timer in run.timers)
        if soon or self.undelivered or any(self._steps_of(run) for run in self.runs):
            return []
        if self.quiet_until is None:
            self.quiet_until = self.now + timedelta(days=int(what.removeprefix("wait ")))
        return [Option("okta", what, lambda: self._change(what))] if self.now >= self.quiet_until else []

    def _change(self, what: str) -> None:
        self.told += 1
        self.quiet_until = None
        verb, _, group = what.partition(" ")
        was_entitled = self.world.entitled
        kinds = {"leave": "group.user_membership.remove", "join": "group.user_membership.add"}
        match verb:
            case "leave":
                self.world.groups.discard(group)
            case "join":
                self.world.groups.add(group)
            case "deactivate":
                self.world.status = "DEPROVISIONED"
            case "activate":
                self.world.status = "ACTIVE"
            case "wait":
                return
        if was_entitled and not self.world.entitled and self.world.seen_entitled:
            self.lost_at, self.world.seen_entitled = self.now, False
        event_type = kinds.get(verb, f"user.lifecycle.{verb}")
        published = self.now + timedelta(milliseconds=self.told)
        group_id = GROUPS.get(group)
        event = LogEvent(
            f"e{self.told}", published, event_type, "SUCCESS", OKTA_USER, LOGIN, None, group_id, group or None
        )
        self.undelivered.append(event)

    def _deliver(self, event: LogEvent) -> None:
        self.undelivered.remove(event)
        flow = flow_for(event, self.world.settings.manages, deactivate_on_suspend=False)
        if flow is not None:
            self.runs.append(Run(self, event, flow.value))

    def _clock(self, *, idle: bool) -> list[Option]:
        timers = sorted((t for run in self.runs for t in run.timers), key=lambda timer: timer.fire_at)
        if self.quiet_until and self.now < self.quiet_until and (not timers or timers[0].fire_at > self.quiet_until):
            return [Option("clock", "the quiet time is over", lambda: setattr(self, "now", self.quiet_until))]
        if not timers or (not idle and timers[0].fire_at > self.now + SOON):
            return []
        return [Option("clock", f"timer of {timers[0].fire_at}", lambda: self._fire(timers[0]))]

    def _fire(self, timer: Task) -> None:
        self.now = max(self.now, timer.fire_at)
        timer.is_completed = True

    def _mishaps(self) -> Iterator[Option]:
        for run in self.runs if self.faults else ():
            if run.step == "answered":
                yield Option(run.instance_id, f"does {run.waits_for.name} once more", run.begin)
            elif run.doing is not None and not self.whole_activities:
                lost = f"{run.waits_for.name}: {run.step.name}, and the answer gets lost"
                yield Option(run.instance_id, lost, lambda run=run: run.take_step(answer_is_lost=True))
                yield Option(run.instance_id, f"{run.waits_for.name}: the host dies, and does it again", run.begin)

    # The durable client of the activity `supersede`.
    async def raise_event(self, instance: str, event: str) -> None:
        from tests.orchestrators.small_world import happen

        run = next((run for run in self.runs if run.instance_id == instance and not run.ended), None)
        if run is not None:
            await happen("raise superseded", lambda: setattr(run.superseded, "is_completed", True))

    async def is_finished(self, instance: str) -> bool:
        return all(run.ended for run in self.runs if run.instance_id == instance)

    # What must hold.
    def _check_write(self, write: TenantWrite) -> None:
        order = list(dict.fromkeys(each.instance for each in self.world.writes))
        assert order[-1] == write.instance, self.explain(f"{write.instance} writes after {order[-1]} has begun to")
        others = [run.instance_id for run in self.runs if run.instance_id in order[:-1] and not run.ended]
        assert not others, self.explain(f"{write.instance} writes before {others} have ended")
        taken_from_entitled = write.what.startswith("remove") and write.entitled
        assert not taken_from_entitled, self.explain("a license is taken from somebody who is entitled")
        if write.what.startswith("remove"):
            stays = self.lost_at + self.delay - self.now
            assert stays <= timedelta(), self.explain(f"licenses are taken {stays} too early")

    def explain(self, what: str) -> str:
        members = [row.values for (table, _, _), row in self.world.rows.items() if table == "Members"]
        ends = [f"{run.instance_id}: {run.output or run.status}" for run in self.runs]
        state = f"groups {self.world.groups}, {self.world.status}; enabled {self.world.enabled}, {self.world.direct}"
        lines = [what, f"story {list(self.story)}, turns {dict(self.turns)}", state, *ends, str(members), *self.log]
        return "\n".join(lines)


def plays(make: Callable[[Turns], Play], turns_at_most: int) -> Iterator[Play]:
    """Every play that differs from the default by at most so many turns."""
    waiting: list[dict[int, int]] = [{}]
    while waiting:
        turns = waiting.pop()
        play = make(turns).perform()
        yield play
        if len(turns) < turns_at_most:
            after = max(turns, default=-1) + 1
            waiting += [{**turns, at: to} for at in range(after, len(play.widths)) for to in range(1, play.widths[at])]
