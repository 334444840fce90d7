"""Replays a tape in the plain generator of today's code: it has to ask for what the tape says, in the same order.

Fed the tape up to a wait, the code has to ask for exactly that wait before it is told what came; so every replay is one
of an instance that was asleep there, too.
"""

from dataclasses import replace
from datetime import timedelta

from pydantic import JsonValue

from activities.activity import Envelope
from tests.orchestrators.flows import FLOWS
from tests.orchestrators.plain import Awaitable, PlainContext
from tests.orchestrators.playing import Came, Play
from tests.orchestrators.tape import Called, Entry, Slept, Tape, Waited, lasts

WHAT_TO_DO = (
    "An instance that sleeps there would fail, or do something else, in this code. Give the change a new version of the"
    " flow (docs/decisions/0005-changing-a-flow.md). If no release has stamped this version yet: `make histories`."
)
# Texts for people are free to change; whether there is one is not.
TEXTS = {"reason", "step"}
ANY_TEXT = "…"


class Differs(Exception):
    """Today's code asks for something else than the tape has."""


class TapeWorld:
    """Answers as the tape does, for as long as the code asks for what the tape has."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._at = 0

    def answer(self, asked: Called) -> Envelope | Exception:
        entry = self._next(asked)
        if not isinstance(entry, Called) or asked_for(asked) != asked_for(entry):
            raise self._differs(asked)
        return Exception(entry.raised) if entry.answer is None else entry.answer

    def sleep(self, asked: Slept) -> None:
        if asked != self._next(asked):
            raise self._differs(asked)

    def first(self, asked: Waited, tasks: list[Awaitable]) -> Came | None:
        entry = self._next(asked)
        if not isinstance(entry, Waited) or (asked.wait, asked.stage) != (entry.wait, entry.stage):
            raise self._differs(asked)
        if entry.came is None:
            return None
        kind, _, name = entry.came.partition(" ")
        after = lasts(name) if kind == "timer" else entry.after or timedelta()
        return Came(entry.wait.index(entry.came), after, entry.data)

    def _next(self, asked: Entry) -> Entry:
        if self._at == len(self._tape.entries):
            raise Differs(f"the tape ends, and today's code asks for more: {asked}")
        self._at += 1
        return self._tape.entries[self._at - 1]

    def _differs(self, asked: Entry) -> Differs:
        entry = self._tape.entries[self._at - 1]
        return Differs(f"at entry {self._at} the tape has\n  {entry}\nand today's code asks for\n  {asked}")


def replay(tape: Tape) -> None:
    """Raises Differs, or whatever today's code raises, with a note on what to do."""
    context = PlainContext(tape.instance, tape.start, tape.input)
    try:
        compare(Play(context, TapeWorld(tape)).run(tape.flow, FLOWS[tape.flow]), tape)
    except Exception as error:
        error.add_note(WHAT_TO_DO)
        raise


def compare(played: Tape, tape: Tape) -> None:
    """What is known only when an entry is over: which timers were cancelled, and how it all ended."""
    for number, (now, then) in enumerate(zip(played.entries, tape.entries, strict=False), 1):
        if isinstance(now, Waited) and now != then:
            raise Differs(f"at entry {number} the tape has\n  {then}\nand today's code makes it\n  {now}")
    now_ends, then_ended = ending(played), ending(tape)
    if now_ends != then_ended:
        raise Differs(f"the tape ends with {then_ended}, and today's code with {now_ends}")


def ending(tape: Tape) -> JsonValue:
    return [len(tape.entries), tape.stage, tape.ended, without_texts(tape.output)]


def asked_for(called: Called) -> Called:
    """Without the answer and without the wording of texts."""
    return replace(called, details=without_texts(called.details), answer=None, raised=None)


def without_texts(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _text(each) if name in TEXTS else without_texts(each) for name, each in value.items()}
    return [without_texts(each) for each in value] if isinstance(value, list) else value


def _text(value: JsonValue) -> JsonValue:
    return ANY_TEXT if isinstance(value, str) else value
