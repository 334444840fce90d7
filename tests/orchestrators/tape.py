"""The tape of a play: everything a flow asked for, in order, with what it was answered; as a file, one entry a line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue, TypeAdapter

from activities.activity import Envelope

LONGEST_REPEATED_BLOCK = 9
FEWEST_REPETITIONS = 3
ENTRIES = '"entries": []'  # where the entries go in the text of a tape; an input may have empty lists of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """An activity with its details as they were sent, and its answer or what it raised."""

    call: str
    details: JsonValue
    stage: str
    answer: Envelope | None = None
    raised: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """The first of several timers and external events, and which of them came; None while the run waits still.

    A timer is told by how long it runs, `after` is when an event came, both counted from the beginning of the wait.
    """

    wait: tuple[str, ...]
    stage: str
    came: str | None = None
    data: JsonValue = None
    after: timedelta | None = None
    cancelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slept:
    """One timer that nothing can end before its time."""

    sleep: timedelta
    stage: str


Entry = Called | Waited | Slept


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The same entries several times over, as a file has them."""

    times: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """One play of one flow. `stage` is the last one shown; a run that has not ended waits still."""

    flow: str
    version: int
    instance: str
    start: datetime
    input: JsonValue
    entries: tuple[Entry, ...]
    stage: str
    ended: bool
    output: JsonValue = None


_ENTRY: TypeAdapter[Entry | Repeated] = TypeAdapter(Entry | Repeated)
_TAPE = TypeAdapter(Tape)
_LENGTH = TypeAdapter(timedelta)


def length(wait: timedelta) -> str:
    """As ISO 8601 has it: `P5D`, `PT1H`."""
    text: str = _LENGTH.dump_python(wait, mode="json")
    return text


def lasts(timer: str) -> timedelta:
    """The opposite of `length`."""
    return _LENGTH.validate_python(timer)


def as_text(tape: Tape) -> str:
    """The same tape makes the same text."""
    head = _TAPE.dump_python(replace(tape, entries=()), mode="json")
    before, after = _text(head, indent=1).split(ENTRIES, 1)
    entries = (_ENTRY.dump_python(entry, mode="json", exclude_defaults=True) for entry in shortened(tape.entries))
    lines = ",\n".join(f"  {_text(entry)}" for entry in entries)
    return f"{before}{ENTRIES[:-1]}\n{lines}\n ]{after}\n"


def from_text(text: str) -> Tape:
    stored = json.loads(text)
    entries = [_ENTRY.validate_python(entry) for entry in stored["entries"]]
    return _TAPE.validate_python({**stored, "entries": tuple(_flat(entries))})


def shortened(entries: Sequence[Entry]) -> Iterator[Entry | Repeated]:
    """Whatever comes several times in a row is told once: a wait for two weeks has a thousand entries."""
    at = 0
    while at < len(entries):
        size, times = max((_repetitions(entries, at, size) for size in range(1, LONGEST_REPEATED_BLOCK + 1)), key=_won)
        if times >= FEWEST_REPETITIONS:
            yield Repeated(times=times, entries=tuple(entries[at : at + size]))
            at += size * times
        else:
            yield entries[at]
            at += 1


def _repetitions(entries: Sequence[Entry], at: int, size: int) -> tuple[int, int]:
    block, times = entries[at : at + size], 1
    while len(block) == size and entries[at + times * size : at + (times + 1) * size] == block:
        times += 1
    return size, times


def _won(block: tuple[int, int]) -> int:
    size, times = block
    return size * (times - 1)


def _flat(entries: Sequence[Entry | Repeated]) -> Iterator[Entry]:
    for entry in entries:
        if isinstance(entry, Repeated):
            yield from entry.entries * entry.times
        else:
            yield entry


def _text(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
