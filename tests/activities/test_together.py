"""A manager of several people has one mail about them, and the ledger of each one knows of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.mail import mail_account_disabled, mail_licenses_removed, mail_reminder
from activities.outbox import send_waiting_mails
from clients.errors import NotPermitted, Throttled, Unavailable
from lifecycle.entitlement import Cause
from lifecycle.licenses import Removal, RemovalPlan
from lifecycle.mail_ledger import Delivered, LedgerEntry, MailState
from rows import audit, mails, outbox
from tests.activities.person_world import E3, MEMBER, NOW, PersonWorld, after, perform

MANAGER = "noor.haddad@contoso.com"
OTHER = "boss@contoso.com"
DUE_AT = NOW + timedelta(days=30)
DUE_LATER = DUE_AT + timedelta(days=1)


async def disable(person: PersonWorld, number: int, *, manager: str = MANAGER, minutes: int = 0) -> MailState:
    """Tell the manager of one more person."""
    member = replace(
        MEMBER,
        okta_user_id=f"00u{number}",
        login=f"ada.{number}@contoso.com",
        display_name=f"Ada {number}",
        instance=f"staged_deactivation-{number}",
        manager_mail=manager,
        manager_name="Noor Haddad",
    )
    await person.remember(member)
    run = after(minutes=minutes).by(member.instance).about(member.okta_user_id)
    return await run.perform(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP)


async def ledger(person: PersonWorld, number: int) -> LedgerEntry:
    (entry,) = await mails.of_person(person.tables, f"00u{number}")
    return entry


async def wave(person: PersonWorld, count: int) -> list[MailState]:
    return [await disable(person, number) for number in range(count)]


async def test_first_is_told_at_once_and_the_others_together(person: PersonWorld) -> None:
    states = await wave(person, 4)

    assert states == [MailState.SENT, *[MailState.WAITING] * 3]
    assert await after(minutes=4).perform(send_waiting_mails) == Delivered(0, more=False)
    assert await after(minutes=5).perform(send_waiting_mails) == Delivered(3, more=False)
    assert person.graph.mails[1:] == [(MANAGER, "Office 365 Accounts of 3 people disabled.")]
    for number in (1, 2, 3):
        assert f"Ada {number} (ada.{number}@contoso.com)" in person.graph.bodies[1]


async def test_ledger_of_each_has_the_mail_in_which_the_person_was_told_of_and_nobody_else(
    person: PersonWorld,
) -> None:
    await wave(person, 4)
    await after(minutes=5).perform(send_waiting_mails)

    entries = [await ledger(person, number) for number in range(4)]
    assert [entry.state for entry in entries] == [MailState.SENT] * 4
    assert [entry.together for entry in entries] == [1, 3, 3, 3]
    assert entries[2].subject == "Office 365 Accounts of 3 people disabled."
    assert "Ada 2 (ada.2@contoso.com)" in entries[2].text
    assert "14 October 2026, 10:38 UTC" in entries[2].text
    assert "Ada 1" not in entries[2].text
    assert (await outbox.oldest(person.tables, 10)).records == ()


async def test_one_that_waited_alone_has_the_mail_that_was_written(person: PersonWorld) -> None:
    await wave(person, 2)

    assert await after(minutes=5).perform(send_waiting_mails) == Delivered(1, more=False)

    entry = await ledger(person, 1)
    assert person.graph.mails[1] == (MANAGER, entry.subject)
    assert (entry.subject, entry.together) == ("Office 365 Account for Ada 1 (ada.1@contoso.com) disabled.", 1)


async def test_those_who_come_while_others_wait_go_with_them_and_the_next_wait_again(person: PersonWorld) -> None:
    await wave(person, 3)
    await disable(person, 3, minutes=4)
    await after(minutes=5).perform(send_waiting_mails)

    assert person.graph.mails[1][1] == "Office 365 Accounts of 3 people disabled."
    assert await disable(person, 4, minutes=6) is MailState.WAITING
    assert await disable(person, 5, minutes=30) is MailState.SENT


async def test_other_managers_and_other_kinds_are_told_apart(person: PersonWorld) -> None:
    await wave(person, 3)
    for number in (3, 4, 5):
        await disable(person, number, manager=OTHER)
    await perform_reminder(person)

    await after(minutes=5).perform(send_waiting_mails)

    assert sorted(to for to, _ in person.graph.mails) == [OTHER, OTHER, MANAGER, MANAGER, MANAGER]
    assert sum("2 people disabled" in subject for _, subject in person.graph.mails) == 2


async def perform_reminder(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, manager_mail=MANAGER))
    assert await perform(mail_reminder, due_at=DUE_LATER) is MailState.SENT


async def test_person_whom_another_run_took_over_is_left_out(person: PersonWorld) -> None:
    await wave(person, 4)
    await person.remember(replace(MEMBER, okta_user_id="00u2", instance="activation-2"))

    assert await after(minutes=5).perform(send_waiting_mails) == Delivered(2, more=False)

    assert person.graph.mails[1][1] == "Office 365 Accounts of 2 people disabled."
    assert (await ledger(person, 2)).state is MailState.OUTDATED


async def test_mail_that_cannot_be_sent_just_now_waits_for_everybody(person: PersonWorld) -> None:
    await wave(person, 3)
    person.graph.fail["send_mail"] = [Throttled("graph", "send a mail", status=429, retry_after=30)]

    assert (await after(minutes=5).refusal(send_waiting_mails)).retry_after == 30
    assert [(await ledger(person, number)).state for number in (1, 2)] == [MailState.WAITING] * 2
    assert await after(minutes=6).perform(send_waiting_mails) == Delivered(2, more=False)
    assert not (await ledger(person, 1)).may_be_twice


async def test_mail_that_is_refused_for_good_has_failed_for_everybody(person: PersonWorld) -> None:
    await wave(person, 3)
    person.graph.fail["send_mail"] = [NotPermitted("graph", "send a mail", status=403)]

    assert await after(minutes=5).perform(send_waiting_mails) == Delivered(0, more=False)
    assert [(await ledger(person, number)).state for number in (1, 2)] == [MailState.FAILED] * 2


async def test_host_that_died_while_sending_sends_again_and_counts_it_for_each(person: PersonWorld) -> None:
    await wave(person, 3)
    for number in (1, 2):
        await mails.upsert(person.tables, replace(await ledger(person, number), state=MailState.SENDING))

    await after(minutes=5).perform(send_waiting_mails)

    assert [(await ledger(person, number)).may_be_twice for number in (1, 2)] == [True, True]


async def test_step_that_runs_again_after_its_mail_went_out_unrecorded_sends_at_once(person: PersonWorld) -> None:
    await disable(person, 0)
    await mails.upsert(person.tables, replace(await ledger(person, 0), state=MailState.SENDING))

    assert await disable(person, 0) is MailState.SENT
    assert len(person.graph.mails) == 2


@pytest.mark.parametrize("settings", [{"MAIL_SENDER": ""}, {"DRY_RUN": "true"}])
async def test_mails_that_are_only_recorded_wait_for_nobody(person: PersonWorld, settings: dict[str, str]) -> None:
    person.set(**settings)

    assert await wave(person, 3) == [MailState.RECORDED] * 3


async def test_mails_that_wait_are_recorded_one_by_one_when_mails_are_switched_off(person: PersonWorld) -> None:
    await wave(person, 3)
    person.set(MAIL_SENDER="")

    await after(minutes=5).perform(send_waiting_mails)

    assert [(await ledger(person, number)).state for number in (1, 2)] == [MailState.RECORDED] * 2
    assert "Ada 2" in (await ledger(person, 2)).text


async def test_audit_of_each_says_that_the_mail_was_about_several(person: PersonWorld) -> None:
    await wave(person, 3)
    await after(minutes=5).perform(send_waiting_mails)

    (entry,) = [each async for each in audit.of_person(person.tables, "00u1")]
    assert (entry.act, entry.outcome, entry.detail) == ("mail_account_disabled", "done", "in one mail about 2 people")
    assert entry.instance == "staged_deactivation-1"


async def test_mailbox_that_is_down_is_no_reason_to_tell_each_alone(person: PersonWorld) -> None:
    person.graph.fail["send_mail"] = [Unavailable("graph", "send a mail", status=503)]
    await wave(person, 3)

    assert await perform(send_waiting_mails) == Delivered(3, more=False)
    assert [subject for _, subject in person.graph.mails] == ["Office 365 Accounts of 3 people disabled."]


async def test_date_that_waits_to_be_told_is_not_told_when_the_licenses_went_meanwhile(person: PersonWorld) -> None:
    await wave(person, 3)
    run = after(minutes=1).by("staged_deactivation-2").about("00u2")
    removed = await run.perform(mail_licenses_removed, plan=RemovalPlan((E3,), (), ()), removal=Removal((E3,), {}))
    await after(minutes=5).perform(send_waiting_mails)

    assert removed is MailState.SENT
    told = [subject for _, subject in person.graph.mails if "disabled" in subject]
    assert told == [f"Office 365 Account for Ada {number} (ada.{number}@contoso.com) disabled." for number in (0, 1)]
    states = {entry.state for entry in await mails.of_person(person.tables, "00u2")}
    assert states == {MailState.SENT, MailState.OUTDATED}


async def test_nobody_waits_in_a_trial_with_a_short_delay(person: PersonWorld) -> None:
    person.set(DELAY_INTEGER="1", DELAY_INTERVAL_TYPE="hour")

    assert await wave(person, 3) == [MailState.SENT] * 3


async def test_manager_with_an_address_that_only_looks_the_same_hears_nothing_of_the_others_people(
    person: PersonWorld,
) -> None:
    for number, manager in enumerate(["chef@straße.example", "chef@strasse.example"] * 3):
        await disable(person, number, manager=manager)
    await after(minutes=5).perform(send_waiting_mails)

    told = list(zip((to for to, _ in person.graph.mails), person.graph.bodies, strict=True))
    assert [to for to, body in told for number in (0, 2, 4) if f"ada.{number}@" in body] == ["chef@straße.example"] * 3
    assert [to for to, body in told for number in (1, 3, 5) if f"ada.{number}@" in body] == ["chef@strasse.example"] * 3
