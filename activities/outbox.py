"""Sending the mails that could not be sent when they were written."""

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df

import wiring
from activities import records
from activities.mail_ledger import Ledger, close, hand_over
from activities.outcome import Call, reported
from clients.errors import ClientError
from clients.records import Row
from clients.table_rows import join_text
from lifecycle.mail_ledger import IN_OUTBOX, OUTBOX_PARTITION, MailState, is_given_up, next_attempt
from lifecycle.members import Member

bp = df.Blueprint()

AT_ONCE = 200  # mails, of some tenths of a second each
log = logging.getLogger("offstage.mail")


@bp.activity_trigger(input_name="call")
@reported
async def send_waiting_mails(call: Call) -> dict[str, Any]:
    """Send what waits, the oldest first. Raises the first failure when any has to wait on; the others are sent."""
    tables = await wiring.tables()
    page = await tables.query_page(records.OUTBOX, "PartitionKey eq @mail", {"mail": OUTBOX_PARTITION}, None, AT_ONCE)
    sent, failures = 0, list[ClientError]()
    for row in page.rows:
        try:
            sent += await _send(call, row.values)
        except ClientError as error:
            failures.append(error)
            if error.system != "graph" or error.status in (None, HTTPStatus.TOO_MANY_REQUESTS):
                break  # the others would fare no better
        else:
            await tables.delete(records.OUTBOX, OUTBOX_PARTITION, row.values["RowKey"])
    if failures:
        raise failures[0]
    return {"sent": sent, "more": page.continuation is not None}


async def _send(call: Call, waiting: dict[str, Any]) -> bool:
    """Send one; False when it need not be sent any more. Raises ClientError when it cannot be sent just now."""
    tables = await wiring.tables()
    row = await tables.get(records.MAILS, waiting["MailPartition"], waiting["MailKey"])
    if row is None or row.values["State"] not in IN_OUTBOX:
        return False  # a repeated step sent it
    member, ledger = await _member(row), next_attempt(row.values)
    if ledger["PartitionKey"] != records.NOBODY_IN_PARTICULAR and not _is_current(ledger, member):
        await close(ledger, MailState.OUTDATED)
        return False
    by_run = replace(
        call,
        instance=ledger["InstanceId"],
        okta_user_id=member.okta_user_id if member else "",
        event_uuid=waiting["EventUuid"],
    )
    await tables.replace(records.MAILS, ledger, row.etag)
    try:
        await hand_over(by_run, member, waiting["Kind"], ledger, join_text("Html", waiting) or "")
    except ClientError as error:
        if error.system != "graph":
            raise
        if not error.permanent and not is_given_up(waiting["At"], call.at):
            await close(ledger, MailState.WAITING, error)
            raise
        await close(ledger, MailState.FAILED, error)
        log.error("a mail of %s could not be sent: %s %s", ledger["InstanceId"], error.status, error.code)
        return False
    return True


async def _member(row: Row) -> Member | None:
    held = await records.read_row(row.values["PartitionKey"])
    return records.member_from(held.values) if held else None


def _is_current(ledger: Ledger, member: Member | None) -> bool:
    """Whether what a mail says of a person still is what was done last."""
    return member is not None and member.instance == ledger["InstanceId"]
