"""What operators are told that concerns no one person. The same notice is told once, however often it is asked for."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from lifecycle.mail_ledger import short_hash


@dataclass(frozen=True, slots=True)
class GroupDeleted:
    """A managed group was deleted in Okta, which never counts as everyone leaving it."""

    group_name: str
    kind: Literal["group_deleted"] = "group_deleted"


@dataclass(frozen=True, slots=True)
class GroupMissing:
    """OFFICE_GROUP names a group that Okta does not have; `near` is the name of one that may be meant."""

    group_name: str
    near: str | None
    kind: Literal["group_missing"] = "group_missing"


@dataclass(frozen=True, slots=True)
class LogGap:
    """The place in Okta's System Log was lost: it had been read up to `read_to`, and is read on from `resumed_at`."""

    read_to: datetime
    resumed_at: datetime
    kind: Literal["log_gap"] = "log_gap"


@dataclass(frozen=True, slots=True)
class FoundDrift:
    """One finding as the mail tells it; `not_started` says why it was left alone."""

    login: str
    words: str
    not_started: str | None


@dataclass(frozen=True, slots=True)
class DriftChecked:
    """What a drift check found (the first of `count` findings), or why it could not be finished."""

    run: str
    applied: bool
    count: int
    findings: tuple[FoundDrift, ...]
    reason: str | None
    kind: Literal["drift_checked"] = "drift_checked"


Notice = Annotated[GroupDeleted | GroupMissing | LogGap | DriftChecked, Field(discriminator="kind")]


def notice_key(notice: Notice) -> str:
    """The key in the mail ledger: the same for the same facts."""
    return f"{notice.kind}-{short_hash(f'{name}={value}' for name, value in asdict(notice).items())}"
