"""What is kept of every act, for good."""

from dataclasses import dataclass
from datetime import datetime

DONE = "done"  # the outcome of an act that the other side has confirmed
OPERATOR_COMMAND = "operator_command"  # the act


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act: when, what, how it went, on whom, and why (the event and its run)."""

    at: datetime
    act: str
    outcome: str
    instance: str
    event_uuid: str
    dry_run: bool
    detail: str = ""
    login: str | None = None
    entra_user_id: str | None = None
    request_id: str | None = None
