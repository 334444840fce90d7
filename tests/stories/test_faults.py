"""Okta, the tenant and the tables fail in every way they can, alone and together: everybody ends as Okta says.

With OFFSTAGE_EXAMPLES, whatever it says, faults strike more often, and more people at once.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.stories import impatient_host
from tests.stories.company import E3, SWAY, VISIO, Company, Licenses, Person
from tests.stories.conftest import SETTINGS, RunningStack
from tests.stories.running_parts import LOOK_EVERY_S
from tests.stories.test_breaking import restart_tables, tables_frozen, work_for_a_while

Fault = dict[str, Any]  # as the stand-ins take it
Rules = list[Fault]
Trouble = Callable[[], AbstractAsyncContextManager[None]]

GRAPH, OKTA = "^/v1.0/", "^/api/v1/(users|groups)"
LICENSED: Licenses = {E3: {SWAY}, VISIO: set()}
THROTTLED: Fault = {"kind": "status", "status": 429, "retry_after": 20}
UNAVAILABLE: Fault = {"kind": "status", "status": 503}
EMPTY: Fault = {"kind": "status", "status": 500, "empty_body": True}
DROPPED: Fault = {"kind": "drop"}
ANSWER_LOST: Fault = {"kind": "drop_after"}
SLOW: Fault = {"kind": "latency", "seconds": 0.1}
LONGER_THAN_THE_HOST_WAITS = 2.0  # seconds
UNANSWERED: Fault = {"kind": "hang"}
STALE: Fault = {"kind": "stale_reads", "reads": 2}
IS_THOROUGH = "OFFSTAGE_EXAMPLES" in os.environ
OFTEN, SOMETIMES = (0.33, 0.2) if IS_THOROUGH else (0.1, 0.1)
ALONE: dict[str, tuple[Fault, float]] = {
    "throttled": (THROTTLED, OFTEN),
    "unavailable": (UNAVAILABLE, SOMETIMES),
    "500 without a body": (EMPTY, SOMETIMES),
    "connections dropped": (DROPPED, SOMETIMES),
    "answers lost after the effect": (ANSWER_LOST, SOMETIMES),
    "slow": (SLOW, OFTEN),
    "no answer at all": (UNANSWERED, 0),  # but for the first time: each takes as long as the app has patience
    "reads that lag behind the writes": (STALE, 1),
}
TENANT_ONLY = frozenset({"stale_reads"})
RETRIES_LAST_HOURS = 24


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A company of its own, whose app soon gives up waiting for an answer."""
    data = tmp_path_factory.mktemp("faults")
    with RunningStack(data, SETTINGS, host=impatient_host.__name__) as started:
        yield started


async def break_down(company: Company, tenant: Rules, okta: Rules) -> None:
    for stand_in, rules in ((company.tenant, tenant), (company.okta, okta)):
        (await stand_in.put("/control/faults", json=rules)).raise_for_status()


async def mend(company: Company) -> None:
    for stand_in in (company.tenant, company.okta):
        (await stand_in.delete("/control/faults")).raise_for_status()


async def pass_hours(company: Company, hours: int) -> None:
    for _ in range(hours):
        await company.pass_time(timedelta(hours=1))


async def pass_hours_until_all_have_struck(company: Company) -> None:
    """All that strike a first time whatever the dice say."""
    for _ in range(RETRIES_LAST_HOURS - 4):
        await pass_hours(company, 1)
        rules = [
            *(await company.tenant.get("/control/faults")).json(),
            *(await company.okta.get("/control/faults")).json(),
        ]
        spared = [rule for rule in rules if rule.get("times") and not rule["hits"]]
        if not spared:
            return
    raise AssertionError(f"these never struck: {spared}")


async def statuses(company: Company, person: Person) -> list[Any]:
    return [run["customStatus"] for run in await company.runs(person)]


