"""A person comes back: enabled at once, and exactly the licenses given back that were taken."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.stories.company import E3, FLOW_FREE, OPERATORS, PROJECT, SWAY, VISIO, Company

FULLY_LICENSED = {E3: {SWAY}, VISIO: set(), PROJECT: set()}
PHONE_SYSTEM = "e43b5b99-8dfb-405f-9987-dc307f34bcbd"


async def test_person_who_returns_within_the_delay_is_enabled_and_never_loses_a_license(company: Company) -> None:
    maya = await company.hire(licenses=FULLY_LICENSED)
    await company.leave(maya)
    await company.pass_time(timedelta(days=10))

    await company.join(maya)
    await company.settle()
    account = await company.account(maya)
    assert (account.enabled, account.direct) == (True, FULLY_LICENSED)

    await company.pass_time(timedelta(days=60))
    assert (await company.account(maya)).direct == FULLY_LICENSED
    leaving, returning = await company.runs(maya)
    assert (leaving["output"]["phase"], returning["output"]["phase"]) == ("superseded", "active")
    assert len(await company.mails(maya)) == 2  # disabled, enabled: told once of each


async def test_person_who_returns_after_the_delay_gets_back_exactly_what_was_taken(company: Company) -> None:
    maya = await company.hire(licenses=FULLY_LICENSED, inherited=(FLOW_FREE,))
    await company.leave(maya)
    await company.pass_time(timedelta(days=30))

    await company.join(maya)
    await company.settle()

    account = await company.account(maya)
    assert (account.enabled, account.direct, account.inherited) == (True, FULLY_LICENSED, {FLOW_FREE})
    given_back = (await company.mails(maya))[-1]
    assert given_back.subject.endswith("have been added.")
    assert "Visio Plan 2" in given_back.text


async def test_license_given_by_hand_meanwhile_stays_as_it_is(company: Company) -> None:
    ada = await company.hire(licenses={E3: {SWAY}, VISIO: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=30))
    add = {"addLicenses": [{"skuId": E3, "disabledPlans": []}], "removeLicenses": []}
    headers = {"Authorization": f"Bearer {company.values['GRAPH_ACCESS_TOKEN']}"}
    path = f"/v1.0/users/{ada.entra_user_id}/assignLicense"
    (await company.tenant.post(path, json=add, headers=headers)).raise_for_status()

    await company.join(ada)
    await company.settle()

    assert (await company.account(ada)).direct == {E3: set(), VISIO: set()}


async def test_license_without_a_seat_does_not_hold_up_the_others_and_comes_when_a_seat_is_free(
    company: Company,
) -> None:
    ada = await company.hire(licenses={E3: set(), PHONE_SYSTEM: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=30))
    await company.tenant.put(f"/control/skus/{PHONE_SYSTEM}", json={"enabled": 1, "consumed": 1})

    await company.join(ada)
    await company.settle()
    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})
    status = (await company.runs(ada))[-1]["customStatus"]
    assert status["stage"] == "needs_attention"
    assert PHONE_SYSTEM in status["reason"]

    await company.pass_time(timedelta(hours=5))
    await company.tenant.put(f"/control/skus/{PHONE_SYSTEM}", json={"enabled": 10, "consumed": 1})
    await company.pass_time(timedelta(hours=2))

    assert set((await company.account(ada)).direct) == {E3, PHONE_SYSTEM}
    assert (await company.runs(ada))[-1]["output"]["phase"] == "active"
    assert len(await company.mails(ada, to=OPERATORS)) == 1


async def test_person_reactivated_in_okta_comes_back(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.lifecycle(ada, "deactivate")
    await company.pass_time(timedelta(days=30))
    assert (await company.account(ada)).direct == {}

    await company.lifecycle(ada, "activate")
    await company.settle()

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})


async def test_person_who_leaves_and_returns_in_one_breath_is_left_as_entitled(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})

    await company.leave(ada)
    await company.join(ada)
    await company.pass_time(timedelta(days=31))

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})


async def test_events_that_come_in_the_wrong_order_end_in_what_okta_says(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.hold_deliveries()
    await company.leave(ada)
    while len(await company.held_deliveries()) < 1:
        pass
    await company.join(ada)
    while len(await company.held_deliveries()) < 2:
        pass

    await company.release_deliveries(reverse=True)
    await company.pass_time(timedelta(days=31))

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})


async def test_leaving_twice_does_not_start_the_delay_over(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=20))

    await company.lifecycle(ada, "deactivate")
    await company.pass_time(timedelta(days=10))

    assert (await company.account(ada)).direct == {}


async def test_leaving_returning_and_leaving_again_faster_than_the_host_works(company: Company) -> None:
    ada = await company.hire(licenses={E3: {SWAY}})

    await company.leave(ada)
    await company.join(ada)
    await company.leave(ada)
    await company.settle()
    assert not (await company.account(ada)).enabled

    await company.pass_time(timedelta(days=30))
    assert (await company.account(ada)).direct == {}
    await company.join(ada)
    await company.settle()
    assert (await company.account(ada)).direct == {E3: {SWAY}}


async def test_license_whose_sku_lost_a_service_plan_meanwhile_is_given_back_without_it(company: Company) -> None:
    sku: dict[str, Any] = {
        "skuId": str(uuid4()),
        "skuPartNumber": "WHITEBOARDS",
        "servicePlans": [plan("PENS"), plan("CHALK")],
    }
    pens, chalk = (each["servicePlanId"] for each in sku["servicePlans"])
    (await company.tenant.post("/control/skus", json=[sku])).raise_for_status()
    ada = await company.hire(licenses={sku["skuId"]: {pens, chalk}})
    await company.leave(ada)
    await company.pass_time(timedelta(days=30))
    (await company.tenant.delete(f"/control/skus/{sku['skuId']}")).raise_for_status()
    (
        await company.tenant.post("/control/skus", json=[sku | {"servicePlans": sku["servicePlans"][:1]}])
    ).raise_for_status()

    await company.join(ada)
    await company.settle()

    assert (await company.account(ada)).direct == {sku["skuId"]: {pens}}
    assert (await company.runs(ada))[-1]["output"]["phase"] == "active"


def plan(name: str) -> dict[str, str]:
    return {"servicePlanId": str(uuid4()), "servicePlanName": name}
