"""The table `Outbox`: the mails that wait to be sent, the oldest first; and who was told of what lately."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from clients.errors import Conflict
from clients.table_rows import join_text, split_text
from lifecycle.mail_ledger import GATHERED_FOR, Part, WaitingMail, short_hash
from lifecycle.names import folded
from rows.stored import Page, partition_of, person_of, sortable

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Outbox"
PARTITION = "mail"
TOLD = "told"  # by kind and reader, when such a mail was sent last


async def put(tables: "Tables", mail: WaitingMail) -> None:
    """Let a mail wait; one that waits already has the same row."""
    await tables.upsert(TABLE, to_values(mail))


async def oldest(tables: "Tables", limit: int) -> Page[WaitingMail]:
    found = await tables.query_page(TABLE, "PartitionKey eq @mail", {"mail": PARTITION}, None, limit)
    return Page(tuple(from_values(row.values) for row in found.rows), found.continuation)


async def remove(tables: "Tables", mail: WaitingMail) -> None:
    await tables.delete(TABLE, PARTITION, _key(mail))


async def take_turn(tables: "Tables", recipient: str, kind: str, at: datetime, mail: str) -> bool:
    """Whether this mail may go to the reader now: no other one of its kind has gone, or is going, lately.

    `mail` names it; one that has the turn has it again, since its step may run twice.
    """
    key = short_hash([kind, folded(recipient)])
    row, known = {"PartitionKey": TOLD, "RowKey": key, "At": at, "Mail": mail}, await tables.get(TABLE, TOLD, key)
    if known is not None and at - known.values["At"] < GATHERED_FOR:
        return bool(known.values["Mail"] == mail)
    try:
        if known is None:
            await tables.insert(TABLE, row)
        else:
            await tables.replace(TABLE, row, known.etag)
    except Conflict:
        return False
    return True


def to_values(mail: WaitingMail) -> dict[str, Any]:
    values = {
        "PartitionKey": PARTITION,
        "RowKey": _key(mail),
        "MailPartition": partition_of(mail.okta_user_id),
        "MailKey": mail.ledger_key,
        "Kind": mail.kind,
        "At": mail.at,
        "EventUuid": mail.event_uuid,
    } | split_text("Html", mail.html)
    if mail.send_at is not None:
        values["SendAt"] = mail.send_at
    return values | split_text("Part", json.dumps(asdict(mail.part))) if mail.part else values


def from_values(values: Mapping[str, Any]) -> WaitingMail:
    return WaitingMail(
        okta_user_id=person_of(values["MailPartition"]),
        ledger_key=values["MailKey"],
        kind=values["Kind"],
        at=values["At"],
        event_uuid=values["EventUuid"],
        html=join_text("Html", values) or "",
        send_at=values.get("SendAt"),
        part=_part(join_text("Part", values)),
    )


def _part(text: str | None) -> Part | None:
    known = json.loads(text) if text else None
    return Part(**(known | {"summary": tuple(known["summary"])})) if known else None


def _key(mail: WaitingMail) -> str:
    return f"{sortable(mail.at)}-{short_hash([partition_of(mail.okta_user_id), mail.ledger_key])}"
