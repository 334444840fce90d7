"""Plays a tape through the real SDK on the in-memory host, which checks every id against its own count."""

import json
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from activities.activity import Envelope
from local.host.history import EventType, Status, parse_stamp
from tests.histories.files import files, tape_in
from tests.histories.replay import without_texts
from tests.local.host.driver import Driver
from tests.orchestrators.flows import FLOWS
from tests.orchestrators.tape import Called, Entry, Slept, Tape, Waited, lasts

# The SDK replays the whole history at every step, so that a wait of two weeks would take minutes.
LONGEST_PLAY = 45


def worth_playing() -> list[Path]:
    """Enough tapes of each flow to see every kind of entry after every other kind that it ever follows.

    What is recorded was played through the SDK once, all of it; each play takes a while.
    """
    seen: set[tuple[Hashable, ...]] = set()
    picked = []
    for file in files():
        tape = tape_in(file)
        pairs = {(tape.flow, *pair) for pair in pairwise(["begin", *map(kind_of, tape.entries[:LONGEST_PLAY]), "end"])}
        if not pairs <= seen:
            seen |= pairs
            picked.append(file)
    return picked


def kind_of(entry: Entry) -> Hashable:
    """What ids depend on: how a call went, what was waited for, and what came and when."""
    match entry:
        case Called():
            return tuple(entry.answer or ())
        case Waited():
            return tuple(map(_without_number, entry.wait)), _without_number(entry.came or ""), bool(entry.after)
        case Slept():
            return "sleep"


def _without_number(task: str) -> str:
    """`timer` however long it runs, `event command` whichever it is."""
    return "timer" if task.startswith("timer") else task.partition("-")[0]


class Call(NamedTuple):
    at: datetime
    name: str
    details: JsonValue


@dataclass
class Made:
    """What a play made of a flow, as a host sees it: calls, the instants of its timers, and how it ended."""

    calls: list[Call] = field(default_factory=list)
    timers: list[datetime] = field(default_factory=list)
    status: Status | None = None
    output: JsonValue = None


class Timetable:
    """A tape with its instants: what it says a host has to see, and when it raises which event."""

    def __init__(self, tape: Tape) -> None:
        self.now = tape.start
        self.made = Made()
        self.events: list[tuple[datetime, str, JsonValue]] = []
        self.is_cut = len(tape.entries) > LONGEST_PLAY
        for entry in tape.entries[:LONGEST_PLAY]:
            if isinstance(entry, Called):
                self.made.calls.append(Call(self.now, entry.call, without_texts(entry.details)))
            elif isinstance(entry, Slept):
                self.now += entry.sleep
                self.made.timers.append(self.now)
            else:
                self._wait(entry)
        if not self.is_cut:
            self.made.status = Status.COMPLETED if tape.ended else Status.RUNNING
            self.made.output = without_texts(tape.output)

    def _wait(self, entry: Waited) -> None:
        timers = [lasts(name.removeprefix("timer ")) for name in entry.wait if name.startswith("timer ")]
        self.made.timers += [self.now + timer for timer in timers]
        if entry.after is not None:
            self.now += entry.after
            self.events.append((self.now, str(entry.came).removeprefix("event "), entry.data))
        elif entry.came is not None:
            self.now += lasts(entry.came.removeprefix("timer "))


def play(tape: Tape, driver: Driver) -> tuple[Made, Made]:
    """What the tape says, and what the host has seen; of a long tape only the beginning."""
    timetable = Timetable(tape)
    calls = answering(tape, driver)
    driver.now = tape.start
    driver.orchestrator(FLOWS[tape.flow])
    driver.start(tape.flow, tape.input, tape.instance)
    for at, name, data in timetable.events:
        driver.raise_event(name, json.dumps(data), tape.instance, after=(at - tape.start).total_seconds())
    driver.run(None if tape.ended and not timetable.is_cut else timetable.now)

    seen = Made(calls, timers_of(driver, tape.instance))
    if timetable.is_cut:
        seen.calls, seen.timers = seen.calls[: len(timetable.made.calls)], seen.timers[: len(timetable.made.timers)]
    else:
        seen.status, seen.output = driver.status(tape.instance), without_texts(driver.output(tape.instance))
    return timetable.made, seen


def answering(tape: Tape, driver: Driver) -> list[Call]:
    """Give each call the answer that comes next on the tape. Returns the list of calls, which grows."""
    answers = [entry for entry in tape.entries if isinstance(entry, Called)]
    calls: list[Call] = []

    def answer(name: str, request: Envelope) -> Envelope:
        recorded = answers[len(calls)]
        calls.append(Call(datetime.fromisoformat(str(request["at"])), name, without_texts(request["details"])))
        if recorded.answer is None:
            raise RuntimeError(recorded.raised)
        return recorded.answer

    for name in {each.call for each in answers}:
        driver.activity(name, partial(answer, name))
    return calls


def timers_of(driver: Driver, instance: str) -> list[datetime]:
    history = map(json.loads, driver.kept[instance].past)
    return [parse_stamp(event["FireAt"]) for event in history if event["EventType"] == EventType.TIMER_CREATED]
