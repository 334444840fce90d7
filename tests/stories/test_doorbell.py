"""A delivery only makes the app look into Okta's System Log, which may be late, or out of reach for hours."""

from datetime import timedelta
from typing import Any

from tests.stories.company import E3, Company, Person
from tests.stories.test_catching_up import catch_up, questions

MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)


async def hold_log(company: Company) -> None:
    """From now on Okta delivers what happens, and its log does not have it yet."""
    (await company.okta.post("/control/log_events/hold")).raise_for_status()


async def release_log(company: Company) -> None:
    (await company.okta.post("/control/log_events/release")).raise_for_status()


async def deny_log(company: Company) -> None:
    fault = {"match": {"path": "^/api/v1/logs"}, "kind": "status", "status": 503}
    (await company.okta.put("/control/faults", json=[fault])).raise_for_status()


async def allow_log(company: Company) -> None:
    (await company.okta.delete("/control/faults")).raise_for_status()


async def leave_unlogged(company: Company) -> Person:
    """Somebody whose leave Okta has delivered, and whose run looks for it in vain."""
    ada = await company.hire(licenses={E3: set()})
    await catch_up(company)
    await hold_log(company)
    await company.leave(ada)
    await company.settle()
    return ada


async def run_of(company: Company, person: Person) -> dict[str, Any]:
    (run,) = await company.runs(person)
    return run


async def deliver_again(company: Company, run: dict[str, Any]) -> dict[str, Any]:
    """What Okta delivered of the run's event, once more, and what it is answered."""
    uuid = run["instanceId"].partition("-")[2]
    made = (await company.okta.post("/control/deliveries", json={"uuids": [uuid]})).json()
    attempt = made[-1]["attempts"][-1]
    assert attempt["status"] == 200
    return dict(attempt)


async def test_event_that_appears_late_in_the_log_is_acted_on_when_it_does(company: Company) -> None:
    ada = await leave_unlogged(company)
    run = await run_of(company, ada)
    assert run["customStatus"]["stage"] == "awaiting_log"
    assert "does not have the event; next look at" in run["customStatus"]["reason"]
    assert (await company.account(ada)).enabled

    await release_log(company)
    await company.jump(6 * MINUTES)

    assert not (await company.account(ada)).enabled
    assert len(await company.mails(ada)) == 1
    await company.pass_time(timedelta(days=31))
    assert (await company.account(ada)).direct == {}


async def test_event_that_is_in_no_log_an_hour_later_did_not_happen_until_the_log_has_it_after_all(
    company: Company,
) -> None:
    ada = await leave_unlogged(company)

    await company.jump(HOURS + MINUTES)

    run = await run_of(company, ada)
    assert (run["runtimeStatus"], run["output"]["phase"]) == ("Completed", "unseen")
    assert (await company.account(ada)).enabled
    assert (await company.audit(ada), await company.mails(ada)) == ([], [])
    async with company.tables() as tables:
        assert await tables.get("Members", "member", ada.okta_user_id) is None

    await release_log(company)
    assert '"duplicate": 1' in (await deliver_again(company, run))["answer"]
    await company.settle()
    assert (await company.account(ada)).enabled, "another delivery proves nothing"

    await catch_up(company)
    assert not (await company.account(ada)).enabled
    assert len(await company.mails(ada)) == 1
    assert (await run_of(company, ada))["customStatus"]["stage"] == "grace_period"


async def test_event_that_catch_up_reads_while_its_run_looks_is_noted_for_it(company: Company) -> None:
    ada = await leave_unlogged(company)
    await release_log(company)
    await catch_up(company)
    assert (await run_of(company, ada))["customStatus"]["stage"] == "awaiting_log"

    await deny_log(company)
    await company.jump(6 * MINUTES)

    assert (await run_of(company, ada))["customStatus"]["stage"] == "checking_group"
    async with company.tables() as tables:
        row = await tables.get("State", "noted_event", (await run_of(company, ada))["instanceId"])
    assert row is None, "the claim forgets the note"
    await allow_log(company)
    await company.jump(6 * MINUTES)
    assert not (await company.account(ada)).enabled
    await catch_up(company)
    assert len(await company.runs(ada)) == 1
    assert len(await company.mails(ada)) == 1


async def test_log_that_is_out_of_reach_for_hours_delays_a_leave_and_loses_none(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await deny_log(company)
    await company.leave(ada)
    await company.settle()

    await company.jump(5 * HOURS)

    run = await run_of(company, ada)
    assert run["customStatus"]["stage"] == "awaiting_log"
    assert "answered 503" in run["customStatus"]["reason"]
    assert (await company.account(ada)).enabled

    await allow_log(company)
    await company.jump(1 * HOURS)
    assert not (await company.account(ada)).enabled
    assert len(await company.mails(ada)) == 1


async def test_delivery_that_names_somebody_else_than_the_log_does_reaches_only_whom_the_log_names(
    company: Company,
) -> None:
    ada, bob = await company.hire(licenses={E3: set()}), await company.hire(licenses={E3: set()}, name="Bob")
    await company.hold_deliveries()
    await company.leave(ada)
    while not (held := await company.held_deliveries()):
        pass
    payload = held[-1]["payload"]
    for target in payload["data"]["events"][0]["target"]:
        if target["type"] == "User":
            target |= {"id": bob.okta_user_id, "alternateId": bob.login}

    (await company.okta.post("/control/deliveries", json={"payload": payload})).raise_for_status()
    await company.release_deliveries()
    await company.settle()

    assert ((await company.account(ada)).enabled, (await company.account(bob)).enabled) == (False, True)
    assert await company.audit(bob) == []


async def test_many_leaves_at_once_cost_a_handful_of_looks_into_the_log(company: Company) -> None:
    people = [await company.hire() for _ in range(8)]
    await catch_up(company)
    await company.hold_deliveries()
    for person in people:
        await company.leave(person)
    while not await company.held_deliveries():
        pass
    before = len(await questions(company))

    await company.release_deliveries()
    await company.settle()

    assert {(await company.account(person)).enabled for person in people} == {False}
    looks = [question for question in (await questions(company))[before:] if "until=" in str(question)]
    assert 1 <= len(looks) <= 6  # by minutes of `published`, and each once more for a deletion of the group
