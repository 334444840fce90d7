"""Each mail once: what the ledger knows, and what becomes of a mail that cannot be sent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.mail import (
    mail_account_disabled,
    mail_date_changed,
    mail_licenses_kept,
    mail_licenses_removed,
    mail_reminder,
)
from clients.errors import Rejected
from lifecycle.catalog import CatalogEntry
from lifecycle.entitlement import Cause
from lifecycle.licenses import AssignedLicense, Removal, RemovalPlan, merge_snapshot, to_json
from lifecycle.mail_ledger import LedgerEntry, MailState
from lifecycle.members import LeftGroup
from rows import catalog, mails
from tests.activities.person_world import (
    ACCOUNT,
    E3,
    INSTANCE,
    LOGIN,
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
DISABLED = "account_disabled-20261014T103841"
DUE_AT = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
async def manager(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, manager_mail=MANAGER))


async def disabled_mail() -> MailState:
    return await perform(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP)


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


async def test_what_went_with_a_left_group_is_told_once_by_whichever_run_and_again_when_more_went(
    person: PersonWorld,
) -> None:
    """The run before was displaced behind its mail; what the tenant had refused to it went after all."""
    group = LeftGroup("00gVisio", "Visio Users", NOW, NOW)
    plan = RemovalPlan(remove=(E3, VISIO), inherited=(), out_of_scope=())
    refused, done = Removal((E3,), {VISIO: "depends on another one"}), Removal((E3, VISIO), {})
    await perform(mail_licenses_removed, plan=plan, removal=refused, left_group=group)
    await person.hand_over("activation-2")

    for removal in (refused, done):
        await by("activation-2").perform(mail_licenses_removed, plan=plan, removal=removal, left_group=group)

    assert [mail.state for mail in await mails.of_person(person.tables, OKTA_ID)] == [MailState.SENT, MailState.WAITING]


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

    assert await by(second).perform(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP) is MailState.SENT
    assert len(person.graph.mails) == 1


def snapshot(*skus: str, inherited: tuple[str, ...] = ()) -> str:
    held = [AssignedLicense(sku, direct=True) for sku in skus] + [
        AssignedLicense(sku, groups=("g",)) for sku in inherited
    ]
    return to_json(merge_snapshot((), held))


async def test_first_mail_names_the_licenses_that_will_go_without_asking_the_tenant(person: PersonWorld) -> None:
    await person.remember_account(replace(ACCOUNT, snapshot=snapshot(E3, inherited=(VISIO,))))

    await disabled_mail()

    text = (await ledger(person)).text
    assert "These licenses will be removed:\n- Microsoft 365 E3" in text
    assert "Visio" not in text
    assert person.graph.asked == ["send_mail"]


async def test_first_mail_names_only_what_the_catalog_has_where_that_alone_goes(person: PersonWorld) -> None:
    person.set(LICENSE_SCOPE="catalog")
    await person.remember_account(replace(ACCOUNT, snapshot=snapshot(E3, VISIO)))
    entry = CatalogEntry("g", "Visio Users", VISIO, VISIO, VISIO, "User", "Enabled", 10, 1, NOW)
    await person.tables.upsert(catalog.TABLE, catalog.to_values(entry))

    await disabled_mail()

    text = (await ledger(person)).text
    assert "- Visio" in text
    assert "Microsoft 365 E3" not in text


async def test_license_without_a_name_is_asked_for_and_never_told_by_its_id(person: PersonWorld) -> None:
    new = "0d3f4c86-9f6a-4e2d-8b7c-905000000001"
    await person.remember_account(replace(ACCOUNT, snapshot=snapshot(E3, new)))

    await disabled_mail()

    text = (await ledger(person)).text
    assert "- a license without a name" in text
    assert new not in text


async def test_manager_is_not_told_what_the_tenant_said(person: PersonWorld) -> None:
    removal = Removal((), {E3: "Graph answered 400: plan 5dbe027f depends on it"})

    await perform(mail_licenses_removed, plan=RemovalPlan((E3,), (), ()), removal=removal)

    (mail,) = await mails.of_person(person.tables, OKTA_ID)
    assert "Microsoft 365 E3" in mail.text
    assert "depends" not in mail.text


@pytest.mark.parametrize(("name", "told"), [("Visio Users", "the Okta group Visio Users"), ("00gVisio", "one of")])
async def test_group_that_was_left_is_told_by_its_name_and_never_by_its_id(
    person: PersonWorld, name: str, told: str
) -> None:
    left = LeftGroup("00gVisio", name, NOW, NOW)

    await perform(mail_licenses_removed, plan=RemovalPlan((E3,), (), ()), removal=Removal((E3,), {}), left_group=left)

    (mail,) = await mails.of_person(person.tables, OKTA_ID)
    assert f"left {told}" in " ".join(mail.text.split())
    assert "00gVisio" not in mail.text


async def test_answers_go_to_the_contact(person: PersonWorld) -> None:
    await disabled_mail()
    person.set(CONTACT_EMAIL="help@contoso.com")
    await perform(mail_licenses_kept)

    assert person.graph.replies_to == [(), ("help@contoso.com",)]


async def test_mails_are_in_the_language_and_the_zone_of_the_settings(person: PersonWorld) -> None:
    person.set(MAIL_LANGUAGE="de", TIME_ZONE="Europe/Berlin")

    await disabled_mail()

    assert "14. Oktober 2026, 12:38 Uhr (Europe/Berlin)" in (await ledger(person)).text


async def test_date_is_reminded_of_once_by_however_many_runs(person: PersonWorld) -> None:
    await perform(mail_reminder, due_at=DUE_AT)
    await person.remember(replace(MEMBER, manager_mail=MANAGER, instance="staged_deactivation-2"))
    await by("staged_deactivation-2").perform(mail_reminder, due_at=DUE_AT)
    await after(minutes=10).by("staged_deactivation-2").perform(mail_reminder, due_at=DUE_AT + timedelta(days=1))

    assert len(person.graph.mails) == 2


async def test_each_change_of_the_date_is_told_once_also_back_to_a_former_one(person: PersonWorld) -> None:
    for number, days in ((1, 5), (2, 0), (3, 5), (3, 5)):
        due_at = DUE_AT + timedelta(days=days)
        await after(minutes=10 * number).perform(mail_date_changed, due_at=due_at, change=f"command-{number}")

    assert len(person.graph.mails) == 3


async def test_decision_that_the_licenses_stay_is_told_once(person: PersonWorld) -> None:
    assert [await perform(mail_licenses_kept) for _ in range(2)] == [MailState.SENT] * 2

    assert [subject for _, subject in person.graph.mails] == [f"The Office 365 licenses for {LOGIN} stay."]


async def test_failed_mail_is_on_record_with_its_reason(person: PersonWorld) -> None:
    person.graph.fail["send_mail"] = [Rejected("graph", "send a mail", status=404, code="ErrorInvalidUser")]

    assert (await refusal(mail_account_disabled, due_at=DUE_AT, cause=Cause.NO_GROUP)).permanent

    entry = await ledger(person)
    assert entry.state is MailState.FAILED
    assert "ErrorInvalidUser" in str(entry.error)


async def test_without_a_sender_mails_are_recorded_and_not_sent(person: PersonWorld) -> None:
    person.set(MAIL_SENDER="")

    assert await disabled_mail() is MailState.RECORDED
    assert person.graph.mails == []
    assert "licenses" in (await ledger(person)).text


async def test_without_a_manager_the_operators_are_told_and_learn_why(person: PersonWorld) -> None:
    await person.remember(MEMBER)

    assert await disabled_mail() is MailState.SENT
    assert [to for to, _ in person.graph.mails] == ["it-operations@contoso.com"]
    assert "in place of a manager" in (await ledger(person)).text


async def test_without_manager_and_operators_nobody_is_mailed_and_that_is_on_record(person: PersonWorld) -> None:
    await person.remember(MEMBER)
    person.set(OPERATORS_EMAIL="")

    assert await disabled_mail() is MailState.NOBODY
    assert await person.acts() == [("mail_account_disabled", "nobody to tell")]


async def test_dry_run_records_the_mail(person: PersonWorld) -> None:
    person.set(DRY_RUN="true")

    assert await disabled_mail() is MailState.RECORDED
    assert person.graph.mails == []