async def leave_and_return(company: Company, people: dict[str, Person], trouble: Trouble) -> None:
    """Everybody leaves, loses the licenses and returns, all of it in trouble; each time it ends as Okta says."""
    async with trouble():
        for person in people.values():
            await company.change_as_the_org(person, "remove")
    for name, person in people.items():
        account = await company.account(person)
        assert (account.enabled, account.direct) == (False, LICENSED), (name, await statuses(company, person))

    await company.pass_time(timedelta(days=20))
    async with trouble():
        await company.pass_time(timedelta(days=20))  # over the instant at which the licenses go
    for name, person in people.items():
        assert (await company.account(person)).direct == {}, (name, await statuses(company, person))

    async with trouble():
        for person in people.values():
            await company.change_as_the_org(person, "add")
    for name, person in people.items():
        account = await company.account(person)
        assert (account.enabled, account.direct) == (True, LICENSED), (name, await statuses(company, person))


def one_each(people: dict[str, Person]) -> tuple[Rules, Rules]:
    """Rules by which each person meets one fault, which strikes nobody else: the tenant's and Okta's.

    Whatever the dice say, it strikes the first read in Okta and the first act in the tenant.
    """
    tenant: Rules = []
    okta: Rules = []
    for seed, (name, person) in enumerate(people.items()):
        fault, probability = ALONE[name]
        account = {"path": f"/users/({person.entra_user_id}|{re.escape(person.login)})"}
        user = {"path": f"/users/{person.okta_user_id}"}
        now_and_then = {**fault, "probability": probability, "seed": seed}
        tenant += [{"match": {**account, "method": "POST"}, **fault, "times": 1}, {"match": account, **now_and_then}]
        if fault["kind"] not in TENANT_ONLY:
            okta += [{"match": user, **fault, "times": 1}, {"match": user, **now_and_then}]
    return tenant, okta


async def test_each_fault_alone_lets_its_person_leave_and_return_as_okta_says(company: Company) -> None:
    people = {name: await company.hire(licenses=LICENSED) for name in ALONE}

    @asynccontextmanager
    async def trouble() -> AsyncIterator[None]:
        await break_down(company, *one_each(people))
        yield
        await pass_hours_until_all_have_struck(company)
        await mend(company)
        await pass_hours(company, 1)

    await leave_and_return(company, people, trouble)


def all_at_once() -> tuple[Rules, Rules]:
    """Rules that strike about half of all requests: the tenant's and Okta's."""
    seldom = [
        {**fault, "probability": 0.05, "seed": seed}
        for seed, fault in enumerate((UNAVAILABLE, EMPTY, DROPPED, ANSWER_LOST, SLOW, UNANSWERED))
    ]
    rules = [{**THROTTLED, "probability": 0.33}, *seldom]
    tenant = [{"match": {"path": GRAPH}, **rule} for rule in [STALE, *rules]]
    return tenant, [{"match": {"path": OKTA}, **rule} for rule in rules]


async def test_all_faults_together_let_people_leave_and_return_as_okta_says(
    stack: RunningStack, company: Company
) -> None:
    """With the tables stopped and started in the middle."""
    names = ("Ada", "Bob", "Eve") if IS_THOROUGH else ("Ada",)
    people = {name: await company.hire(licenses=LICENSED, name=name) for name in names}

    @asynccontextmanager
    async def trouble() -> AsyncIterator[None]:
        await break_down(company, *all_at_once())
        yield
        await work_for_a_while(company, requests=5)
        await restart_tables(stack)
        await pass_hours(company, 1)
        await mend(company)
        await pass_hours(company, 1)

    await leave_and_return(company, people, trouble)


async def wait_until_said(company: Company, words: str, *people: Person) -> str:
    """Wait, with the clock standing still, until a run of one of these people says so. Returns its reason."""
    for _ in range(2000):
        for person in people:
            for status in await statuses(company, person):
                if words in (status or {}).get("reason", ""):
                    return str(status["reason"])
        await asyncio.sleep(LOOK_EVERY_S)
    raise AssertionError(f"nobody says {words!r}: {[await statuses(company, person) for person in people]}")


