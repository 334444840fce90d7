"""Plays the runs of one person on a small world, one step after the other, in whichever order it is told.

By default whoever began goes on as long as possible. A `Turn` is a place where something else happens instead:
another run's step, a delivery, a change in Okta, a timer, or a fault. The same turns always give the same play.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter

from activities.activity import Envelope
from lifecycle.events import LogEvent
from lifecycle.intake import plan_intake
from rows import members
from tests.orchestrators.small_run import Run, Work
from tests.orchestrators.small_world import GROUPS, LOGIN, OKTA_USER, Fate, SmallWorld, TenantWrite
from tests.orchestrators.tasks import Task

SOON = timedelta(minutes=1)
ENOUGH_STEPS = 3000
MISHAPS = 0.04  # of the steps, where chance decides: enough to matter, and few enough to get on
Turns = Mapping[int, int]  # number of the step -> which of the possible things happens


@dataclass(frozen=True)
class Option:
    actor: str
    what: str
    do: Callable[[], None]
    is_mishap: bool = False


@dataclass
class Play:
    """`story` is what happens, in order: `leave Office`, `join Visio`, `deactivate`, `activate`, `seats gone`,
    `seats free`, `wait 20` (days), `until 30` (days).

    `eager` lets the story and its deliveries come before the work of the runs; `newest_first` turns the deliveries
    around. A wait begins when all is delivered and done, and ends so; what follows `until` may come while the runs are
    at work on that very day. `delay` is the shortest that licenses stay.
    """

    story: Sequence[str]
    turns: Turns = field(default_factory=dict)
    world: SmallWorld = field(default_factory=SmallWorld)
    eager: bool = False
    newest_first: bool = False
    whole_activities: bool = False
    faults: bool = False
    copies: dict[str, Callable[[], None]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    told: int = 0
    undelivered: list[LogEvent] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    quiet_until: datetime | None = None
    lost_at: datetime | None = None  # when entitlement was lost
    left_at: datetime | None = None  # when the last group was left
    delay: timedelta = timedelta(days=30)
    chance: random.Random | None = None  # decides instead of the turns

    def perform(self, *, to_the_end: bool = True) -> "Play":
        """Until nothing is left to happen, or until the story is told."""
        self.world.on_write = self._check_write
        last = ""
        while (to_the_end or self.told < len(self.story)) and (options := self._options(last)):
            number = len(self.widths)
            assert number < ENOUGH_STEPS, self.explain("it never ends")
            self.widths.append(len(options))
            chosen = options[self.turns.get(number, 0)] if self.chance is None else drawn(options, self.chance)
            self.log.append(f"{number:4} {chosen.actor}: {chosen.what}")
            chosen.do()
            last = self.runs[-1].instance_id if chosen.actor == "hook" and not self.eager else chosen.actor
        return self

    # What can happen now, the default first.
    def _options(self, last: str) -> list[Option]:
        work = [option for run in self.runs for option in self._steps_of(run)]
        deliveries = [
            Option("hook", f"deliver {event.event_type} {event.uuid}", partial(self._deliver, event))
            for event in (self.undelivered[::-1] if self.newest_first else self.undelivered)
        ]
        changes = self._changes()
        clock = self._clock(idle=not (work or deliveries or changes))
        if last == "okta" and deliveries and not self.eager:  # one that interrupts goes all the way
            deliveries, work = [], [deliveries[0], *work, *deliveries[1:]]
        work.sort(key=lambda option: option.actor != last)
        news = [*changes, *deliveries] if self.newest_first else [*deliveries, *changes]
        copies = [Option("copy", f"{what} once more", partial(self._do_copy, what)) for what in self.copies]
        natural = [*(news + work if self.eager else work + news), *copies, *clock]
        return [*natural, *(self._mishaps() if natural else [])]

    def _steps_of(self, run: Run) -> list[Option]:
        work, winner = run.work, run.winner
        if work is not None and work.answer is not None:
            return [Option(run.instance_id, "goes on", partial(run.hand_over, work.answer))]
        if work is not None and self.whole_activities:
            return [Option(run.instance_id, f"does {work.task.name}", work.finish)]
        if work is not None:
            return [Option(run.instance_id, work.doing, work.take_step)]
        if winner is not None:
            return [Option(run.instance_id, f"wakes by {winner.name}", partial(run.go_on, winner))]
        return []

    def _changes(self) -> list[Option]:
        if self.told == len(self.story):
            return []
        what = self.story[self.told]
        verb, _, days = what.partition(" ")
        if verb not in ("wait", "until"):
            return [Option("okta", what, lambda: self._change(what))]
        if verb == "until" and self.quiet_until is not None and self.world.now >= self.quiet_until:
            self.told, self.quiet_until = self.told + 1, None
            return self._changes()
        soon = any(fire_at <= self.world.now + SOON for run in self.runs for fire_at, _ in run.timers)
        if soon or self.undelivered or any(self._steps_of(run) for run in self.runs):
            return []
        if self.quiet_until is None:
            self.quiet_until = self.world.now + timedelta(days=int(days))
        return [Option("okta", what, lambda: self._change(what))] if self.world.now >= self.quiet_until else []

    def _change(self, what: str) -> None:
        self.told += 1
        self.quiet_until = None
        verb, _, group = what.partition(" ")
        was_entitled = self.world.entitled
        kinds = {"leave": "group.user_membership.remove", "join": "group.user_membership.add"}
        match verb:
            case "leave":
                self.world.groups.discard(group)
                self.left_at = self.world.now
            case "join":
                self.world.groups.add(group)
            case "deactivate":
                self.world.status = "DEPROVISIONED"
            case "activate":
                self.world.status = "ACTIVE"
            case "seats":
                self.world.has_seats = group == "free"
                return
            case "wait":
                return
        if was_entitled and not self.world.entitled and self.world.enabled:
            self.lost_at = self.world.now  # a return that came to nothing does not start the delay over
        event_type = kinds.get(verb, f"user.lifecycle.{verb}")
        published = self.world.now + timedelta(milliseconds=self.told)
        group_id = GROUPS.get(group)
        event = LogEvent(
            f"e{self.told}", published, event_type, "SUCCESS", OKTA_USER, LOGIN, None, group_id, group or None
        )
        self.undelivered.append(event)

    def _deliver(self, event: LogEvent) -> None:
        self.undelivered.remove(event)
        manages = self.world.settings.manages
        for start in plan_intake([event], manages, deactivate_on_suspend=False, found=True).starts:
            self.runs.append(Run(self.world, self.runs, start))

    def _clock(self, *, idle: bool) -> list[Option]:
        now, quiet_until = self.world.now, self.quiet_until
        timers = sorted((each for run in self.runs for each in run.timers), key=itemgetter(0))
        if quiet_until and now < quiet_until and (not timers or timers[0][0] > quiet_until):
            return [Option("clock", "the quiet time is over", lambda: setattr(self.world, "now", quiet_until))]
        if not timers or (not idle and timers[0][0] > now + SOON):
            return []
        return [Option("clock", f"timer of {timers[0][0]}", partial(self._fire, *timers[0]))]

    def _fire(self, at: datetime, timer: Task) -> None:
        self.world.now = max(self.world.now, at)
        timer.complete()

    def _mishaps(self) -> Iterator[Option]:
        for run in self.runs if self.faults else ():
            for what, do in self._mishaps_of(run):
                yield Option(run.instance_id, what, do, is_mishap=True)

    def _mishaps_of(self, run: Run) -> Iterator[tuple[str, Callable[[], None]]]:
        work = run.work
        if work is not None and work.answer is not None:
            does = work.task.name
            yield f"does {does} once more", run.begin_again
            yield f"goes on, a copy of {does} comes later", partial(self._go_on_with_copy, run, work, work.answer)
        elif work is not None and work.step is not None and not self.whole_activities:
            yield f"{work.doing}, and the answer gets lost", partial(work.take_step, Fate.ANSWER_LOST)
            yield f"{work.doing}: the host dies, and does it again", run.begin_again
            if work.step.may_be_lost:
                yield f"{work.doing} gets lost", partial(work.take_step, Fate.LOST)

    def _go_on_with_copy(self, run: Run, work: Work, answer: Envelope) -> None:
        self.copies[f"{run.instance_id}: {work.task.name}"] = run.copy_of(work)
        run.hand_over(answer)

    def _do_copy(self, what: str) -> None:
        self.copies.pop(what)()

    # What must hold.
    def _check_write(self, write: TenantWrite) -> None:
        order = list(dict.fromkeys(each.instance for each in self.world.writes))
        assert order[-1] == write.instance, self.explain(f"{write.instance} writes after {order[-1]} has begun to")
        others = [run.instance_id for run in self.runs if run.instance_id in order[:-1] and not run.ended]
        assert not others, self.explain(f"{write.instance} writes before {others} have ended")
        assert not write.wrongly, self.explain(f"{write.wrongly} taken from somebody who is entitled to it")
        if write.what.startswith("remove"):
            since = self.left_at if write.entitled else self.lost_at
            assert since is not None, self.explain("licenses are taken from somebody who never left")
            stays = since + self.delay - self.world.now
            assert stays <= timedelta(), self.explain(f"licenses are taken {stays} too early")

    def check_end(self) -> None:
        """The tenant is what Okta's truth demands, and nothing is left waiting."""
        world = self.world
        assert all(run.ended for run in self.runs), self.explain("a run never ends")
        assert world.enabled == world.entitled, self.explain(f"enabled {world.enabled}, entitled {world.entitled}")
        assert world.direct == world.expected, self.explain(f"holds {world.direct} instead of {world.expected}")

    def explain(self, what: str) -> str:
        ends = [f"{run.instance_id}: {run.output or run.status}" for run in self.runs]
        state = f"groups {self.world.groups}, {self.world.status}; enabled {self.world.enabled}, {self.world.direct}"
        lines = [
            what,
            f"story {list(self.story)}, turns {dict(self.turns)}",
            state,
            *ends,
            str(self.world.rows_of(members.TABLE)),
            *self.log,
        ]
        return "\n".join(lines)


def drawn(options: Sequence[Option], chance: random.Random) -> Option:
    """One of the options; a mishap now and then."""
    mishaps = [option for option in options if option.is_mishap]
    if mishaps and chance.random() < MISHAPS:
        return chance.choice(mishaps)
    return chance.choice([option for option in options if not option.is_mishap])


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
