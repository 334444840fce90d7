"""Replicas that lag: a reading may answer what a record was some seconds ago."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from local.stand_in.clock import Clock
from local.stand_in.faults import FaultKind, Faults

Record = TypeVar("Record")
LAGGING: frozenset[FaultKind] = frozenset({"lag"})


class Replicas(Generic[Record]):
    """What each record was before each write, kept for as long as a fault of kind `lag` is in force."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._former: dict[str, list[tuple[datetime, Record]]] = {}

    def keep(self, key: str, copy: Callable[[], Record]) -> None:
        """Keep what the record is now, since it is about to be changed."""
        if self._faults.are_in_force(LAGGING):
            self._former.setdefault(key, []).append((self._clock.now(), copy()))
        else:
            self._former.clear()

    def behind(self, method: str, path: str) -> timedelta:
        """How far the replica that answers this request is behind."""
        struck = self._faults.strike_request(LAGGING, method, path)
        return timedelta(seconds=max((rule.seconds for rule in struck), default=0))

    def seen(self, key: str, present: Record, behind: timedelta) -> Record:
        """The record as it was so long ago, if that was after the replicas began to lag."""
        at = self._clock.now() - behind
        return next((record for ended_at, record in self._former.get(key, ()) if ended_at > at), present)
