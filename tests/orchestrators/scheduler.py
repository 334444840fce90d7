"""Plays runs on a small world, one step after the other, in whichever order it is told.

By default whoever began goes on as long as possible. A `Turn` is a place where something else happens instead:
another run's step, a delivery, a change in Okta, a timer, or a fault. The same turns always give the same play.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter

from activities.activity import Envelope
from lifecycle.events import LogEvent, parse_log_event
from lifecycle.intake import plan_intake
from rows import accounts, members
from tests.orchestrators.choosing import MISHAPS, OLD_READINGS, Option, drawn, parse_rest, wished
from tests.orchestrators.oracle import Oracle
from tests.orchestrators.small_clients import check_nightly
from tests.orchestrators.small_log import CatchUp
from tests.orchestrators.small_run import Run, SmallDurableClient, Work
from tests.orchestrators.small_steps import OKTA, TENANT, Fate
from tests.orchestrators.small_story import COMMANDS, tell
from tests.orchestrators.small_world import SmallWorld, small_world
from tests.orchestrators.tasks import Task

SOON = timedelta(minutes=1)
ENOUGH_STEPS = 60_000
# How late an entry of the log comes, where chance decides; no run waits for it much longer than an hour.
LATE = tuple(timedelta(minutes=minutes) for minutes in (0, 0, 0, 1, 20, 59, 61, 70))
Turns = Mapping[int, int]  # number of the step -> which of the possible things happens


@dataclass
class Play:
    """`story` is what happens, in order, in the words of tests/orchestrators/small_story.py, with `wait 20` (days),
    `until 30` (days) and an operator's `retry`, `discard`, `skip`, `keep` and `release`, once a run awaits it.

    `eager` lets the story and its deliveries come before the work of the runs; `newest_first` turns the deliveries
    around. A wait begins when all is delivered and done, and ends so; what follows `until` may come while the runs are
    at work on that very day. `wishes` happen one after the other, each as soon as it can; `okta sleeps 90` holds Okta,
    the hook or a run back for so many seconds. `delay` is the shortest that licenses stay. With `lags`, readings may be
    old, and those of `stale` systems are by default. With `log`, what is delivered has to be found in Okta's System
    Log, and what is not delivered is found there.
    """

    story: Sequence[str]
    turns: Turns = field(default_factory=dict)
    world: SmallWorld = field(default_factory=small_world)
    eager: bool = False
    newest_first: bool = False
    whole_activities: bool = False
    faults: bool = False
    lags: bool = False
    stale: AbstractSet[str] = frozenset()
    log: bool = False
    copies: dict[str, Callable[[], None]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    told: int = 0
    undelivered: list[LogEvent] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    quiet_until: datetime | None = None
    delay: timedelta = timedelta(days=30)
    chance: random.Random | None = None  # decides instead of the turns
    wishes: list[str] = field(default_factory=list)
    asleep: dict[str, datetime] = field(default_factory=dict)  # until when

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.world, self.runs, self.delay, self.explain)
        self.world.lags = self.lags
        self.world.on_write = self.oracle.check_write
        self.durable = SmallDurableClient(self.world, self.runs)
        self.catch_up = CatchUp(self.world, self.durable)

    def perform(self, *, to_the_end: bool = True) -> "Play":
        """Until nothing is left to happen, or until the story is told."""
        last = ""
        while (to_the_end or self.told < len(self.story)) and (options := self._options(last)):
            number = len(self.widths)
            assert number < ENOUGH_STEPS, self.explain("it never ends")
            self.widths.append(len(options))
            chosen = wished(options, self.wishes) or self._chosen(options, number)
            self.diary.append(f"{number:4} {chosen.actor}: {chosen.what}")
            chosen.do()
            self._rest_as_wished()
            is_run = chosen.actor == "hook" and bool(self.runs) and not self.eager
            last = self.runs[-1].instance_id if is_run else chosen.actor
        return self

    def _chosen(self, options: Sequence[Option], number: int) -> Option:
        return options[self.turns.get(number, 0)] if self.chance is None else drawn(options, self.chance)

    def _rest_as_wished(self) -> None:
        while rest := parse_rest(self.wishes):
            actor, seconds = rest
            self.asleep[actor] = self.world.now + timedelta(seconds=seconds)
            del self.wishes[0]

    def _is_awake(self, actor: str) -> bool:
        return self.asleep.get(actor, self.world.now) <= self.world.now

    # What can happen now, the default first.
    def _options(self, last: str) -> list[Option]:
        work = [option for run in self.runs for option in self._steps_of(run)]
        deliveries = [
            Option("hook", f"deliver {event.event_type} {event.uuid}", partial(self._deliver, event))
            for event in (self.undelivered[::-1] if self.newest_first else self.undelivered)
            if self._is_awake("hook")
        ]
        changes = self._changes()
        reading = self._reading()
        clock = self._clock(idle=not (work or deliveries or changes or reading))
        if last == "okta" and deliveries and not self.eager:  # one that interrupts goes all the way
            deliveries, work = [], [deliveries[0], *work, *deliveries[1:]]
        work.sort(key=lambda option: option.actor != last)
        news = [*changes, *deliveries] if self.newest_first else [*deliveries, *changes]
        copies = [Option("copy", f"{what} once more", partial(self._do_copy, what)) for what in self.copies]
        natural = [*(news + work if self.eager else work + news), *reading, *copies, *clock]
        return [*natural, *(self._mishaps() if natural else [])]

    def _steps_of(self, run: Run) -> list[Option]:
        if not self._is_awake(run.instance_id):
            return []
        work, winner = run.work, run.winner
        if work is not None and work.answer is not None:
            return [Option(run.instance_id, "goes on", partial(self._hand_over, run, work, work.answer))]
        if work is not None and self.whole_activities:
            return [Option(run.instance_id, f"does {work.task.name}", partial(work.finish, self.stale))]
        if work is not None and work.step is not None:
            return [Option(run.instance_id, work.doing, partial(work.take_step, work.step.fate(self.stale)))]
        if winner is not None:
            return [Option(run.instance_id, f"wakes by {winner.name}", partial(run.go_on, winner))]
        return []

    def _hand_over(self, run: Run, work: Work, answer: Envelope) -> None:
        self.oracle.check_answer(work, answer)
        run.hand_over(answer)

    def _changes(self) -> list[Option]:
        if self.told == len(self.story) or not self._is_awake("okta"):
            return []
        what = self.story[self.told]
        verb, _, days = what.partition(" ")
        if verb in COMMANDS:
            at_it = [run for run in self.runs if run.status.get("stage") == COMMANDS[verb] and not self._is_busy()]
            asked = [run.awaited_command for run in at_it if run.awaited_command]
            return [Option("operator", what, partial(self._command, asked, what))] if asked else []
        if verb not in ("wait", "until"):
            return [Option("okta", what, lambda: self._change(what))]
        if verb == "until" and self.quiet_until is not None and self.world.now >= self.quiet_until:
            self.told, self.quiet_until = self.told + 1, None
            return self._changes()
        soon = any(fire_at <= self.world.now + SOON for run in self.runs for fire_at, _ in run.timers)
        if soon or self._is_busy():
            return []
        if self.quiet_until is None:
            self.quiet_until = self.world.now + timedelta(days=int(days))
        return [Option("okta", what, lambda: self._change(what))] if self.world.now >= self.quiet_until else []

    def _is_busy(self) -> bool:
        return bool(self.undelivered or self._reading()) or any(self._steps_of(run) for run in self.runs)

    def _reading(self) -> list[Option]:
        catch_up = self.catch_up
        if not self.log:
            return []
        if catch_up.step is not None:
            return [Option("catch-up", catch_up.step.name, catch_up.take_step)]
        return [Option("catch-up", "reads the log on", catch_up.begin)] if catch_up.is_due else []

    def _command(self, asked: Sequence[Task], what: str) -> None:
        self.told += 1
        if what == "retry":
            self.world.blocked.clear()
        for task in asked:
            task.result = what
            task.complete()

    def _change(self, what: str) -> None:
        self.told += 1
        self.quiet_until = None
        was_entitled = {id: self.world.entitled(id) for id in self.world.tenant.state}
        late = self.chance.choice(LATE) if self.log and self.faults and self.chance else timedelta()
        known = len(self.world.log)
        events = tell(self.world, what, self.told, late)
        if what.startswith("wait"):
            check_nightly(self.world)
        for logged in filter(None, (parse_log_event(each.values) for each in self.world.log[known:])):
            self.oracle.note_change(logged, was_entitled=was_entitled)
        self.undelivered += events

    def _deliver(self, event: LogEvent) -> None:
        self._note_delivery(event)
        manages = self.world.settings.manages
        for start in plan_intake([event], manages, deactivate_on_suspend=False, found=not self.log).starts:
            if start.instance not in [run.instance_id for run in self.runs]:
                self.durable.start(start)

    def _note_delivery(self, event: LogEvent) -> None:
        """What was delivered counts as the log has it, if the log has it."""
        self.undelivered.remove(event)
        for logged in (parse_log_event(each.values) for each in self.world.log if each.uuid == event.uuid):
            if logged is not None:
                self.oracle.note_delivery(logged)

    def _clock(self, *, idle: bool) -> list[Option]:
        now, quiet_until = self.world.now, self.quiet_until
        rests = [(until, Task("rest")) for actor, until in self.asleep.items() if not self._is_awake(actor)]
        timers = sorted([*(each for run in self.runs for each in run.timers), *rests], key=itemgetter(0))
        entry_at = self.catch_up.next_entry_at if self.log else None
        if entry_at is not None and (idle or entry_at <= now + SOON) and (not timers or entry_at <= timers[0][0]):
            return [Option("clock", "an entry comes into the log", lambda: setattr(self.world, "now", entry_at))]
        if quiet_until and now < quiet_until and (not timers or timers[0][0] > quiet_until):
            return [Option("clock", "the quiet time is over", lambda: setattr(self.world, "now", quiet_until))]
        if not timers or (not idle and timers[0][0] > now + SOON):
            return []
        return [Option("clock", f"timer of {timers[0][0]}", partial(self._fire, *timers[0]))]

    def _fire(self, at: datetime, timer: Task) -> None:
        self.world.now = max(self.world.now, at)
        timer.complete()

    def _mishaps(self) -> Iterator[Option]:
        if self.faults and self.log:
            yield from self._mishaps_on_the_way()
        for run in self.runs:
            for what, do in self._old_readings_of(run) if self.lags else ():
                yield Option(run.instance_id, what, do, odds=OLD_READINGS)
            for what, do in self._mishaps_of(run) if self.faults else ():
                yield Option(run.instance_id, what, do, odds=MISHAPS)

    def _mishaps_on_the_way(self) -> Iterator[Option]:
        for event in self.undelivered:
            yield Option("hook", f"loses {event.uuid}", partial(self._note_delivery, event), odds=MISHAPS)
        if self.catch_up.step is not None:
            lost = partial(self.catch_up.take_step, Fate.ANSWER_LOST)
            yield Option("catch-up", f"{self.catch_up.step.name}, and the answer gets lost", lost, odds=MISHAPS)
            yield Option("catch-up", "the host dies", self.catch_up.stop, odds=MISHAPS)

    def _old_readings_of(self, run: Run) -> Iterator[tuple[str, Callable[[], None]]]:
        """Of those that are fresh by default; or fresh ones, of those that are old by default."""
        work, now = run.work, self.world.now
        if work is None or work.step is None:
            return
        if self.whole_activities and (self.world.okta.may_be_old(now) or self.world.tenant.may_be_old(now)):
            yield f"does {work.task.name}, on other readings", partial(work.finish, {OKTA, TENANT} - self.stale)
        elif not self.whole_activities and work.step.may_be_old():
            is_old = work.step.fate(self.stale) is Fate.OLD
            other, word = (Fate.HAPPENS, "fresh") if is_old else (Fate.OLD, "old")
            yield f"{work.doing}, which is {word}", partial(work.take_step, other)

    def _mishaps_of(self, run: Run) -> Iterator[tuple[str, Callable[[], None]]]:
        work = run.work
        if work is not None and work.answer is not None:
            does = work.task.name
            yield f"does {does} once more", run.begin_again
            yield f"goes on, a copy of {does} comes later", partial(self._go_on_with_copy, run, work, work.answer)
        elif work is not None and work.step is not None and not self.whole_activities:
            yield f"{work.doing}, and the answer gets lost", partial(work.take_step, Fate.ANSWER_LOST)
            yield f"{work.doing}: the host dies, and does it again", run.begin_again
            if work.step.is_write:
                yield f"{work.doing} is not done, and nobody answers", partial(work.take_step, Fate.FAILS)
            if work.step.may_be_lost:
                yield f"{work.doing} gets lost", partial(work.take_step, Fate.LOST)

    def _go_on_with_copy(self, run: Run, work: Work, answer: Envelope) -> None:
        self.copies[f"{run.instance_id}: {work.task.name}"] = run.copy_of(work)
        self._hand_over(run, work, answer)

    def _do_copy(self, what: str) -> None:
        self.copies.pop(what)()

    def check_end(self) -> None:
        assert self.told == len(self.story), self.explain("the story was not told to its end")
        assert not self.wishes, self.explain(f"it never came to {self.wishes}")
        self.oracle.check_end()

    def explain(self, what: str) -> str:
        ends = [f"{run.instance_id}: {run.output or run.status}" for run in self.runs]
        state = f"{[*self.world.okta.state.values()]}; {[*self.world.tenant.state.values()]}"
        lines = [
            what,
            f"story {list(self.story)}, turns {dict(self.turns)}",
            state,
            *ends,
            *(str(row) for row in self.world.rows_of(members.TABLE)),
            *(str(row) for row in self.world.rows_of(accounts.TABLE)),
            *self.diary,
        ]
        return "\n".join(lines)
