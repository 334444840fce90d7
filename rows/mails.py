"""The table `Mails`, the ledger: one row per mail, by which each mail is sent once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clients.table_rows import join_text, split_text
from lifecycle.mail_ledger import LedgerEntry, MailState
from rows.stored import Stored, columns_of, partition_of, person_of

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Mails"
COLUMNS = {
    "at": "At",
    "instance": "InstanceId",
    "recipient": "Recipient",
    "subject": "Subject",
    "attempts": "Attempts",
    "may_be_twice": "MayBeTwice",
    "error": "Error",
    "together": "Together",
}


async def find(tables: "Tables", okta_user_id: str, key: str) -> Stored[LedgerEntry] | None:
    row = await tables.get(TABLE, partition_of(okta_user_id), key)
    return Stored(from_values(row.values), row.etag) if row else None


async def insert(tables: "Tables", entry: LedgerEntry) -> None:
    """Raises Conflict when the mail has a row."""
    await tables.insert(TABLE, to_values(entry))


async def replace(tables: "Tables", entry: LedgerEntry, etag: str) -> None:
    """Raises Conflict when the row is not as it was read."""
    await tables.replace(TABLE, to_values(entry), etag)


async def upsert(tables: "Tables", entry: LedgerEntry) -> None:
    """Write down what became of an attempt, whatever the row says: this run made the attempt."""
    await tables.upsert(TABLE, to_values(entry))


async def of_person(tables: "Tables", okta_user_id: str) -> list[LedgerEntry]:
    """The mails about one person, in no order."""
    rows = tables.query(TABLE, "PartitionKey eq @user", {"user": partition_of(okta_user_id)})
    return [from_values(row.values) async for row in rows]


def to_values(entry: LedgerEntry) -> dict[str, Any]:
    keys = {"PartitionKey": partition_of(entry.okta_user_id), "RowKey": entry.key, "State": entry.state.value}
    columns = columns_of(entry, COLUMNS, words={"error"})
    return keys | columns | split_text("Text", entry.text)  # a mail with many refusals is longer than one column


def from_values(values: Mapping[str, Any]) -> LedgerEntry:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    return LedgerEntry(
        okta_user_id=person_of(values["PartitionKey"]),
        key=values["RowKey"],
        text=join_text("Text", values) or "",
        state=MailState(values["State"]),
        **known,
    )
