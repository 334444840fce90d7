"""The table `Audit`: a row per act, only ever added. A partition read from top to bottom is a person's story."""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from clients.errors import Conflict
from lifecycle.audit import DONE, AuditEntry
from rows.stored import columns_of, partition_of, sortable

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
    """Add an act of one person, or of nobody in particular (`""`).

    An act repeated for the same call has one row, with its last outcome; but what was done stays done.
    """
    values = to_values(okta_user_id, entry)
    if entry.outcome != DONE:
        try:
            await tables.insert(TABLE, values)
            return
        except Conflict:
            known = await tables.get(TABLE, values["PartitionKey"], values["RowKey"])
            if known and known.values[COLUMNS["outcome"]] == DONE:
                return
    await tables.upsert(TABLE, values)


async def of_person(tables: "Tables", okta_user_id: str) -> AsyncIterator[AuditEntry]:
    """The acts of one person, the oldest first."""
    async for row in tables.query(TABLE, "PartitionKey eq @user", {"user": partition_of(okta_user_id)}):
        yield from_values(row.values)


def to_values(okta_user_id: str, entry: AuditEntry) -> dict[str, Any]:
    row_key = f"{sortable(entry.at)}-{entry.act}-{entry.instance}"
    keys = {"PartitionKey": partition_of(okta_user_id), "RowKey": row_key}
    return keys | columns_of(entry, COLUMNS, words={"outcome", "detail"})


def from_values(values: Mapping[str, Any]) -> AuditEntry:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    return AuditEntry(**known)
