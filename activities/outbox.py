"""Sending the mails that wait: those that could not be sent when they were written, and those that go out together."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.acts import write_down
from activities.mail_ledger import close, hand_over, is_sent, send
from clients.errors import ClientError
from lifecycle.audit import DONE
from lifecycle.mail_ledger import (
    IN_OUTBOX,
    Delivered,
    LedgerEntry,
    MailState,
    WaitingMail,
    groups_due,
    is_given_up,
    next_attempt,
)
from lifecycle.mails import several_mail
from lifecycle.members import Member
from rows import mails, members, outbox

bp = df.Blueprint()

AT_ONCE = 200  # mails, of some tenths of a second each
log = logging.getLogger("offstage.mail")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A mail that is to be sent now: its ledger says that it is being sent."""

    waiting: WaitingMail
    entry: LedgerEntry
    member: Member | None

    def by_run(self, call: Call) -> Call:
        """The run that wrote the mail, for the audit."""
        about = self.entry.okta_user_id
        return replace(call, instance=self.entry.instance, okta_user_id=about, event_uuid=self.waiting.event_uuid)


@activity(bp)
async def send_waiting_mails(call: Call) -> Delivered:
    """Send what is due, the oldest first. Raises the first failure when any has to wait on; the others are sent."""
    tables = await wiring.tables()
    page = await outbox.oldest(tables, AT_ONCE)
    due, sent, failures = groups_due(page.records, call.at), 0, list[ClientError]()
    for group in due:
        try:
            sent += await _send(call, group)
        except ClientError as error:
            failures.append(error)
            if error.system != "graph" or error.status in (None, HTTPStatus.TOO_MANY_REQUESTS):
                break  # the others would fare no better
        else:
            for waiting in group:
                await outbox.remove(tables, waiting)
    if failures:
        raise failures[0]
    return Delivered(sent, more=bool(due) and page.continuation is not None)


async def _send(call: Call, group: Sequence[WaitingMail]) -> int:
    """Send a group, as one mail if it is more than one. Returns how many mails of the ledger that was.

    Raises ClientError when any of it has to wait on.
    """
    ready = [found for waiting in group if (found := await _prepare(call, waiting))]
    is_one_mail = len(ready) > 1 and all(is_sent(each.member) for each in ready)
    sent = 0
    for mail in [ready] if is_one_mail else [[each] for each in ready]:
        try:
            await (_send_together(call, mail) if is_one_mail else _send_alone(call, mail[0]))
            sent += len(mail)
        except ClientError as error:
            if error.system != "graph":
                raise
            await _keep_or_give_up(call, mail, error)
    return sent


async def _send_alone(call: Call, mail: _Ready) -> None:
    await hand_over(mail.by_run(call), mail.member, mail.waiting.kind, mail.entry, mail.waiting.html)


async def _prepare(call: Call, waiting: WaitingMail) -> _Ready | None:
    """None when it need not be sent any more. Raises Conflict when somebody else is sending it."""
    tables = await wiring.tables()
    known = await mails.find(tables, waiting.okta_user_id, waiting.ledger_key)
    if known is None or known.record.state not in IN_OUTBOX:
        return None  # a repeated step sent it
    member, entry = await _member(waiting.okta_user_id), next_attempt(known.record)
    if entry.okta_user_id and not _is_current(entry, member):
        await close(entry, MailState.OUTDATED)
        return None
    await mails.replace(tables, entry, known.etag)
    return _Ready(waiting, entry, member)


async def _send_together(call: Call, ready: Sequence[_Ready]) -> None:
    """One mail about several people. Each one's ledger has what it says of that person."""
    settings = wiring.settings()
    kind, to = ready[0].waiting.kind, ready[0].entry.recipient
    parts = [each.waiting.part for each in ready if each.waiting.part]
    mail = several_mail(settings.letterhead, kind, parts)
    request_id = await send(settings.mail_sender or "", to, mail.subject, mail.html)
    for each, part in zip(ready, parts, strict=True):
        own = several_mail(settings.letterhead, kind, [part], len(parts)).text
        await close(replace(each.entry, subject=mail.subject, text=own, together=len(parts)), MailState.SENT)
        said = f"in one mail about {len(parts)} people"
        await write_down(each.by_run(call), each.member, f"mail_{kind}", DONE, said, request_id)
    await outbox.take_turn(await wiring.tables(), to, kind, call.at, f"about {len(parts)} people")


async def _keep_or_give_up(call: Call, ready: Sequence[_Ready], error: ClientError) -> None:
    """Let what was not sent wait on, and raise the error; what waited for a day, or never can be sent, has failed."""
    waits_on = False
    for each in ready:
        if error.permanent or is_given_up(each.waiting.at, call.at):
            await close(each.entry, MailState.FAILED, error)
            log.error("a mail of %s could not be sent: %s %s", each.entry.instance, error.status, error.code)
        else:
            await close(each.entry, MailState.WAITING, error)
            waits_on = True
    if waits_on:
        raise error


async def _member(okta_user_id: str) -> Member | None:
    stored = await members.find(await wiring.tables(), okta_user_id) if okta_user_id else None
    return stored.record if stored else None


def _is_current(entry: LedgerEntry, member: Member | None) -> bool:
    """Whether what a mail says of a person still is what was done last."""
    return member is not None and member.instance == entry.instance
