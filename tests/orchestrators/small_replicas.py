"""A system of records in memory whose replicas lag: each read may be fresh or old."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

LAG = timedelta(minutes=1)  # how long a reading may be a record before its last change; a second look waits longer


@dataclass
class Replicated(Generic[T]):
    """Records by id. For LAG after a change a replica may answer with what the record was before it."""

    state: dict[str, T]
    former: dict[str, tuple[datetime, T | None]] = field(default_factory=dict)

    def change(self, id: str, record: T | None, now: datetime) -> None:
        """None: it is gone."""
        self.former[id] = (now, self.state.get(id))
        if record is None:
            self.state.pop(id, None)
        else:
            self.state[id] = record

    def read(self, now: datetime, *, old: bool) -> Mapping[str, T]:
        if not old:
            return self.state
        recent = {id: record for id, (changed_at, record) in self.former.items() if now - changed_at < LAG}
        return {
            **{id: record for id, record in self.state.items() if id not in recent},
            **{id: record for id, record in recent.items() if record is not None},
        }

    def may_be_old(self, now: datetime) -> bool:
        return self.read(now, old=True) != self.state
