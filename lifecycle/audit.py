"""What is kept of every act, for good."""

from dataclasses import dataclass
from datetime import datetime

DONE = "done"  # the outcome of an act that the other side has confirmed
OPERATOR_COMMAND = "operator_command"  # the act


@dataclass(frozen=True, slots=True)
class Cause:
    """The event for which something is done: its type, when it was published, and who caused it.

    `actor` is a login as Okta's log has it, or what `operator_actor` makes of an operator.
    """

    event_type: str
    published: datetime
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act: when, what, how it went, on whom, by whom, and why (the event and its run).

    `okta_user_id` is empty for what concerns nobody in particular; `licenses` are names as people read them.
    """

    at: datetime
    act: str
    outcome: str
    instance: str
    event_uuid: str
    dry_run: bool
    detail: str = ""
    okta_user_id: str = ""
    login: str | None = None
    entra_user_id: str | None = None
    actor: str | None = None
    event_type: str | None = None
    published: datetime | None = None
    licenses: tuple[str, ...] = ()
    request_id: str | None = None

    @property
    def seconds_after_event(self) -> float | None:
        """How long after the event it was done; None of an act that no event of a person has brought about."""
        return (self.at - self.published).total_seconds() if self.published else None


@dataclass(frozen=True, slots=True)
class Period:
    """A part of the audit by time: `since` belongs to it, `until` does not."""

    since: datetime
    until: datetime


def operator_actor(who: str) -> str:
    """How an operator is named as the one who caused something."""
    return f"operator: {who}"
