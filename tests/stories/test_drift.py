"""What nobody told the app: the drift check finds it, and mends it when it is asked to."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from lifecycle.drift_evidence import Finding, Kind
from lifecycle.events import Flow
from rows import drift
from tests.stories.company import E3, OFFICE, OPERATORS, VISIO, Company, Licenses, Person
from tests.stories.conftest import SETTINGS, RunningStack

PROTECTED = "ada.protected@contoso.com"
SECOND_REQUEST = 10  # with this seed the first one comes through and the second one does not
A_WHILE = timedelta(minutes=10)  # after which nobody is said to be at work on a person


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A company of its own: a drift check looks at everybody."""
    with RunningStack(tmp_path_factory.mktemp("drift"), SETTINGS | {"PROTECTED_LOGINS": PROTECTED}) as started:
        yield started


async def check_drift(company: Company, **asked: Any) -> dict[str, Any]:
    """Ask for a drift check and wait for its result."""
    started = await company.host.post("/api/members/reconcile", json=asked or None)
    assert started.status_code == 202, started.text
    await company.settle()
    return await result_of(company, started.json()["id"])


async def result_of(company: Company, instance: str) -> dict[str, Any]:
    status: dict[str, Any] = (await company.host.get(f"/runtime/webhooks/durabletask/instances/{instance}")).json()
    assert status["runtimeStatus"] in ("Running", "Completed"), status
    return status


async def found(company: Company, person: Person, **asked: Any) -> list[str]:
    findings = (await check_drift(company, **asked))["output"]["findings"]
    return [each["kind"] for each in findings if each["okta_user_id"] == person.okta_user_id]


async def drift_mails(company: Company) -> list[str]:
    messages = (await company.tenant.get(f"/control/mailboxes/{OPERATORS}")).json()["messages"]
    return [mail["subject"] for mail in messages if "drift" in mail["subject"]]


async def checks(company: Company) -> set[str]:
    path = "/runtime/webhooks/durabletask/instances"
    asked = {"instanceIdPrefix": "reconcile_members", "top": "10000"}
    return {run["instanceId"] for run in (await company.host.get(path, params=asked)).json()}


async def stored_finding(company: Company, check: str, person: Person) -> Finding:
    """What a check wrote down about a person."""
    async with company.tables() as tables:
        findings = await drift.read_findings(tables, check)
    (finding,) = [each for each in findings if each.okta_user_id == person.okta_user_id]
    return finding


async def is_reading_kept(company: Company) -> bool:
    async with company.tables() as tables:
        return [row async for row in tables.query(drift.READINGS, "", {})] != []


async def switch(company: Company, person: Person, *, enabled: bool) -> None:
    """What an administrator does by hand in the tenant."""
    path, token = f"/v1.0/users/{person.entra_user_id}", company.values["GRAPH_ACCESS_TOKEN"]
    headers = {"Authorization": f"Bearer {token}"}
    (await company.tenant.patch(path, json={"accountEnabled": enabled}, headers=headers)).raise_for_status()


async def leave_for_good(company: Company, **hired: Any) -> Person:
    person = await company.hire(licenses={E3: set()}, **hired)
    await company.leave(person)
    await company.pass_time(timedelta(days=30, hours=1))  # within a day of the date a run may be late
    await company.pass_time(A_WHILE)
    assert (await company.account(person)).direct == {}
    return person


async def terminate(company: Company, person: Person) -> dict[str, Any]:
    run = (await company.runs(person))[-1]
    path = f"/runtime/webhooks/durabletask/instances/{run['instanceId']}/terminate"
    (await company.host.post(path, params={"reason": "by mistake"})).raise_for_status()
    await company.pass_time(A_WHILE)
    return run


async def test_nothing_to_report_sends_no_mail(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    gone = await leave_for_good(company, name="Gone")
    waiting = await company.hire(licenses={E3: set()}, name="Waiting")
    await company.leave(waiting)
    await company.pass_time(A_WHILE)

    checked = await check_drift(company)

    assert checked["customStatus"] == {"stage": "checked", "user": None, "about": "0 people"}
    assert (checked["output"]["findings"], checked["output"]["reason"]) == ([], None)
    assert checked["output"]["counts"]["known"] == 2
    assert await drift_mails(company) == []
    for person, enabled in ((ada, True), (gone, False), (waiting, False)):
        assert (await company.account(person)).enabled is enabled


async def test_account_that_was_enabled_by_hand_is_only_reported_until_apply_is_asked_for(company: Company) -> None:
    ada = await leave_for_good(company)
    await switch(company, ada, enabled=True)
    mails, former = len(await drift_mails(company)), await checks(company)

    (await company.host.post("/admin/functions/drift_check", json={"input": ""})).raise_for_status()
    await company.settle()
    assert (await company.account(ada)).enabled
    assert len(await company.runs(ada)) == 1
    assert (await drift_mails(company))[mails:] == ["Offstage found drift: one person"]
    (nightly,) = await checks(company) - former
    finding = await stored_finding(company, nightly, ada)
    assert (finding.kind, finding.flow, finding.started) == (Kind.NOT_ENTITLED_BUT_ENABLED, Flow.DEACTIVATION, None)

    mended = (await check_drift(company, apply=True))["output"]
    assert not (await company.account(ada)).enabled
    finding = await stored_finding(company, mended["run"], ada)
    assert finding.kind is Kind.NOT_ENTITLED_BUT_ENABLED
    assert finding.started == (await company.runs(ada))[-1]["instanceId"]
    shown = [each["started"] for each in mended["findings"] if each["okta_user_id"] == ada.okta_user_id]
    assert shown == [finding.started]
    assert not await is_reading_kept(company)


async def test_account_that_was_enabled_by_hand_in_the_grace_period_is_disabled_and_keeps_its_date(
    company: Company,
) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=10))
    (first,) = await company.runs(ada)
    await switch(company, ada, enabled=True)

    assert await found(company, ada, apply=True) == ["not_entitled_but_enabled"]

    assert not (await company.account(ada)).enabled
    former, now = await company.runs(ada)
    assert (former["output"]["phase"], now["customStatus"]["stage"]) == ("superseded", "grace_period")
    assert now["customStatus"]["due_at"] == first["customStatus"]["due_at"]


