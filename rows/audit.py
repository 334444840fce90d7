"""The table `Audit`: a row per act, only ever added. A partition read from top to bottom is a person's story."""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from lifecycle.audit import AuditEntry
from rows.stored import partition_of, sortable

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Audit"
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


async def append(tables: "Tables", okta_user_id: str, entry: AuditEntry) -> None:
    """Add an act of one person, or of nobody in particular (`""`). An act repeated for the same call has one row."""
    keys = {
        "PartitionKey": partition_of(okta_user_id),
        "RowKey": f"{sortable(entry.at)}-{entry.act}-{entry.instance}",
    }
    await tables.upsert(TABLE, keys | {column: getattr(entry, name) for name, column in COLUMNS.items()})


async def of_person(tables: "Tables", okta_user_id: str) -> AsyncIterator[AuditEntry]:
    """The acts of one person, the oldest first."""
    async for row in tables.query(TABLE, "PartitionKey eq @user", {"user": partition_of(okta_user_id)}):
        yield from_values(row.values)


def from_values(values: Mapping[str, Any]) -> AuditEntry:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    return AuditEntry(**known)
