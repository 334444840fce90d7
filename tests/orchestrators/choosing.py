"""What can happen next in a play, and how chance, or whoever wrote the play, chooses among it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MISHAPS = 0.04  # of the steps, where chance decides: enough to matter, and few enough to get on
OLD_READINGS = 0.3  # of the readings that may be old


@dataclass(frozen=True)
class Option:
    actor: str
    what: str
    do: Callable[[], None]
    odds: float | None = None  # where chance decides; None: as likely as any other


def drawn(options: Sequence[Option], chance: random.Random) -> Option:
    """One of the options; a mishap now and then."""
    for odds in (OLD_READINGS, MISHAPS):
        rare = [option for option in options if option.odds == odds]
        if rare and chance.random() < odds:
            return chance.choice(rare)
    return chance.choice([option for option in options if option.odds is None])


def wished(options: Sequence[Option], wishes: list[str]) -> Option | None:
    """What is wished for next, if it can happen now; it is wished for no more."""
    found = next((option for option in options if [option.what] == wishes[:1]), None)
    if found is not None:
        del wishes[0]
    return found


def parse_rest(wishes: Sequence[str]) -> tuple[str, int] | None:
    """Who is to do nothing for how many seconds, if that is wished for next."""
    actor, sleeps, seconds = (wishes[0] if wishes else "").partition(" sleeps ")
    return (actor, int(seconds)) if sleeps else None
