"""Each mail once: what the ledger knows, and what becomes of a mail that cannot be sent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from activities import records
from activities.mail import mail_account_disabled, mail_notice
from activities.okta import find_manager
from clients.errors import Rejected
from clients.records import OktaUser
from tests.activities.person_world import INSTANCE, MAYA, MEMBER, NOW, OKTA_ID, PersonWorld, perform

MANAGER = "noor.haddad@contoso.com"
NOOR = OktaUser("00u5mgr", "ACTIVE", "noor@contoso", email=MANAGER, first_name="Noor", last_name="Haddad")
DISABLED = "account_disabled-20261014T103841"
DUE = {"due_at": (NOW + timedelta(days=30)).isoformat(), "reason": "the user is in no managed group"}


async def disabled_mail(person: PersonWorld, **member: Any) -> Any:
    await person.remember(replace(MEMBER, **{"manager_mail": MANAGER, **member}))
    return await perform(mail_account_disabled, **DUE)


async def ledger(person: PersonWorld) -> dict[str, Any]:
    row = await person.tables.get(records.MAILS, OKTA_ID, DISABLED)
    assert row is not None
    return row.values


async def test_mail_is_sent_once_however_often_the_step_runs(person: PersonWorld) -> None:
    assert await disabled_mail(person) == "sent"
    assert await disabled_mail(person) == "sent"

    assert [to for to, _ in person.graph.mails] == [MANAGER]


async def test_host_that_died_while_sending_sends_again_and_counts_it(person: PersonWorld) -> None:
    row = {"PartitionKey": OKTA_ID, "RowKey": DISABLED, "InstanceId": INSTANCE}
    await person.tables.upsert(records.MAILS, row | {"State": "sending", "Attempts": 1})

    assert await disabled_mail(person) == "sent"
    assert (await ledger(person))["Attempts"] == 2
    assert (await ledger(person))["MayBeTwice"]


async def test_mail_that_went_out_at_once_is_not_said_to_come_twice(person: PersonWorld) -> None:
    await disabled_mail(person)
    await disabled_mail(person)

    assert not (await ledger(person))["MayBeTwice"]


async def test_mail_that_an_earlier_run_left_in_the_middle_is_sent_by_the_next(person: PersonWorld) -> None:
    row = {"PartitionKey": OKTA_ID, "RowKey": DISABLED, "InstanceId": "staged_deactivation-0"}
    for state in ("sending", "failed", "outdated"):
        await person.tables.upsert(records.MAILS, row | {"State": state, "Attempts": 1})

        assert await disabled_mail(person) == "sent"
        assert (await ledger(person))["InstanceId"] == INSTANCE


async def test_manager_is_told_once_of_one_date_by_however_many_runs(person: PersonWorld) -> None:
    await disabled_mail(person)
    await person.remember(replace(MEMBER, manager_mail=MANAGER, instance="staged_deactivation-2"))

    assert await perform(mail_account_disabled, instance="staged_deactivation-2", **DUE) == "sent"
    assert len(person.graph.mails) == 1


async def test_failed_mail_is_on_record_with_its_reason(person: PersonWorld) -> None:
    person.graph.fail["send_mail"] = [Rejected("graph", "send a mail", status=404, code="ErrorInvalidUser")]

    assert (await disabled_mail(person))["permanent"]
    assert (await ledger(person))["State"] == "failed"
    assert "ErrorInvalidUser" in (await ledger(person))["Error"]


async def test_without_a_sender_mails_are_recorded_and_not_sent(person: PersonWorld) -> None:
    person.set(MAIL_SENDER="")

    assert await disabled_mail(person) == "recorded"
    assert person.graph.mails == []
    assert "licenses" in (await ledger(person))["Text"]


async def test_without_a_manager_nobody_is_mailed_and_that_is_on_record(person: PersonWorld) -> None:
    assert await disabled_mail(person, manager_mail=None) == "nobody to tell"
    assert await person.audit() == [("mail_account_disabled", "nobody to tell")]


async def test_dry_run_records_the_mail(person: PersonWorld) -> None:
    person.set(DRY_RUN="true")

    assert await disabled_mail(person) == "recorded"
    assert person.graph.mails == []


async def test_notice_of_one_fact_is_sent_once_by_however_many_runs(person: PersonWorld) -> None:
    facts = {"kind": "group_deleted", "facts": {"group_name": "Office 365 Assignments"}}

    assert await perform(mail_notice, **facts) == "sent"
    assert await perform(mail_notice, minutes=5, **facts) == "sent"
    assert await perform(mail_notice, kind="group_deleted", facts={"group_name": "Another"}) == "sent"

    assert len(person.graph.mails) == 2


async def manager_of(person: PersonWorld, **profile: str | None) -> str | None:
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], **profile)
    await perform(find_manager)
    return (await person.member()).manager_mail


async def test_manager_is_who_the_okta_profile_names_by_login_or_id(person: PersonWorld) -> None:
    person.okta.users[NOOR.id] = NOOR

    assert await manager_of(person, manager="noor@contoso") == MANAGER
    assert await manager_of(person, manager=None, manager_id=NOOR.id) == MANAGER
    assert (await person.member()).manager_name == "Noor Haddad"


async def test_manager_nobody_knows_in_okta_is_looked_for_in_entra(person: PersonWorld) -> None:
    person.graph.users["manager"] = replace(MAYA, id="manager", mail="boss@contoso.com", display_name="The Boss")

    assert await manager_of(person, manager="Haddad, Noor", manager_id="4711") == "boss@contoso.com"


async def test_manager_who_left_is_not_written_to(person: PersonWorld) -> None:
    person.okta.users[NOOR.id] = replace(NOOR, status="DEPROVISIONED")

    assert await manager_of(person, manager=NOOR.login) is None
