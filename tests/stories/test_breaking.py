"""Things break while somebody leaves: nothing is lost, and nobody is told twice."""

import asyncio
import json
import os
import random
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx

from local.stack.ports import is_listening
from tests.stories.company import E3, VISIO, Company
from tests.stories.conftest import RunningStack
from tests.stories.running_parts import LOOK_EVERY_S

FLOWS, KILLS = (int(number) for number in os.environ.get("OFFSTAGE_CRASH", "4x1").split("x"))
PAYLOADS = Path(__file__).parents[1] / "payloads"


async def kill_host(stack: RunningStack, company: Company) -> None:
    """Kill the host as hard as can be, and wait until the stack has started it again."""
    former = stack.host_process
    os.kill(former, signal.SIGKILL)
    while True:
        try:
            await company.host.get("/admin/clock")
        except httpx.TransportError:
            await asyncio.sleep(LOOK_EVERY_S)
            continue
        if stack.host_process != former:
            return


async def restart_tables(stack: RunningStack) -> None:
    """Stop the tables, and wait until the stack has started them again."""
    former = stack.process_of("tables")
    os.kill(former, signal.SIGINT)  # on which Azurite saves what it has
    while stack.process_of("tables") == former or not is_listening(stack.ports.tables):
        await asyncio.sleep(LOOK_EVERY_S)


@contextmanager
def tables_frozen(stack: RunningStack) -> Iterator[None]:
    """Tables that take every request and answer none."""
    tables = stack.process_of("tables")
    os.kill(tables, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(tables, signal.SIGCONT)


async def test_host_killed_again_and_again_in_the_middle_of_the_work_goes_on_where_it_was(
    stack: RunningStack, company: Company
) -> None:
    """And whoever's licenses are waiting to go meanwhile is not forgotten, nor mailed about twice.

    OFFSTAGE_CRASH=200x50 plays 200 flows, and 50 kills while people are disabled and 50 while their licenses go.
    """
    dice = random.Random(int(os.environ.get("OFFSTAGE_SEED", "7")))
    waiting = await company.hire(licenses={E3: set()})
    await company.leave(waiting)
    await company.pass_time(timedelta(days=10))
    people = [await company.hire(licenses={E3: set(), VISIO: set()}) for _ in range(FLOWS)]
    for person in people:
        await company.leave(person)
    await company.delivered()  # what Okta cannot deliver twice is catch-up's to find, and another story

    await kill_at_work(stack, company, dice)
    await company.pass_time(timedelta(days=20))
    assert (await company.account(waiting)).direct == {}
    assert len(await company.mails(waiting)) == 3

    await company.move(timedelta(days=10))
    await kill_at_work(stack, company, dice)
    for _ in range(2):
        await company.pass_time(timedelta(days=1))
    mails = 0
    for person in people:
        account = await company.account(person)
        assert (account.enabled, account.direct) == (False, {}), await company.runs(person)
        assert [run["output"]["phase"] for run in await company.runs(person)] == ["unlicensed"]
        mails += len(await company.mails(person))
    repeated = mails - 3 * FLOWS
    print(f"{FLOWS} flows, {2 * KILLS} kills: {repeated} mails were sent twice")
    assert 0 <= repeated <= 2 * KILLS  # one at a kill, at the most, for each mail that was under way


async def kill_at_work(stack: RunningStack, company: Company, dice: random.Random) -> None:
    for _ in range(KILLS):
        await work_for_a_while(company, requests=dice.randrange(1, 12))
        await kill_host(stack, company)


async def work_for_a_while(company: Company, requests: int) -> None:
    """Let the host make some more requests of the tenant, if it has any to make."""
    log = await company.tenant_requests()
    await company.work(requests + 1, since=log[-1]["number"] if log else 0)


async def test_tables_that_stop_and_start_again_lose_nobody(stack: RunningStack, company: Company) -> None:
    people = [await company.hire(licenses={E3: set()}) for _ in range(2)]
    for person in people:
        await company.leave(person)
    await work_for_a_while(company, requests=5)

    os.kill(stack.process_of("tables"), signal.SIGINT)  # on which Azurite saves what it has
    for _ in range(3):
        await company.pass_time(timedelta(minutes=20))
    await company.pass_time(timedelta(days=31))

    for person in people:
        account = await company.account(person)
        assert (account.enabled, account.direct) == (False, {}), await company.runs(person)
        assert len(await company.mails(person)) == 3


async def test_okta_out_of_reach_when_the_delay_is_over_removes_nothing_until_it_answers(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=29))
    fault = {
        "match": {"path": f"^/api/v1/users/{ada.okta_user_id}"},
        "kind": "status",
        "status": 503,
        "empty_body": True,
    }
    (await company.okta.put("/control/faults", json=[fault])).raise_for_status()

    await company.pass_time(timedelta(days=1, minutes=1))
    assert set((await company.account(ada)).direct) == {E3}
    (run,) = await company.runs(ada)
    assert "Okta" in run["customStatus"]["reason"]

    await company.okta.delete("/control/faults")
    await company.pass_time(timedelta(hours=1))
    assert (await company.account(ada)).direct == {}


async def test_delivery_that_cannot_be_stored_is_answered_with_a_503_and_comes_again(
    stack: RunningStack, company: Company
) -> None:
    delivery = json.loads((PAYLOADS / "membership_remove.json").read_text())
    for event in delivery["data"]["events"]:
        event["uuid"] = str(uuid4())
    headers = {"Authorization": company.values["OKTA_HOOK_SECRET"]}

    with sqlite3.connect(stack.data / "host" / "hub.sqlite", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        refused = await company.host.post("/api/okta/events", json=delivery, headers=headers)
        other.execute("ROLLBACK")
    accepted = await company.host.post("/api/okta/events", json=delivery, headers=headers)

    assert refused.status_code == 503
    assert len(accepted.json()["started"]) + accepted.json()["duplicate"] == 2
    await company.settle()
