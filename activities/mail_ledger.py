"""Sends a mail once: a row in the ledger before it goes out, and what became of it after.

What cannot be sent just now waits in the outbox, so that no flow waits for a mailbox. A host that dies exactly between
sending and recording sends the mail a second time, as Graph offers no way to tell; the ledger then says `MayBeTwice`.
"""

import logging
from dataclasses import replace

import wiring
from activities.activity import Call
from activities.acts import WOULD_HAVE_BEEN_DONE, carry_out, write_down
from clients.errors import ClientError, Conflict
from lifecycle.mail_ledger import (
    GATHERED_FOR,
    LedgerEntry,
    MailState,
    Part,
    WaitingMail,
    is_about_a_date,
    is_in_other_hands,
    next_attempt,
)
from lifecycle.mails import Mail
from lifecycle.members import Member
from rows import mails, outbox
from rows.stored import Stored

log = logging.getLogger("offstage.mail")


async def send_once(
    call: Call,
    member: Member | None,
    kind: str,
    to: str | None,
    mail: Mail,
    *,
    key: str | None = None,
    part: Part | None = None,
) -> MailState:
    """Send a mail once per run, or once per `key`. Returns what became of it. `member` None: it is about nobody.

    With a `part` it waits for others of its kind if the reader has had one lately, and goes out with them.

    Raises ClientError when the tenant refuses it for good, or the ledger cannot be written.
    """
    if member is None:
        call = replace(call, okta_user_id="")
    entry = LedgerEntry(
        okta_user_id=call.okta_user_id,
        key=key or f"{call.instance}-{kind}",
        at=call.at,
        instance=call.instance,
        recipient=to or "",
        subject=mail.subject,
        text=mail.text,
    )
    tables = await wiring.tables()
    try:
        await mails.insert(tables, entry)
    except Conflict:
        known = await mails.find(tables, entry.okta_user_id, entry.key)
        if known is None:
            raise
        if is_in_other_hands(known.record, call.instance):
            return await _leave(call, member, kind, known)
        entry = next_attempt(known.record, entry)
        await mails.replace(tables, entry, known.etag)
    if part is not None:
        await _drop_what_is_outdated(entry)
    waiting = WaitingMail(entry.okta_user_id, entry.key, kind, call.at, call.event_uuid, mail.html, None, part)
    own = f"{entry.okta_user_id} {entry.key}"
    if part is not None and is_sent(member) and not await outbox.take_turn(tables, part.recipient, kind, call.at, own):
        await outbox.put(tables, replace(waiting, send_at=call.at + GATHERED_FOR))
        return await close(entry, MailState.WAITING)
    return await _send_or_let_wait(call, member, entry, waiting)


async def _drop_what_is_outdated(entry: LedgerEntry) -> None:
    """What waits to be told of the person is not true any more, now that something newer is."""
    tables = await wiring.tables()
    for other in await mails.of_person(tables, entry.okta_user_id):
        if other.state is MailState.WAITING and is_about_a_date(other.key) and other.key != entry.key:
            known = await mails.find(tables, other.okta_user_id, other.key)
            if known is not None and known.record.state is MailState.WAITING:
                await mails.replace(tables, replace(known.record, state=MailState.OUTDATED), known.etag)


def is_sent(member: Member | None) -> bool:
    """Whether mails are really sent: there is a sender, and no dry run."""
    settings = wiring.settings()
    return bool(settings.mail_sender) and not settings.dry_run and not (member is not None and member.dry_run)


async def _send_or_let_wait(call: Call, member: Member | None, entry: LedgerEntry, waiting: WaitingMail) -> MailState:
    try:
        return await hand_over(call, member, waiting.kind, entry, waiting.html)
    except ClientError as error:
        if error.system != "graph":  # the ledger itself: what became of the mail stays unknown
            raise
        if error.permanent:
            await close(entry, MailState.FAILED, error)
            raise
        await outbox.put(await wiring.tables(), waiting)
        return await close(entry, MailState.WAITING, error)


async def hand_over(call: Call, member: Member | None, kind: str, entry: LedgerEntry, html: str) -> MailState:
    """Hand a mail to Graph and write down that it is sent. Raises ClientError when Graph does not take it."""
    sender = wiring.settings().mail_sender
    if not entry.recipient:
        await write_down(call, member, f"mail_{kind}", MailState.NOBODY.value)
        return await close(entry, MailState.NOBODY)
    if not sender:
        await write_down(call, member, f"mail_{kind}", "recorded, not sent (MAIL_SENDER is empty)")
        return await close(entry, MailState.RECORDED)
    if wiring.settings().dry_run or (member is not None and member.dry_run):
        await write_down(call, member, f"mail_{kind}", WOULD_HAVE_BEEN_DONE)
        return await close(entry, MailState.RECORDED)
    if entry.may_be_twice:
        log.warning("a mail of %s may come twice: what became of an earlier attempt is not known", entry.instance)

    async def send_this() -> str | None:
        request_id = await send(sender, entry.recipient, entry.subject, html)
        await close(entry, MailState.SENT)
        return request_id

    await carry_out(call, member, f"mail_{kind}", send_this)
    return MailState.SENT


async def send(sender: str, to: str, subject: str, html: str) -> str | None:
    """Answers go to CONTACT_EMAIL."""
    contact = wiring.settings().contact_email
    return await (await wiring.graph()).send_mail(sender, to, subject, html, reply_to=[contact] if contact else [])


async def close(entry: LedgerEntry, state: MailState, error: ClientError | None = None) -> MailState:
    """Write down what became of an attempt."""
    closed = replace(entry, state=state)
    if error is not None:
        may_be_twice = entry.may_be_twice or error.may_have_happened
        closed = replace(closed, error=str(error), may_be_twice=may_be_twice)
    await mails.upsert(await wiring.tables(), closed)
    return state


async def _leave(call: Call, member: Member | None, kind: str, known: Stored[LedgerEntry]) -> MailState:
    """A mail that was sent, or that others see to. One that waits is from now on this run's, unless it goes out now."""
    entry = known.record
    if entry.state is MailState.WAITING and member is not None and entry.instance != call.instance:
        await mails.replace(await wiring.tables(), replace(entry, instance=call.instance), known.etag)
    if entry.state is MailState.SENT and entry.instance == call.instance:
        await write_down(call, member, f"mail_{kind}", "sent already")
    return entry.state
