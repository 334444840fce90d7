"""A call that others may come in between is one step, which the scheduler lets happen.

A step happens at one instant; what comes between two steps is the scheduler's choice, and so is its fate.
"""

from collections.abc import Callable, Container, Generator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from clients.errors import Unavailable

T = TypeVar("T")


class Fate(Enum):
    HAPPENS = "happens"
    ANSWER_LOST = "happens, but its answer gets lost"
    FAILS = "does not happen, and there is no answer"
    LOST = "does not happen, and nobody notices"
    OLD = "is answered by a replica that does not know the last change yet"


OKTA, TENANT = "okta", "tenant"  # whose replicas may be late


def never() -> bool:
    return False


@dataclass
class Step:
    """What a call waits for; the scheduler answers with its fate."""

    name: str
    may_be_lost: bool = False
    may_be_old: Callable[[], bool] = never
    system: str = ""
    is_write: bool = False

    def fate(self, stale: Container[str]) -> Fate:
        """What comes of it while the replicas of these systems are late."""
        return Fate.OLD if self.system in stale and self.may_be_old() else Fate.HAPPENS

    def __await__(self) -> Generator["Step", Fate, Fate]:
        fate = yield self
        return fate


async def happen(name: str, effect: Callable[[], T]) -> T:
    fate = await Step(name)
    result = effect()
    if fate is Fate.ANSWER_LOST:
        raise Unavailable("graph", name, detail="the answer got lost")
    return result


async def write(name: str, effect: Callable[[], None]) -> None:
    """As `happen`, for what may as well not be done when nobody answers."""
    fate = await Step(name, is_write=True)
    if fate is not Fate.FAILS:
        effect()
    if fate is not Fate.HAPPENS:
        raise Unavailable("graph", name, detail="the answer got lost")


async def happen_or_get_lost(name: str, effect: Callable[[], None]) -> None:
    fate = await Step(name, may_be_lost=True)
    if fate is not Fate.LOST:
        effect()
    if fate is Fate.ANSWER_LOST:
        raise Unavailable("graph", name, detail="the answer got lost")


async def read(system: str, name: str, reading: Callable[[bool], T]) -> T:
    """`reading` is told whether to answer with the state before the last change."""
    fate = await Step(name, may_be_old=lambda: reading(True) != reading(False), system=system)
    if fate is Fate.ANSWER_LOST:
        raise Unavailable("graph", name, detail="the answer got lost")
    return reading(fate is Fate.OLD)
