"""A command that was accepted is heard; what no wait of the run would hear is refused."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from lifecycle.orders import Command, GivenCommand, Order
from rows import members
from tests.stories.company import E3, OPERATORS, PHONE_SYSTEM, VISIO, Company, Person
from tests.stories.test_operators import FORBIDDEN, left, look, tell

BUSY = {"kind": "status", "status": 503}


async def ask(company: Company, person: Person, command: str, **arguments: Any) -> httpx.Response:
    return await company.host.post(f"/api/members/{person.okta_user_id}/{command}", json=arguments)


async def break_down(company: Company, path: str, fault: dict[str, Any]) -> None:
    (await company.tenant.put("/control/faults", json=[{"match": {"path": path}, **fault}])).raise_for_status()


async def mend(company: Company) -> None:
    (await company.tenant.delete("/control/faults")).raise_for_status()


async def outcomes(company: Company, person: Person) -> list[str]:
    """What the audit says of commands, oldest first by the clock of whoever wrote it."""
    return [act.outcome for act in await company.audit(person) if act.what == "operator_command"]


async def test_discard_is_refused_while_the_step_is_retried_and_taken_when_the_run_asks_again(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await break_down(company, f"{ada.entra_user_id}/revokeSignInSessions", FORBIDDEN)
    await company.leave(ada)
    await company.settle()
    assert len(await company.mails(ada, OPERATORS)) == 1
    await break_down(company, f"{ada.entra_user_id}/revokeSignInSessions", BUSY)
    await tell(company, ada, "retry")

    refused = await ask(company, ada, "discard")

    assert (refused.status_code, "awaits no command just now" in refused.json()["detail"]) == (409, True)
    for _ in range(25):
        await company.jump(timedelta(hours=1))
    shown = await look(company, ada)
    assert (shown["phase"], shown["commands"]) == ("needs_attention", ["discard", "retry", "skip"])
    assert "revoking the sign-in sessions: Microsoft Graph was asked to" in shown["reason"]
    assert "answered 503" in shown["reason"]
    await tell(company, ada, "discard")
    assert (await look(company, ada))["phase"] == "not_current"
    assert sorted(await outcomes(company, ada)) == ["asked", "asked", "carried out", "carried out"]


async def test_keep_is_refused_once_the_licenses_are_being_removed(company: Company) -> None:
    ada = await left(company)
    await break_down(company, f"{ada.entra_user_id}/assignLicense", BUSY)
    await tell(company, ada, "remove-now")

    refused = await ask(company, ada, "keep")

    assert (refused.status_code, "awaits no command just now" in refused.json()["detail"]) == (409, True)
    await mend(company)
    await company.pass_time(timedelta(hours=2))
    assert (await company.account(ada)).direct == {}
    assert (await look(company, ada))["phase"] == "unlicensed"


async def test_one_of_two_operators_who_speak_at_once_is_refused_and_the_other_heard(company: Company) -> None:
    ada = await left(company)

    answers = await asyncio.gather(ask(company, ada, "keep"), ask(company, ada, "remove-now"))
    await company.settle()

    assert sorted(answer.status_code for answer in answers) == [202, 409]
    is_kept = answers[0].status_code == 202
    assert set((await company.account(ada)).direct) == ({E3, VISIO} if is_kept else set())
    assert (await look(company, ada))["phase"] == ("not_current" if is_kept else "unlicensed")


async def short_of_a_seat(company: Company) -> Person:
    """Somebody who came back when no seat was free."""
    ada = await company.hire(licenses={E3: set(), PHONE_SYSTEM: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=31))
    await seats(company, 1)
    await company.join(ada)
    await company.settle()
    return ada


async def seats(company: Company, enabled: int) -> None:
    sku = {"enabled": enabled, "consumed": 1}
    (await company.tenant.put(f"/control/skus/{PHONE_SYSTEM}", json=sku)).raise_for_status()


async def test_retry_gives_the_license_as_soon_as_its_seat_was_bought(company: Company) -> None:
    ada = await short_of_a_seat(company)
    shown = await look(company, ada)
    assert (shown["phase"], shown["commands"]) == ("needs_attention", ["discard", "retry", "skip"])
    assert PHONE_SYSTEM in shown["reason"]
    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3}), "the others are not held up"
    assert len(await company.mails(ada, to=OPERATORS)) == 1
    await seats(company, 10)

    await tell(company, ada, "retry")

    assert set((await company.account(ada)).direct) == {E3, PHONE_SYSTEM}
    assert (await look(company, ada))["phase"] == "active"


async def test_skip_ends_the_wait_for_a_seat(company: Company) -> None:
    ada = await short_of_a_seat(company)

    await tell(company, ada, "skip")

    assert (await look(company, ada))["phase"] == "active"
    assert set((await company.account(ada)).direct) == {E3}
    await seats(company, 10)


async def accept_without_raising(company: Company, person: Person, command: Command, at: datetime) -> None:
    """As a host does that dies between the row and the event."""
    async with company.tables() as tables:
        stored = await members.find(tables, person.okta_user_id)
        assert stored is not None
        member = stored.record
        given = GivenCommand(member.instance, str(member.awaiting_command), Order(command), at)
        await members.replace(tables, replace(member, command=given), stored.etag)


async def test_command_of_a_host_that_died_before_it_raised_the_event_is_raised_later(company: Company) -> None:
    ada = await left(company)
    await accept_without_raising(company, ada, Command.KEEP, datetime.now(UTC) - timedelta(minutes=2))

    (await company.host.post("/admin/functions/repeat_commands", json={"input": ""})).raise_for_status()
    await company.settle()

    assert (await look(company, ada))["phase"] == "not_current"
    assert set((await company.account(ada)).direct) == {E3, VISIO}


async def test_command_whose_event_is_lost_is_heard_when_the_delay_is_over(company: Company) -> None:
    ada = await left(company)
    await accept_without_raising(company, ada, Command.KEEP, datetime.now(UTC) + timedelta(days=365))

    await company.pass_time(timedelta(days=31))

    assert (await look(company, ada))["phase"] == "not_current"
    assert set((await company.account(ada)).direct) == {E3, VISIO}
    assert await outcomes(company, ada) == ["carried out"]


async def test_command_outstanding_when_the_person_comes_back_is_said_not_to_be_carried_out(company: Company) -> None:
    ada = await left(company)
    await accept_without_raising(company, ada, Command.REMOVE_NOW, datetime.now(UTC) + timedelta(days=365))

    await company.join(ada)
    await company.settle()

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3, VISIO})
    instance = (await look(company, ada))["instance"]
    assert await outcomes(company, ada) == [f"not carried out: {instance} has taken the person over"]


async def test_event_raised_past_the_route_is_obeyed_and_on_record(company: Company) -> None:
    ada = await left(company)

    await company.raise_event((await look(company, ada))["instance"], "command-1", "remove-now")
    await company.settle()

    assert (await company.account(ada)).direct == {}
    assert await outcomes(company, ada) == ["carried out"]