async def test_leave_that_was_lost_for_good_is_found_and_mended_by_two_checks_at_once(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()}, groups=())
    await company.join(ada)
    await company.pass_time(A_WHILE)
    await company.change_quietly(ada, "remove")

    assert await found(company, ada) == ["not_entitled_but_enabled"]
    assert (await company.account(ada)).enabled

    await asyncio.gather(*(company.host.post("/api/members/reconcile", json={"apply": True}) for _ in range(2)))
    await company.settle()
    assert not (await company.account(ada)).enabled
    assert len(await company.mails(ada)) == 1
    await company.pass_time(timedelta(days=31))
    assert (await company.account(ada)).direct == {}
    assert await found(company, ada) == []


async def test_return_that_was_lost_for_good_is_found_and_mended(company: Company) -> None:
    licensed: Licenses = {E3: set(), VISIO: set()}
    ada, bob = await company.hire(licenses=licensed), await company.hire(licenses=licensed, name="Bob")
    await company.leave(ada)
    await company.pass_time(timedelta(days=31))
    await company.leave(bob)
    await company.pass_time(A_WHILE)
    for person in (ada, bob):  # after the licenses went, and in the grace period
        await company.change_quietly(person, "add")

    findings = (await check_drift(company))["output"]["findings"]
    kinds = {each["okta_user_id"]: each["kind"] for each in findings}
    for person in (ada, bob):
        assert kinds[person.okta_user_id] == "entitled_but_disabled"
        assert not (await company.account(person)).enabled

    await check_drift(company, apply=True)
    for person in (ada, bob):
        account = await company.account(person)
        assert (account.enabled, set(account.direct)) == (True, {E3, VISIO})


async def test_terminated_instance_is_started_again_with_the_date_it_had(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()
    terminated = await terminate(company, ada)
    due_at = terminated["customStatus"]["due_at"]

    assert await found(company, ada) == ["no_living_instance"]
    await check_drift(company, apply=True)
    assert (await company.runs(ada))[-1]["customStatus"]["due_at"] == due_at

    now = datetime.fromisoformat((await company.host.get("/admin/clock")).json()["now"])
    await company.pass_time(datetime.fromisoformat(due_at) - now + timedelta(minutes=1))
    assert (await company.account(ada)).direct == {}
    assert len(await company.mails(ada)) == 3


async def test_instance_that_was_terminated_long_ago_is_past_due(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()
    await terminate(company, ada)
    await company.pass_time(timedelta(days=40))

    assert await found(company, ada, apply=True) == ["past_due"]

    assert (await company.account(ada)).direct == {}


async def test_protected_account_is_reported_and_never_touched(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()}, email=PROTECTED)
    await switch(company, ada, enabled=False)

    findings = (await check_drift(company, apply=True))["output"]["findings"]

    (finding,) = [each for each in findings if each["okta_user_id"] == ada.okta_user_id]
    assert (finding["kind"], finding["flow"], finding["started"]) == ("disabled_by_others", None, None)
    assert "PROTECTED_LOGINS" in finding["not_started"]
    assert not (await company.account(ada)).enabled
    await switch(company, ada, enabled=True)


async def fill_second_page(company: Company) -> str:
    """Add more members to the managed group than a page of Okta's holds; returns where they are listed."""
    logins = [f"extra.{number}@contoso.com" for number in range(201)]
    people = [{"profile": {"login": login, "email": login}, "groups": [OFFICE]} for login in logins]
    (await company.okta.post("/control/users", json=people)).raise_for_status()
    return f"/api/v1/groups/{(await company.groups())[OFFICE]}/users"


async def test_page_that_fails_in_the_middle_of_a_group_acts_on_nothing(company: Company) -> None:
    ada = await leave_for_good(company)
    await switch(company, ada, enabled=True)
    listing = await fill_second_page(company)
    fault = {"match": {"path": listing}, "kind": "status", "status": 400, "probability": 0.5, "seed": SECOND_REQUEST}
    mails = len(await drift_mails(company))
    (await company.okta.put("/control/faults", json=[fault])).raise_for_status()

    checked = await check_drift(company, apply=True)

    requests = (await company.okta.get("/control/requests")).json()["requests"]
    assert [request["status"] for request in requests if request["path"] == listing][-2:] == [200, 400]
    assert checked["customStatus"]["stage"] == "incomplete"
    assert checked["output"]["findings"] == []
    assert f"reading group ({OFFICE})" in checked["output"]["reason"]
    assert (await company.account(ada)).enabled
    assert len(await company.runs(ada)) == 1
    assert (await drift_mails(company))[mails:] == ["Offstage could not finish the drift check"]
