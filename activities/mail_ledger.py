"""Sends a mail once: a row in the ledger before it goes out, and what became of it after.

What cannot be sent just now waits in the outbox, so that no flow waits for a mailbox. A host that dies exactly between
sending and recording sends the mail a second time, as Graph offers no way to tell; the ledger then says `MayBeTwice`.
"""

import logging
from typing import Any

import wiring
from activities import records
from activities.outcome import Call
from clients.errors import ClientError, Conflict
from clients.records import Row
from clients.table_rows import split_text
from lifecycle.audit import sortable
from lifecycle.mail_ledger import FIRST_ATTEMPT, OUTBOX_PARTITION, MailState, is_in_other_hands, next_attempt
from lifecycle.mails import Mail
from lifecycle.members import Member

log = logging.getLogger("offstage.mail")

Ledger = dict[str, Any]  # one row of the table Mails


async def send_once(
    call: Call, member: Member | None, kind: str, to: str | None, mail: Mail, *, key: str | None = None
) -> str:
    """Send a mail once per run, or once per `key`. Returns what became of it.

    Raises ClientError when the tenant refuses it for good, or the ledger cannot be written.
    """
    keys = {"PartitionKey": records.partition(call), "RowKey": key or f"{call.instance}-{kind}"}
    content = {
        "At": call.at,
        "InstanceId": call.instance,
        "Recipient": to or "",
        "Subject": mail.subject,
        "Text": mail.text,
    }
    ledger: Ledger = keys | content | FIRST_ATTEMPT
    tables = await wiring.tables()
    try:
        await tables.insert(records.MAILS, ledger)
    except Conflict:
        row = await tables.get(records.MAILS, keys["PartitionKey"], keys["RowKey"])
        if row is None:
            raise
        if is_in_other_hands(row.values, call.instance, of_person=member is not None):
            return await _leave(call, member, kind, row)
        ledger = next_attempt(row.values) | content
        await tables.replace(records.MAILS, ledger, row.etag)
    try:
        return await hand_over(call, member, kind, ledger, mail.html)
    except ClientError as error:
        if error.system != "graph":  # the ledger itself: what became of the mail stays unknown
            raise
        if error.permanent:
            await close(ledger, MailState.FAILED, error)
            raise
        await _put_into_outbox(call, kind, ledger, mail.html)
        await close(ledger, MailState.WAITING, error)
        return MailState.WAITING.value


async def hand_over(call: Call, member: Member | None, kind: str, ledger: Ledger, html: str) -> MailState:
    """Hand a mail to Graph and write down that it is sent. Raises ClientError when Graph does not take it."""
    sender, to = wiring.settings().mail_sender, ledger["Recipient"]
    if not to:
        await records.audit(call, member, f"mail_{kind}", MailState.NOBODY.value)
        return await close(ledger, MailState.NOBODY)
    if not sender:
        await records.audit(call, member, f"mail_{kind}", "recorded, not sent (MAIL_SENDER is empty)")
        return await close(ledger, MailState.RECORDED)
    if wiring.settings().dry_run or (member is not None and member.dry_run):
        await records.audit(call, member, f"mail_{kind}", records.WOULD_HAVE_BEEN_DONE)
        return await close(ledger, MailState.RECORDED)
    if ledger["MayBeTwice"]:
        log.warning("a mail of %s may come twice: what became of an earlier attempt is not known", ledger["InstanceId"])

    async def send() -> str | None:
        request_id = await (await wiring.graph()).send_mail(sender, to, ledger["Subject"], html)
        await close(ledger, MailState.SENT)
        return request_id

    await records.carry_out(call, member, f"mail_{kind}", send)
    return MailState.SENT


async def close(ledger: Ledger, state: MailState, error: ClientError | None = None) -> MailState:
    """Write down what became of an attempt."""
    if error is not None:
        ledger |= {"Error": str(error), "MayBeTwice": ledger["MayBeTwice"] or error.may_have_happened}
    tables = await wiring.tables()
    await tables.upsert(records.MAILS, ledger | {"State": state.value})
    return state


async def _leave(call: Call, member: Member | None, kind: str, row: Row) -> str:
    """A mail that was sent, or that others see to. One that waits is from now on this run's, unless it goes out now."""
    held = row.values
    if held["State"] == MailState.WAITING and member is not None and held["InstanceId"] != call.instance:
        tables = await wiring.tables()
        await tables.replace(records.MAILS, held | {"InstanceId": call.instance}, row.etag)
    if held["State"] == MailState.SENT and held["InstanceId"] == call.instance:
        await records.audit(call, member, f"mail_{kind}", "sent already")
    return str(held["State"])


async def _put_into_outbox(call: Call, kind: str, ledger: Ledger, html: str) -> None:
    """The oldest comes first in the order of the keys."""
    name = records.short_hash([ledger["PartitionKey"], ledger["RowKey"]])
    row = {
        "PartitionKey": OUTBOX_PARTITION,
        "RowKey": f"{sortable(call.at)}-{name}",
        "MailPartition": ledger["PartitionKey"],
        "MailKey": ledger["RowKey"],
        "Kind": kind,
        "At": call.at,
        "EventUuid": call.event_uuid,
    }
    tables = await wiring.tables()
    await tables.upsert(records.OUTBOX, row | split_text("Html", html))
