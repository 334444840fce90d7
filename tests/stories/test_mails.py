"""A mailbox that is out of reach holds nobody's flow up, and the mails come when it is back, each once."""

from datetime import timedelta
from typing import Any

from tests.stories.company import E3, OPERATORS, Company, Person

NO_MAIL = {"match": {"path": "/sendMail$"}, "kind": "status", "status": 503}
ANSWER_LOST = {"match": {"path": "/sendMail$"}, "kind": "drop_after", "times": 1}


async def strike(company: Company, *faults: dict[str, Any]) -> None:
    (await company.tenant.put("/control/faults", json=list(faults))).raise_for_status()


async def empty_outbox(company: Company) -> None:
    """Run the timer now, and wait for what it started."""
    (await company.host.post("/admin/functions/empty_outbox", json={"input": ""})).raise_for_status()
    await company.settle()


async def pass_the_timers_turn(company: Company) -> None:
    """Until just after it: the outbox is emptied at second 20 of each minute, and not again for most of one."""
    now = await company.now()
    turn = now.replace(second=25, microsecond=0)
    await company.pass_time((turn if turn > now else turn + timedelta(minutes=1)) - now)


async def ledger(company: Company, person: Person) -> list[tuple[str, bool]]:
    """State of each mail about a person, newest first, and whether it may have come twice."""
    shown = (await company.host.get(f"/api/members/{person.login}")).json()
    return [(mail["state"], mail["may_be_twice"]) for mail in shown["mails"]]


async def test_manager_is_told_when_the_mailbox_is_back_and_the_flow_did_not_wait(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await strike(company, NO_MAIL)

    await company.leave(ada)
    await company.settle()
    assert not (await company.account(ada)).enabled
    assert await ledger(company, ada) == [("waiting", False)]
    await empty_outbox(company)
    await company.pass_time(timedelta(hours=3))
    assert await company.mails(ada) == []

    await strike(company)
    await company.pass_time(timedelta(hours=1))
    await empty_outbox(company)
    assert await ledger(company, ada) == [("sent", False)]
    assert len(await company.mails(ada)) == 1


async def test_operators_hear_of_a_run_that_needs_them_when_the_mailbox_is_back(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    refused = {"match": {"path": f"{ada.entra_user_id}$", "method": "PATCH"}, "kind": "status", "status": 403}
    await strike(company, NO_MAIL, refused)

    await company.leave(ada)
    await company.settle()
    assert await company.mails(ada, OPERATORS) == []

    await strike(company)
    await empty_outbox(company)
    assert len(await company.mails(ada, OPERATORS)) == 1


async def test_mail_about_a_leave_is_not_sent_to_who_has_been_told_of_the_return(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await strike(company, NO_MAIL)
    await company.leave(ada)
    await pass_the_timers_turn(company)

    await strike(company)
    await company.join(ada)
    await company.settle()
    await empty_outbox(company)

    assert [state for state, _ in await ledger(company, ada)] == ["sent", "outdated"]
    assert [mail.subject for mail in await company.mails(ada) if "disabled" in mail.subject] == []


async def test_mail_whose_answer_got_lost_comes_twice_and_is_counted(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await strike(company, ANSWER_LOST)

    await company.leave(ada)
    await company.settle()
    await empty_outbox(company)

    assert len(await company.mails(ada)) == 2
    assert await ledger(company, ada) == [("sent", True)]


async def test_manager_of_a_wave_hears_of_the_first_at_once_and_of_all_others_in_one_mail(company: Company) -> None:
    first = await company.hire(licenses={E3: set()})
    people = [first, *[await company.hire(licenses={E3: set()}, manager=first.manager) for _ in range(4)]]

    for person in people:
        await company.leave(person)
    await company.settle()
    at_once = await subjects(company, first.manager)
    await company.pass_time(timedelta(minutes=7))

    assert [subject.endswith("disabled.") for subject in at_once] == [True]
    (together,) = [each for each in await subjects(company, first.manager) if each not in at_once]
    assert together == "Office 365 Accounts of 4 people disabled."
    states = [await ledger(company, person) for person in people]
    assert states == [[("sent", False)]] * 5


async def subjects(company: Company, mailbox_of: str) -> list[str]:
    mailbox = (await company.tenant.get(f"/control/mailboxes/{mailbox_of}")).json()
    return [each["subject"] for each in mailbox["messages"]]


async def test_manager_is_told_of_an_account_whose_enabling_was_never_answered(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=3))
    await strike(company, ANSWER_LOST | {"match": {"method": "PATCH", "path": f"/users/{ada.entra_user_id}"}})

    await company.join(ada)
    await company.settle()

    assert (await company.account(ada)).enabled
    assert [mail.subject.rpartition(" ")[2] for mail in await company.mails(ada)] == ["disabled.", "enabled."]
