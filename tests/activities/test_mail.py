"""Each mail once: what the ledger knows, and what becomes of a mail that cannot be sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.mail import mail_account_disabled, mail_licenses_removed, mail_notice
from activities.okta import find_manager
from clients.errors import Rejected
from clients.records import OktaUser
from lifecycle.licenses import Removal, RemovalPlan
from lifecycle.mail_ledger import LedgerEntry, MailState
from lifecycle.notices import GroupDeleted
from rows import mails
from tests.activities.person_world import (
    E3,
    ENTRA_ID,
    INSTANCE,
    LOGIN,
    MAYA,
    MEMBER,
    NOW,
    OKTA_ID,
    VISIO,
    PersonWorld,
    after,
    by,
    perform,
    refusal,
)

MANAGER = "noor.haddad@contoso.com"
NOOR = OktaUser("00u5mgr", "ACTIVE", "noor@contoso", email=MANAGER, first_name="Noor", last_name="Haddad")
DISABLED = "account_disabled-20261014T103841"
DUE_AT = NOW + timedelta(days=30)
REASON = "the user is in no managed group"


@pytest.fixture(autouse=True)
async def manager(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, manager_mail=MANAGER))


async def disabled_mail() -> MailState:
    return await perform(mail_account_disabled, due_at=DUE_AT, reason=REASON)


async def ledger(person: PersonWorld) -> LedgerEntry:
    known = await mails.find(person.tables, OKTA_ID, DISABLED)
    assert known is not None
    return known.record


def left(instance: str, state: MailState) -> LedgerEntry:
    """What an earlier attempt left in the ledger."""
    return LedgerEntry(OKTA_ID, DISABLED, NOW, instance, MANAGER, subject="", text="", state=state)


async def test_mail_about_an_account_that_was_deleted_names_nothing_that_stays(person: PersonWorld) -> None:
    plan = RemovalPlan(remove=(E3,), inherited=(VISIO,), out_of_scope=(VISIO,))

    await perform(mail_licenses_removed, plan=plan, removal=Removal((), {}, account_deleted=True))

    (mail,) = await mails.of_person(person.tables, OKTA_ID)
    assert mail.subject == f"The Office 365 Account for {LOGIN} was deleted."
    assert "Visio" not in mail.text


async def test_mail_is_sent_once_however_often_the_step_runs(person: PersonWorld) -> None:
    assert await disabled_mail() is MailState.SENT
    assert await disabled_mail() is MailState.SENT

    assert [to for to, _ in person.graph.mails] == [MANAGER]


async def test_host_that_died_while_sending_sends_again_and_counts_it(person: PersonWorld) -> None:
    await mails.insert(person.tables, left(INSTANCE, MailState.SENDING))

    assert await disabled_mail() is MailState.SENT
    entry = await ledger(person)
    assert (entry.attempts, entry.may_be_twice) == (2, True)


async def test_mail_that_went_out_at_once_is_not_said_to_come_twice(person: PersonWorld) -> None:
    await disabled_mail()
    await disabled_mail()

    assert not (await ledger(person)).may_be_twice


@pytest.mark.parametrize("state", [MailState.SENDING, MailState.FAILED, MailState.OUTDATED])
async def test_mail_that_an_earlier_run_left_in_the_middle_is_sent_by_the_next(
    person: PersonWorld, state: MailState
) -> None:
    await mails.insert(person.tables, left("staged_deactivation-0", state))

    assert await disabled_mail() is MailState.SENT
    assert len(person.graph.mails) == 1
    assert (await ledger(person)).instance == INSTANCE


async def test_manager_is_told_once_of_one_date_by_however_many_runs(person: PersonWorld) -> None:
    await disabled_mail()
    second = "staged_deactivation-2"
    await person.remember(replace(MEMBER, manager_mail=MANAGER, instance=second))

    assert await by(second).perform(mail_account_disabled, due_at=DUE_AT, reason=REASON) is MailState.SENT
    assert len(person.graph.mails) == 1


async def test_failed_mail_is_on_record_with_its_reason(person: PersonWorld) -> None:
    person.graph.fail["send_mail"] = [Rejected("graph", "send a mail", status=404, code="ErrorInvalidUser")]

    assert (await refusal(mail_account_disabled, due_at=DUE_AT, reason=REASON)).permanent

    entry = await ledger(person)
    assert entry.state is MailState.FAILED
    assert "ErrorInvalidUser" in str(entry.error)


async def test_without_a_sender_mails_are_recorded_and_not_sent(person: PersonWorld) -> None:
    person.set(MAIL_SENDER="")

    assert await disabled_mail() is MailState.RECORDED
    assert person.graph.mails == []
    assert "licenses" in (await ledger(person)).text


async def test_without_a_manager_nobody_is_mailed_and_that_is_on_record(person: PersonWorld) -> None:
    await person.remember(MEMBER)

    assert await disabled_mail() is MailState.NOBODY
    assert await person.acts() == [("mail_account_disabled", "nobody to tell")]


async def test_dry_run_records_the_mail(person: PersonWorld) -> None:
    person.set(DRY_RUN="true")

    assert await disabled_mail() is MailState.RECORDED
    assert person.graph.mails == []


async def test_notice_of_one_fact_is_sent_once_by_however_many_runs(person: PersonWorld) -> None:
    notice = GroupDeleted("Office 365 Assignments")

    assert await perform(mail_notice, notice=notice) is MailState.SENT
    assert await after(minutes=5).by("tell_operators-2").perform(mail_notice, notice=notice) is MailState.SENT
    assert await perform(mail_notice, notice=GroupDeleted("Another")) is MailState.SENT

    assert len(person.graph.mails) == 2


async def manager_mail(person: PersonWorld, *, manager: str | None, manager_id: str | None = None) -> str | None:
    """Who is found when the Okta profile says so."""
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], manager=manager, manager_id=manager_id)
    await perform(find_manager)
    return (await person.member()).manager_mail


async def test_manager_is_who_the_okta_profile_names_by_login_or_id(person: PersonWorld) -> None:
    await person.remember(MEMBER)
    person.okta.users[NOOR.id] = NOOR

    assert await manager_mail(person, manager="noor@contoso") == MANAGER
    assert await manager_mail(person, manager=None, manager_id=NOOR.id) == MANAGER
    assert (await person.member()).manager_name == "Noor Haddad"


async def test_manager_nobody_knows_in_okta_is_looked_for_in_entra(person: PersonWorld) -> None:
    person.graph.users["manager"] = replace(MAYA, id="manager", mail="boss@contoso.com", display_name="The Boss")

    assert await manager_mail(person, manager="Haddad, Noor", manager_id="4711") == "boss@contoso.com"


async def test_manager_who_left_is_not_written_to(person: PersonWorld) -> None:
    person.okta.users[NOOR.id] = replace(NOOR, status="DEPROVISIONED")

    assert await manager_mail(person, manager=NOOR.login) is None


async def test_person_is_called_as_okta_says_and_once_gone_from_there_as_before(person: PersonWorld) -> None:
    await perform(find_manager)
    assert (await person.member()).display_name == "Maya Lin"

    person.okta.users.clear()
    await perform(find_manager)
    assert (await person.member()).display_name == "Maya Lin"


async def test_person_whom_okta_never_named_is_called_as_the_tenant_says(person: PersonWorld) -> None:
    person.okta.users.clear()
    person.graph.users[ENTRA_ID] = replace(MAYA, display_name="Maya of the tenant")

    await perform(find_manager)

    assert (await person.member()).display_name == "Maya of the tenant"
