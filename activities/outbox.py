"""Sending the mails that could not be sent when they were written."""

import logging
from dataclasses import replace
from http import HTTPStatus

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.mail_ledger import close, hand_over
from clients.errors import ClientError
from lifecycle.mail_ledger import IN_OUTBOX, Delivered, LedgerEntry, MailState, WaitingMail, is_given_up, next_attempt
from lifecycle.members import Member
from rows import mails, members, outbox

bp = df.Blueprint()

AT_ONCE = 200  # mails, of some tenths of a second each
log = logging.getLogger("offstage.mail")


@activity(bp)
async def send_waiting_mails(call: Call) -> Delivered:
    """Send what waits, the oldest first. Raises the first failure when any has to wait on; the others are sent."""
    tables = await wiring.tables()
    page = await outbox.oldest(tables, AT_ONCE)
    sent, failures = 0, list[ClientError]()
    for waiting in page.records:
        try:
            sent += await _send(call, waiting)
        except ClientError as error:
            failures.append(error)
            if error.system != "graph" or error.status in (None, HTTPStatus.TOO_MANY_REQUESTS):
                break  # the others would fare no better
        else:
            await outbox.remove(tables, waiting)
    if failures:
        raise failures[0]
    return Delivered(sent, more=page.continuation is not None)


async def _send(call: Call, waiting: WaitingMail) -> bool:
    """Send one; False when it need not be sent any more. Raises ClientError when it cannot be sent just now."""
    tables = await wiring.tables()
    known = await mails.find(tables, waiting.okta_user_id, waiting.ledger_key)
    if known is None or known.record.state not in IN_OUTBOX:
        return False  # a repeated step sent it
    member, entry = await _member(waiting.okta_user_id), next_attempt(known.record)
    if entry.okta_user_id and not _is_current(entry, member):
        await close(entry, MailState.OUTDATED)
        return False
    await mails.replace(tables, entry, known.etag)
    by_run = replace(call, instance=entry.instance, okta_user_id=entry.okta_user_id, event_uuid=waiting.event_uuid)
    try:
        await hand_over(by_run, member, waiting.kind, entry, waiting.html)
    except ClientError as error:
        if error.system != "graph":
            raise
        if not error.permanent and not is_given_up(waiting.at, call.at):
            await close(entry, MailState.WAITING, error)
            raise
        await close(entry, MailState.FAILED, error)
        log.error("a mail of %s could not be sent: %s %s", entry.instance, error.status, error.code)
        return False
    return True


async def _member(okta_user_id: str) -> Member | None:
    stored = await members.find(await wiring.tables(), okta_user_id) if okta_user_id else None
    return stored.record if stored else None


def _is_current(entry: LedgerEntry, member: Member | None) -> bool:
    """Whether what a mail says of a person still is what was done last."""
    return member is not None and member.instance == entry.instance
