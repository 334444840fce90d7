"""Operators tell runs what to do, and see what became of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from lifecycle.brake import Counts
from rows import state
from tests.stories.company import E3, OFFICE, OPERATORS, VISIO, Company, Person

FORBIDDEN = {"kind": "status", "status": 403, "code": "Authorization_RequestDenied"}


async def look(company: Company, person: Person) -> dict[str, Any]:
    """What the route shows of a person."""
    response = await company.host.get(f"/api/members/{person.login}")
    assert response.status_code == 200, response.text
    shown: dict[str, Any] = response.json()
    return shown


async def tell(company: Company, person: Person, command: str, **arguments: Any) -> str:
    """Give a command that is taken, and wait for what becomes of it. Returns the instance it went to."""
    response = await company.host.post(f"/api/members/{person.okta_user_id}/{command}", json=arguments)
    assert response.status_code == 202, response.text
    await company.settle()
    assert response.json()["command"] == command
    return str(response.json()["instance"])


async def left(company: Company, **differing: Any) -> Person:
    """Somebody who left, and as far gone as can be."""
    person = await company.hire(licenses={E3: set(), VISIO: set()}, **differing)
    await company.leave(person)
    await company.settle()
    return person


async def test_keep_ends_the_grace_period_with_every_license_in_its_place(company: Company) -> None:
    ada = await left(company)
    assert (await look(company, ada))["commands"] == ["extend", "keep", "remove-now"]

    await tell(company, ada, "keep")
    await company.pass_time(timedelta(days=60))

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (False, {E3, VISIO})
    shown = await look(company, ada)
    assert (shown["phase"], shown["commands"]) == ("not_current", [])
    assert "the licenses stay" in shown["reason"]


async def test_extend_moves_the_date_and_can_be_said_again(company: Company) -> None:
    ada = await left(company)

    for _ in range(2):
        due_at = datetime.fromisoformat((await look(company, ada))["due_at"])
        until = due_at + timedelta(days=30)
        await tell(company, ada, "extend", until=until.isoformat())
        assert datetime.fromisoformat((await look(company, ada))["due_at"]) == until

    await company.pass_time(timedelta(days=89))
    assert set((await company.account(ada)).direct) == {E3, VISIO}
    await company.pass_time(timedelta(days=1, minutes=1))
    assert (await company.account(ada)).direct == {}


async def test_retry_goes_on_where_the_run_had_stopped(company: Company) -> None:
    ada = await left(company, login="lost.ada@example.com", email="lost.ada@example.com")
    shown = (await company.host.get(f"/api/members/{ada.okta_user_id}")).json()
    assert (shown["phase"], shown["commands"]) == ("needs_attention", ["discard", "retry", "skip"])
    assert "no Microsoft 365 account found" in shown["reason"]
    account = {"userPrincipalName": "lost.ada@example.com", "displayName": "Ada", "licenses": [{"sku": E3}]}
    (found,) = (await company.tenant.post("/control/users", json=[account])).json()

    await tell(company, ada, "retry")

    shown = (await company.host.get(f"/api/members/{ada.okta_user_id}")).json()
    assert (shown["phase"], shown["entra_user_id"]) == ("grace_period", found["id"])


async def test_skip_leaves_a_step_out_and_goes_on_with_the_next(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    fault = {"match": {"path": f"{ada.entra_user_id}/revokeSignInSessions"}, **FORBIDDEN}
    (await company.tenant.put("/control/faults", json=[fault])).raise_for_status()
    await company.leave(ada)
    await company.settle()
    assert "revoking the sign-in sessions" in (await look(company, ada))["reason"]

    await tell(company, ada, "skip")

    assert (await look(company, ada))["phase"] == "grace_period"
    assert not (await company.account(ada)).enabled


async def test_skip_of_a_step_whose_result_is_needed_parks_again_and_still_listens(company: Company) -> None:
    ada = await left(company, login="missing.ada@example.com", email="missing.ada@example.com")
    person = Person(ada.okta_user_id, ada.entra_user_id, "missing.ada@example.com")

    await tell(company, person, "skip")

    shown = await look(company, person)
    assert (shown["phase"], shown["commands"]) == ("needs_attention", ["discard", "retry", "skip"])
    mailbox = (await company.tenant.get(f"/control/mailboxes/{OPERATORS}")).json()["messages"]
    assert any("missing.ada@example.com" in mail["subject"] for mail in mailbox)
    await tell(company, person, "discard")
    shown = await look(company, person)
    assert (shown["phase"], "discarded by an operator" in shown["reason"]) == ("not_current", True)


@asynccontextmanager
async def wave(company: Company) -> AsyncIterator[None]:
    """As many deactivations within this hour as there may be."""
    now = datetime.fromisoformat((await company.host.get("/admin/clock")).json()["now"])
    counts = {int(now.timestamp()) // 60: int(company.values["MAX_DEACTIVATIONS_PER_HOUR"])}
    await count(company, counts)
    yield
    await count(company, {})


async def count(company: Company, counts: Counts) -> None:
    """What the brake has counted, from now on."""
    async with company.tables() as tables:
        known = await state.find_counts(tables)
        await state.store_counts(tables, counts, known.etag if known else None)


async def test_release_and_discard_decide_about_who_is_held(company: Company) -> None:
    async with wave(company):
        ada, bob = await left(company), await left(company, name="Bob")
        for person in (ada, bob):
            assert (await company.account(person)).enabled
            assert (await look(company, person))["commands"] == ["discard", "release"]

        await tell(company, ada, "release")
        await tell(company, bob, "discard")

    assert not (await company.account(ada)).enabled
    assert (await company.account(bob)).enabled
    assert [(await look(company, person))["phase"] for person in (ada, bob)] == ["grace_period", "not_current"]


async def test_command_given_twice_at_once_acts_once(company: Company) -> None:
    ada = await left(company)
    shown = await look(company, ada)
    later = (datetime.fromisoformat(shown["due_at"]) + timedelta(days=30)).isoformat()

    # The second is raised as the same event, for a wait that is over: the next wait does not hear it.
    await company.raise_event(shown["instance"], "command-1", {"command": "extend", "until": later})
    await company.raise_event(shown["instance"], "command-1", "remove-now")
    await company.settle()

    shown = await look(company, ada)
    assert (shown["phase"], datetime.fromisoformat(shown["due_at"])) == ("grace_period", datetime.fromisoformat(later))
    assert set((await company.account(ada)).direct) == {E3, VISIO}


async def test_operator_deactivates_somebody_whose_leave_nobody_told_of(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.change_quietly(ada, "remove")

    response = await company.host.post(f"/api/members/{ada.login}/deactivate")
    await company.settle()

    assert response.status_code == 202
    assert not (await company.account(ada)).enabled
    (run,) = await company.runs(ada)
    assert run["instanceId"] == response.json()["instance"]


async def test_operator_cannot_deactivate_who_is_entitled(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})

    instance = await tell(company, ada, "deactivate")

    assert (await company.account(ada)).enabled
    shown = await look(company, ada)
    assert (shown["phase"], shown["instance"]) == ("not_current", instance)
    assert OFFICE in shown["reason"]


async def test_operator_activates_somebody_whose_return_nobody_told_of(company: Company) -> None:
    ada = await left(company)
    await company.pass_time(timedelta(days=31))
    await company.change_quietly(ada, "add")

    await tell(company, ada, "activate")

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3, VISIO})


async def test_licenses_that_an_operator_removes_are_gone_for_every_later_command_and_all_is_shown(
    company: Company,
) -> None:
    ada = await left(company)

    instance = await tell(company, ada, "remove-now")

    assert (await company.account(ada)).direct == {}
    assert len(await company.mails(ada)) == 2
    shown = await look(company, ada)
    assert (shown["instance"], shown["phase"]) == (instance, "unlicensed")
    # The operator's row has the time of the route; the others that of the run, on a clock that stories move.
    acts = {act["act"]: act for act in shown["audit"]}
    assert {"disable_account", "operator_command", "remove_licenses"} <= set(acts)
    assert (acts["operator_command"]["detail"], acts["operator_command"]["instance"]) == ("remove-now", instance)
    assert [mail["state"] for mail in shown["mails"]] == ["sent", "sent"]
    assert set(shown["snapshot_sku_ids"]) == {E3, VISIO}

    refused = await company.host.post(f"/api/members/{ada.login}/keep")
    assert refused.status_code == 409
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert refused.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": f"keep is for a person in grace_period; {ada.login} is in unlicensed",
    }


async def test_list_finds_people_by_phase_page_by_page(company: Company) -> None:
    people = {(await left(company)).okta_user_id for _ in range(3)}

    found: list[str] = []
    query: dict[str, Any] = {"phase": "grace_period", "top": 2}
    while True:
        page = (await company.host.get("/api/members", params=query)).json()
        found += [person["okta_user_id"] for person in page["members"]]
        if page["continuation"] is None:
            break
        query["continuation"] = page["continuation"]

    assert people <= set(found)
    assert len(found) == len(set(found))
    assert found == sorted(found)


@pytest.mark.parametrize(
    "user",
    [
        "%00",
        "%0d%0aX-Injected:%201",
        "a%2Fb%2F..%2F..%2Fadmin",
        "%2e%2e",
        "%2E",
        "me",
        "'%20or%20'1'%20eq%20'1",
        "%F0%9F%92%A9",
        "%ff%fe",
        "%ed%a0%80",
        "%25%30%30",
        "%22%5C%22",
        "{user}",
        "a" * 5000,
        quote("ü" * 255),
        quote("😀" * 100),
        "?",
        "%3F%23",
    ],
)
async def test_no_name_breaks_anything(company: Company, user: str) -> None:
    for method, path in (("GET", ""), ("POST", "/keep"), ("POST", "/deactivate"), ("POST", "/activate")):
        response = await company.host.request(method, f"/api/members/{user}{path}")
        assert response.status_code in (200, 400, 404, 414), (method, path, response.status_code, response.text)
        assert "Traceback" not in response.text
