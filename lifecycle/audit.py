"""What is kept of every act: rows that are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

AUDIT = "Audit"
COLUMNS = {
    "at": "At",
    "act": "Act",
    "login": "Login",
    "entra_user_id": "EntraUserId",
    "detail": "Detail",
    "outcome": "Outcome",
    "event_uuid": "EventUuid",
    "instance": "InstanceId",
    "request_id": "RequestId",
    "dry_run": "DryRun",
}


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


def audit_values(partition: str, entry: AuditEntry) -> dict[str, Any]:
    """The row of an act; an act that is repeated for the same call has the same row."""
    keys = {"PartitionKey": partition, "RowKey": f"{sortable(entry.at)}-{entry.act}-{entry.instance}"}
    return keys | {column: getattr(entry, name) for name, column in COLUMNS.items()}


def audit_entry_from(values: Mapping[str, Any]) -> AuditEntry:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    return AuditEntry(**known)


def sortable(instant: datetime) -> str:
    return instant.strftime("%Y%m%dT%H%M%S.%fZ")
