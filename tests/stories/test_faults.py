"""Okta and the tenant fail in every way they can, alone and together: everybody ends as Okta says, or visibly waits."""

import os
from datetime import timedelta
from typing import Any

import pytest

from tests.stories.company import E3, SWAY, VISIO, Company, Person

GRAPH, OKTA = "^/v1.0/", "^/api/v1/(users|groups)"
LICENSED = {E3: {SWAY}, VISIO: set()}
THROTTLED = {"kind": "status", "status": 429, "retry_after": 20, "probability": 0.33, "seed": 1}
UNAVAILABLE = {"kind": "status", "status": 503, "probability": 0.2, "seed": 2}
EMPTY = {"kind": "status", "status": 500, "empty_body": True, "probability": 0.3, "seed": 3}
DROPPED = {"kind": "drop", "probability": 0.25, "seed": 4}
ANSWER_LOST = {"kind": "drop_after", "probability": 0.2, "seed": 5}
SLOW = {"kind": "latency", "seconds": 0.2, "probability": 0.5, "seed": 6}
STALE = {"kind": "stale_reads", "reads": 2}

ALONE = {
    "a third of the calls throttled": [THROTTLED],
    "500 without a body": [EMPTY],
    "connections dropped": [DROPPED],
    "answers lost after the effect": [ANSWER_LOST],
    "unavailable": [UNAVAILABLE],
    "slow": [SLOW],
}
TOGETHER = {"everything together": [SLOW, THROTTLED, UNAVAILABLE, EMPTY, DROPPED, ANSWER_LOST]}
# With OFFSTAGE_EXAMPLES each fault is played alone as well.
FAULTS = (ALONE if "OFFSTAGE_EXAMPLES" in os.environ else {}) | TOGETHER


async def break_down(company: Company, faults: list[dict[str, Any]]) -> None:
    for stand_in, path in ((company.tenant, GRAPH), (company.okta, OKTA)):
        rules = [{"match": {"path": path}, **fault} for fault in faults]
        (await stand_in.put("/control/faults", json=rules)).raise_for_status()


async def mend(company: Company) -> None:
    for stand_in in (company.tenant, company.okta):
        (await stand_in.delete("/control/faults")).raise_for_status()


async def pass_hours(company: Company, hours: int) -> None:
    for _ in range(hours):
        await company.pass_time(timedelta(hours=1))


async def phases(company: Company, person: Person) -> list[Any]:
    return [run["customStatus"] for run in await company.runs(person)]


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
async def test_who_leaves_and_returns_while_everything_fails_ends_as_okta_says(
    company: Company, faults: list[dict[str, Any]]
) -> None:
    people = [await company.hire(licenses=LICENSED) for _ in faults[:3]]

    await break_down(company, faults)
    for person in people:
        await company.change_as_the_org(person, "remove")
    await pass_hours(company, 2)
    await mend(company)
    await pass_hours(company, 1)
    for person in people:
        assert not (await company.account(person)).enabled, await phases(company, person)

    await company.pass_time(timedelta(days=29))
    await break_down(company, faults)
    await company.pass_time(timedelta(days=1))
    await pass_hours(company, 2)
    await mend(company)
    await pass_hours(company, 1)
    for person in people:
        assert (await company.account(person)).direct == {}, await phases(company, person)

    await break_down(company, faults)
    for person in people:
        await company.change_as_the_org(person, "add")
    await pass_hours(company, 2)
    await mend(company)
    await pass_hours(company, 1)
    for person in people:
        account = await company.account(person)
        assert (account.enabled, account.direct) == (True, LICENSED), await phases(company, person)


async def test_reads_that_lag_behind_the_writes_confuse_nobody(company: Company) -> None:
    ada = await company.hire(licenses=LICENSED)
    (await company.tenant.put("/control/faults", json=[STALE])).raise_for_status()

    await company.leave(ada)
    await pass_hours(company, 1)
    assert not (await company.account(ada)).enabled
    await company.pass_time(timedelta(days=30))
    await pass_hours(company, 1)
    assert (await company.account(ada)).direct == {}
    await company.join(ada)
    await pass_hours(company, 1)

    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, LICENSED)
    assert len(await company.mails(ada)) == 3


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


async def test_due_time_that_the_clock_jumps_over_is_due(company: Company) -> None:
    ada = await company.hire(licenses=LICENSED)
    await company.leave(ada)
    await company.settle()

    await company.pass_time(timedelta(days=400))

    assert (await company.account(ada)).direct == {}
    assert len(await company.mails(ada)) == 2
