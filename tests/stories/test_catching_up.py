"""Deliveries get lost: the System Log has every event, and what it alone had is acted on as if delivered."""

import asyncio
import os
import signal
from datetime import timedelta
from typing import Any

from tests.stories.company import E3, OPERATORS, Company, Person
from tests.stories.conftest import RunningStack
from tests.stories.test_breaking import kill_host

LOST = [{"kind": "lose"}]


async def lose_deliveries(company: Company) -> None:
    (await company.okta.put("/control/faults", json=LOST)).raise_for_status()


async def catch_up(company: Company) -> None:
    """Run the timer now, and wait for what it started."""
    (await company.host.post("/admin/functions/catch_up", json={"input": ""})).raise_for_status()
    await company.settle()


async def leave_unheard(company: Company, count: int = 1) -> list[Person]:
    """People who left while the log had been read already, and whose deliveries were lost."""
    people = [await company.hire(licenses={E3: set()}) for _ in range(count)]
    await catch_up(company)
    await lose_deliveries(company)
    for person in people:
        await company.leave(person)
    await company.settle()
    return people


async def questions(company: Company) -> list[dict[str, Any]]:
    """What Okta's log was asked, oldest first."""
    requests = (await company.okta.get("/control/requests")).json()["requests"]
    return [request for request in requests if request["path"] == "/api/v1/logs"]


async def test_leave_whose_delivery_was_lost_is_acted_on_to_the_end(company: Company) -> None:
    (ada,) = await leave_unheard(company)
    assert (await company.account(ada)).enabled
    assert await company.runs(ada) == []

    await catch_up(company)
    assert not (await company.account(ada)).enabled

    await company.pass_time(timedelta(days=31))
    assert (await company.account(ada)).direct == {}
    assert len(await company.mails(ada)) == 3


async def test_return_whose_delivery_was_lost_is_acted_on(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()
    await lose_deliveries(company)

    await company.join(ada)
    await company.settle()
    await catch_up(company)

    assert (await company.account(ada)).enabled
    await company.pass_time(timedelta(days=31))
    assert set((await company.account(ada)).direct) == {E3}


async def test_delivery_that_comes_long_after_the_log_was_read_is_a_duplicate(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.hold_deliveries()
    await company.leave(ada)
    while not await company.held_deliveries():
        pass
    await catch_up(company)
    assert not (await company.account(ada)).enabled

    await company.release_deliveries()
    await company.settle()
    await catch_up(company)

    assert len(await company.runs(ada)) == 1
    assert len(await company.mails(ada)) == 1


async def test_two_catch_ups_at_once_act_once_on_each_of_many_events(company: Company) -> None:
    people = await leave_unheard(company, 4)

    await asyncio.gather(*(company.host.post("/admin/functions/catch_up") for _ in range(2)))
    await company.settle()

    for person in people:
        assert not (await company.account(person)).enabled
        assert len(await company.runs(person)) == 1
        assert len(await company.mails(person)) == 1


async def test_host_that_was_killed_while_people_left_catches_up_from_its_place_in_the_log(
    stack: RunningStack, company: Company
) -> None:
    ada, bob = await company.hire(licenses={E3: set()}), await company.hire(licenses={E3: set()}, name="Bob")
    await catch_up(company)
    (await company.okta.put("/control/deliveries/settings", json={"timeout_seconds": 0.2})).raise_for_status()
    os.kill(stack.host_process, signal.SIGSTOP)

    await company.leave(ada)
    await company.leave(bob)
    while (deliveries := (await company.okta.get("/control/deliveries")).json())["unfinished"]:
        await asyncio.sleep(0.05)
    before = len(await questions(company))
    await kill_host(stack, company)
    (await company.okta.put("/control/deliveries/settings", json={"timeout_seconds": 3})).raise_for_status()
    await catch_up(company)

    assert deliveries["deliveries"][-1]["state"] == "failed"
    for person in (ada, bob):
        assert not (await company.account(person)).enabled
        assert len(await company.mails(person)) == 1
    after = (await questions(company))[before:]
    catching_up = [question for question in after if "until=" not in str(question)]
    assert catching_up
    assert all("after=" in str(question) and "since=" not in str(question) for question in catching_up)


async def test_okta_out_of_reach_loses_nothing(company: Company) -> None:
    (ada,) = await leave_unheard(company)
    for trouble in ({"status": 503, "empty_body": True}, {"status": 429, "retry_after": 60}):
        fault = {"match": {"path": "^/api/v1/logs"}, "kind": "status", **trouble}
        (await company.okta.put("/control/faults", json=[*LOST, fault])).raise_for_status()
        await catch_up(company)
        assert (await company.account(ada)).enabled

    await lose_deliveries(company)
    await catch_up(company)

    assert not (await company.account(ada)).enabled


async def test_link_that_okta_refuses_is_told_to_the_operators_and_loses_nothing(company: Company) -> None:
    (ada,) = await leave_unheard(company)
    refusal = {"match": {"path": "^/api/v1/logs"}, "kind": "status", "status": 400, "code": "E0000001", "times": 1}
    (await company.okta.put("/control/faults", json=[*LOST, refusal])).raise_for_status()

    await catch_up(company)

    assert not (await company.account(ada)).enabled
    assert len(await company.runs(ada)) == 1
    mailbox = (await company.tenant.get(f"/control/mailboxes/{OPERATORS}")).json()["messages"]
    assert [mail["subject"] for mail in mailbox if "System Log" in mail["subject"]] == [
        "Offstage lost its place in Okta's System Log and found it again"
    ]