async def test_run_that_gets_no_answer_says_so_and_goes_on_when_it_gets_one(company: Company) -> None:
    of_tenant, of_okta = [await company.hire(licenses=LICENSED) for _ in range(2)]
    tenant = [{"match": {"path": of_tenant.entra_user_id}, **UNANSWERED}]
    okta = [{"match": {"path": of_okta.okta_user_id}, **UNANSWERED}]
    await break_down(company, tenant, okta)

    for person in (of_tenant, of_okta):
        await company.change_as_the_org(person, "remove")
    for person, asked in ((of_tenant, "Microsoft Graph was asked to"), (of_okta, "Okta was asked to")):
        reason = await wait_until_said(company, asked, person)
        assert "gave no answer" in reason
        assert "next attempt at" in reason
        assert (await company.account(person)).enabled

    await mend(company)
    await pass_hours(company, 1)
    for person in (of_tenant, of_okta):
        assert not (await company.account(person)).enabled
        assert [status["stage"] for status in await statuses(company, person)] == ["grace_period"]


async def test_tables_that_do_not_answer_are_waited_for(stack: RunningStack, company: Company) -> None:
    """What was asked of them takes effect when they come round, after the app gave it up."""
    people = [await company.hire(licenses=LICENSED) for _ in range(2)]
    for person in people:
        await company.leave(person)
    await work_for_a_while(company, requests=3)

    with tables_frozen(stack):
        assert "gave no answer" in await wait_until_said(company, "Table Storage was asked to", *people)
    await pass_hours(company, 1)
    for person in people:
        assert not (await company.account(person)).enabled
        assert [status["stage"] for status in await statuses(company, person)] == ["grace_period"]
        assert await company.mails(person)

    await company.pass_time(timedelta(days=31))
    for person in people:
        assert (await company.account(person)).direct == {}


async def test_reads_that_lag_behind_the_writes_repeat_no_mail(company: Company) -> None:
    ada = await company.hire(licenses=LICENSED)
    await break_down(company, [STALE], [])

    await company.leave(ada)
    await pass_hours(company, 1)
    await company.pass_time(timedelta(days=30))
    await pass_hours(company, 1)
    await company.join(ada)
    await pass_hours(company, 1)

    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, LICENSED)
    assert len(await company.mails(ada)) == 4


async def test_seat_that_vanishes_between_check_and_assignment_is_waited_for(company: Company) -> None:
    ada = await company.hire(licenses=LICENSED)
    await company.leave(ada)
    await company.pass_time(timedelta(days=31))
    fault = {"kind": "seats_vanish", "sku_id": VISIO, "times": 1}
    (await company.tenant.put("/control/faults", json=[fault])).raise_for_status()

    await company.join(ada)
    await company.settle()
    assert set((await company.account(ada)).direct) == {E3}

    await mend(company)
    (await company.tenant.put(f"/control/skus/{VISIO}", json={"enabled": 2_000_000})).raise_for_status()
    await pass_hours(company, 2)
    assert (await company.account(ada)).direct == LICENSED


async def removal(company: Company, person: Person) -> dict[str, Any] | None:
    """The first request to change the licenses, as soon as there is one."""
    requests = await company.requests_about(person)
    return next((each for each in requests if each["path"].endswith("/assignLicense")), None)


async def test_removal_that_lands_when_the_person_is_back_is_made_good(company: Company) -> None:
    """The answer of the removal never came, and it is carried out after all."""
    ada = await company.hire(licenses=LICENSED)
    await company.leave(ada)
    await company.settle()
    (run,) = await company.runs(ada)
    slow = {"kind": "latency", "seconds": LONGER_THAN_THE_HOST_WAITS, "times": 1}
    match = {"method": "POST", "path": f"{ada.entra_user_id}/assignLicense"}
    (await company.tenant.put("/control/faults", json=[slow | {"match": match}])).raise_for_status()

    await company.move(await company.until(run["customStatus"]["due_at"]))
    while await removal(company, ada) is None:
        await asyncio.sleep(LOOK_EVERY_S)
    await company.join(ada)
    while not (late := await removal(company, ada)) or late["ended_at"] is None:
        await asyncio.sleep(LOOK_EVERY_S)
    await company.pass_time(timedelta(hours=2))

    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, LICENSED)
    assert (await company.runs(ada))[-1]["output"]["phase"] == "active"
