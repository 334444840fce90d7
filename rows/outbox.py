"""The table `Outbox`: the mails that could not be sent when they were written, the oldest first."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clients.table_rows import join_text, split_text
from lifecycle.mail_ledger import WaitingMail, short_hash
from rows.stored import Page, partition_of, person_of, sortable

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Outbox"
PARTITION = "mail"


async def put(tables: "Tables", mail: WaitingMail) -> None:
    """Let a mail wait; one that waits already has the same row."""
    await tables.upsert(TABLE, to_values(mail))


async def oldest(tables: "Tables", limit: int) -> Page[WaitingMail]:
    found = await tables.query_page(TABLE, "PartitionKey eq @mail", {"mail": PARTITION}, None, limit)
    return Page(tuple(from_values(row.values) for row in found.rows), found.continuation)


async def remove(tables: "Tables", mail: WaitingMail) -> None:
    await tables.delete(TABLE, PARTITION, _key(mail))


def to_values(mail: WaitingMail) -> dict[str, Any]:
    return {
        "PartitionKey": PARTITION,
        "RowKey": _key(mail),
        "MailPartition": partition_of(mail.okta_user_id),
        "MailKey": mail.ledger_key,
        "Kind": mail.kind,
        "At": mail.at,
        "EventUuid": mail.event_uuid,
    } | split_text("Html", mail.html)


def from_values(values: Mapping[str, Any]) -> WaitingMail:
    return WaitingMail(
        okta_user_id=person_of(values["MailPartition"]),
        ledger_key=values["MailKey"],
        kind=values["Kind"],
        at=values["At"],
        event_uuid=values["EventUuid"],
        html=join_text("Html", values) or "",
    )


def _key(mail: WaitingMail) -> str:
    return f"{sortable(mail.at)}-{short_hash([partition_of(mail.okta_user_id), mail.ledger_key])}"
