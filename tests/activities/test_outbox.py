"""A mail that cannot be sent just now waits, holds nothing up, and is sent once, while what it says is still true."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities import mail
from activities.mail import mail_account_disabled
from activities.operator_mail import mail_notice
from activities.outbox import send_waiting_mails
from clients.errors import ClientError, Conflict, NotPermitted, Throttled, Unavailable
from clients.tables import Tables
from lifecycle.entitlement import Cause
from lifecycle.mail_ledger import Delivered, LedgerEntry, MailState
from lifecycle.notices import GroupDeleted
from rows import mails, outbox
from rows.stored import Stored
from tests.activities.person_world import (
    INSTANCE,
    MEMBER,
    NOW,
    OKTA_ID,
    PersonWorld,
    after,
    by,
    perform,
    refusal,
)

MANAGER = "noor.haddad@contoso.com"
DUE_AT = NOW + timedelta(days=30)
SENT = Delivered(1, more=False)
NOTHING = Delivered(0, more=False)
A_DAY = 24 * 60  # minutes
SECOND = "staged_deactivation-2"  # another run for the same person


def down(status: int | None = 503) -> Unavailable:
    return Unavailable("graph", "send a mail", status=status, code="ReadTimeout" if status is None else "")


def busy(seconds: float) -> Throttled:
    return Throttled("graph", "send a mail", status=429, retry_after=seconds)


async def disabled_mail() -> MailState:
    return await perform(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP)


async def write_while(person: PersonWorld, *errors: ClientError) -> MailState:
    """Write the mail that the account is disabled while the tenant answers so."""
    await person.remember(replace(MEMBER, manager_mail=MANAGER))
    person.graph.fail["send_mail"] = [*errors]
    return await disabled_mail()


async def ledger(person: PersonWorld) -> LedgerEntry:
    """The one mail about the person."""
    [entry] = await mails.of_person(person.tables, OKTA_ID)
    return entry


async def waiting(person: PersonWorld) -> int:
    return len((await outbox.oldest(person.tables, 100)).records)


async def state(person: PersonWorld) -> tuple[MailState, int]:
    """What became of the one mail about the person, and how many mails are in the outbox."""
    return (await ledger(person)).state, await waiting(person)


async def test_mail_that_cannot_be_sent_just_now_waits_and_the_flow_goes_on(person: PersonWorld) -> None:
    assert await write_while(person, busy(300)) is MailState.WAITING

    assert await state(person) == (MailState.WAITING, 1)
    assert "429" in str((await ledger(person)).error)


async def test_waiting_mail_is_sent_as_it_was_written(person: PersonWorld) -> None:
    await write_while(person, down())

    assert await perform(send_waiting_mails) == SENT
    assert await perform(send_waiting_mails) == NOTHING

    [(to, subject)] = person.graph.mails
    assert (to, await state(person)) == (MANAGER, (MailState.SENT, 0))
    entry = await ledger(person)
    assert (entry.subject, entry.error) == (subject, None)
    assert (await person.acts())[-1] == ("mail_account_disabled", "done")


async def test_step_that_runs_again_leaves_the_mail_to_the_outbox(person: PersonWorld) -> None:
    await write_while(person, down())

    assert await disabled_mail() is MailState.WAITING
    assert await perform(send_waiting_mails) == SENT
    assert await disabled_mail() is MailState.SENT

    assert len(person.graph.mails) == 1


async def test_mail_waits_on_as_long_as_the_mailbox_asks(person: PersonWorld) -> None:
    await write_while(person, busy(5), busy(120))

    assert (await refusal(send_waiting_mails)).retry_after == 120
    assert await state(person) == (MailState.WAITING, 1)


async def test_mail_that_is_refused_for_good_waits_no_longer(person: PersonWorld) -> None:
    await write_while(person, down(), NotPermitted("graph", "send a mail", status=403))

    assert await perform(send_waiting_mails) == NOTHING
    assert await state(person) == (MailState.FAILED, 0)


async def test_mail_waits_for_almost_a_day(person: PersonWorld) -> None:
    await write_while(person, down(), down())

    await after(minutes=A_DAY - 1).refusal(send_waiting_mails)

    assert await state(person) == (MailState.WAITING, 1)


async def test_mail_is_given_up_after_a_day(person: PersonWorld) -> None:
    await write_while(person, down(), down())

    await after(minutes=A_DAY).perform(send_waiting_mails)

    assert await state(person) == (MailState.FAILED, 0)


async def test_mail_is_not_sent_any_more_when_another_run_has_taken_the_person_over(person: PersonWorld) -> None:
    await write_while(person, down())
    await person.remember(replace(MEMBER, instance="activation-2"))

    assert await perform(send_waiting_mails) == NOTHING

    assert (await state(person), person.graph.mails) == ((MailState.OUTDATED, 0), [])


async def test_mail_that_a_second_leave_would_say_again_is_from_now_on_that_runs(person: PersonWorld) -> None:
    await write_while(person, down())
    await person.remember(replace(MEMBER, manager_mail=MANAGER, instance=SECOND))

    assert await by(SECOND).perform(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP) is MailState.WAITING
    assert await perform(send_waiting_mails) == SENT

    assert len(person.graph.mails) == 1


async def test_mail_that_goes_out_while_another_run_takes_it_over_stays_sent(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_while(person, down())
    find = mails.find

    async def find_a_moment_too_early(tables: Tables, okta_user_id: str, key: str) -> Stored[LedgerEntry] | None:
        found = await find(tables, okta_user_id, key)
        monkeypatch.setattr(mails, "find", find)
        await perform(send_waiting_mails)
        await person.remember(replace(MEMBER, manager_mail=MANAGER, instance=SECOND))
        return found

    monkeypatch.setattr(mails, "find", find_a_moment_too_early)
    monkeypatch.setattr(mail, "owned_member", person.member_of_any_run)

    assert not (await by(SECOND).refusal(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP)).permanent
    assert await by(SECOND).perform(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP) is MailState.SENT
    assert (await state(person), len(person.graph.mails)) == ((MailState.SENT, 0), 1)


async def test_notice_to_the_operators_waits_too(person: PersonWorld) -> None:
    notice = GroupDeleted("Sales")
    person.graph.fail["send_mail"] = [down()]

    assert await perform(mail_notice, notice=notice) is MailState.WAITING
    assert await by(SECOND).perform(mail_notice, notice=notice) is MailState.WAITING
    assert await perform(send_waiting_mails) == SENT

    assert [to for to, _ in person.graph.mails] == ["it-operations@contoso.com"]


async def test_mail_that_cannot_be_sent_does_not_hold_up_those_behind_it(person: PersonWorld) -> None:
    person.graph.fail["send_mail"] = [down(), down(), down(500)]
    for minutes, hour in enumerate(("10", "11")):
        await after(minutes=minutes).perform(mail_notice, notice=GroupDeleted(f"Sales {hour}"))

    assert not (await refusal(send_waiting_mails)).permanent

    notices = await mails.of_person(person.tables, "")
    assert sorted(each.state for each in notices) == [MailState.SENT, MailState.WAITING]
    assert "Sales 11" in person.graph.mails[0][1]


async def test_nobody_else_is_tried_while_the_mailbox_is_throttled(person: PersonWorld) -> None:
    person.graph.fail["send_mail"] = [down(), down(), busy(60)]
    for hour in ("10", "11"):
        await perform(mail_notice, notice=GroupDeleted(f"Sales {hour}"))
    asked = person.graph.asked.count("send_mail")

    await refusal(send_waiting_mails)

    assert person.graph.asked.count("send_mail") == asked + 1


@pytest.mark.parametrize(
    ("status", "code", "may_be_twice"),
    [(None, "ReadTimeout", True), (None, "ConnectError", False), (504, "", True), (503, "", False), (429, "", False)],
)
async def test_mail_whose_first_attempt_may_have_gone_out_is_counted(
    person: PersonWorld, status: int | None, code: str, may_be_twice: bool
) -> None:
    await write_while(person, Unavailable("graph", "send a mail", status=status, code=code))

    await perform(send_waiting_mails)

    entry = await ledger(person)
    assert (entry.state, entry.may_be_twice) == (MailState.SENT, may_be_twice)


async def test_ledger_that_cannot_be_written_after_the_mail_was_sent_has_it_counted(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert = mails.upsert

    async def out_of_reach(tables: Tables, entry: LedgerEntry) -> None:
        monkeypatch.setattr(mails, "upsert", upsert)
        raise Unavailable("tables", "upsert a row")

    await person.remember(replace(MEMBER, manager_mail=MANAGER))
    monkeypatch.setattr(mails, "upsert", out_of_reach)

    assert not (await refusal(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP)).permanent
    assert await disabled_mail() is MailState.SENT

    assert (len(person.graph.mails), (await ledger(person)).may_be_twice) == (2, True)


async def test_two_deliveries_at_once_send_a_mail_once(person: PersonWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    await write_while(person, down())

    async def overtaken(tables: Tables, entry: LedgerEntry, etag: str) -> None:
        raise Conflict("tables", "replace a row", status=412)

    monkeypatch.setattr(mails, "replace", overtaken)

    assert not (await refusal(send_waiting_mails)).permanent
    assert (person.graph.mails, await waiting(person)) == ([], 1)


async def test_host_that_died_while_it_emptied_the_outbox_sends_again_and_counts_it(person: PersonWorld) -> None:
    await write_while(person, down())
    await mails.upsert(person.tables, replace(await ledger(person), state=MailState.SENDING))

    assert await perform(send_waiting_mails) == SENT

    entry = await ledger(person)
    assert (entry.state, entry.may_be_twice, entry.instance) == (MailState.SENT, True, INSTANCE)


async def test_waiting_mail_is_only_recorded_when_mails_are_switched_off_meanwhile(person: PersonWorld) -> None:
    await write_while(person, down())
    person.set(MAIL_SENDER="")

    await perform(send_waiting_mails)

    assert (await state(person), person.graph.mails) == ((MailState.RECORDED, 0), [])


async def test_row_of_somebody_who_was_forgotten_is_dropped(person: PersonWorld) -> None:
    await write_while(person, down())
    await person.tables.delete(mails.TABLE, OKTA_ID, (await ledger(person)).key)

    assert await perform(send_waiting_mails) == NOTHING
    assert await waiting(person) == 0
