from typing import Any

import httpx
import pytest

from local.m365_tenant.model import LicenseAssignment
from local.m365_tenant.sample_tenant import EXCHANGE_PLAN_1, EXCHANGE_PLAN_2, PHONE_SYSTEM, SKYPE, SWAY, YAMMER
from local.m365_tenant.tenant import M365Tenant

MAYA = "maya.lin@contoso.com"
OMAR = "omar.reyes@contoso.com"
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
VISIO = "c5928f49-12ba-48f7-ada3-0d743a3601d5"
PROJECT = "53818b1b-4a27-454b-8896-0dba576410e6"
FLOW = "f30db892-07e9-47e9-837c-80727f46fd3d"
EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
PHONE = "e43b5b99-8dfb-405f-9987-dc307f34bcbd"
INHERITED = "User license is inherited from a group membership and it cannot be removed directly from the user."


async def assign(
    graph: httpx.AsyncClient,
    user: str = MAYA,
    add: dict[str, list[str]] | None = None,
    remove: list[str] | None = None,
) -> httpx.Response:
    added = [{"skuId": sku_id, "disabledPlans": plans} for sku_id, plans in (add or {}).items()]
    body = {"addLicenses": added, "removeLicenses": remove or []}
    return await graph.post(f"/v1.0/users/{user}/assignLicense", json=body)


def message_of(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")
    return str(answer.json()["error"]["message"])


def held(tenant: M365Tenant, user: str = MAYA) -> set[tuple[str, bool]]:
    return {(each.sku_id, each.assigned_by_group is None) for each in tenant.user(user).license_assignment_states}


async def skus(graph: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await graph.get("/v1.0/subscribedSkus")
    return {sku["skuPartNumber"]: sku for sku in answer.raise_for_status().json()["value"]}


async def test_all_direct_licenses_go_in_one_request_and_the_inherited_one_stays(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    answer = await assign(graph, remove=[E3, VISIO, PROJECT])

    assert (answer.status_code, answer.json()["userPrincipalName"]) == (200, MAYA)
    assert held(tenant) == {(FLOW, False)}


async def test_licenses_come_back_with_their_disabled_plans(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    await assign(graph, remove=[E3])
    await assign(graph, add={E3: [YAMMER]})
    await assign(graph, add={E3: [SWAY]})

    (e3,) = [each for each in tenant.user(MAYA).assigned_licenses if each["skuId"] == E3]
    assert e3["disabledPlans"] == [SWAY]


@pytest.mark.parametrize("body", [{"addLicenses": []}, {"removeLicenses": []}, {}])
async def test_both_keys_are_required(graph: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await graph.post(f"/v1.0/users/{MAYA}/assignLicense", json=body)

    assert message_of(answer).startswith("One or more parameters of the operation 'assignLicense' are missing")


async def test_a_sku_the_user_does_not_hold_fails_the_whole_request(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    before = held(tenant)

    answer = await assign(graph, remove=[VISIO, EXCHANGE])

    assert message_of(answer) == "User does not have a corresponding license."
    assert held(tenant) == before


async def test_an_inherited_license_cannot_be_removed_from_the_user(graph: httpx.AsyncClient) -> None:
    assert message_of(await assign(graph, remove=[FLOW])) == INHERITED


async def test_of_a_license_both_direct_and_inherited_the_direct_part_goes(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    await assign(graph, add={FLOW: []})
    both = held(tenant)
    units = (await skus(graph))["FLOW_FREE"]["consumedUnits"]

    answer = await assign(graph, remove=[FLOW])

    assert {(FLOW, True), (FLOW, False)} <= both
    assert answer.status_code == 200
    assert {entry for entry in held(tenant) if entry[0] == FLOW} == {(FLOW, False)}
    assert (await skus(graph))["FLOW_FREE"]["consumedUnits"] == units


async def test_without_a_free_seat_nothing_of_the_request_is_done(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    change = await graph.put("/control/skus/VISIOCLIENT", json={"consumed": 20})
    before = held(tenant, OMAR)

    answer = await assign(graph, OMAR, add={PROJECT: [], VISIO: []})

    assert change.json()["consumedUnits"] == 20
    assert message_of(answer) == f"Subscription with SKU {VISIO} does not have any available licenses."
    assert held(tenant, OMAR) == before


async def test_replacing_plans_needs_no_free_seat(graph: httpx.AsyncClient) -> None:
    await graph.put("/control/skus/SPE_E3", json={"consumed": 300})

    assert (await assign(graph, add={E3: []})).status_code == 200


async def test_seats_of_a_suspended_subscription_cannot_be_assigned(graph: httpx.AsyncClient) -> None:
    await graph.put("/control/skus/VISIOCLIENT", json={"capabilityStatus": "Suspended"})

    assert "does not have any available licenses" in message_of(await assign(graph, OMAR, add={VISIO: []}))


@pytest.mark.parametrize("location", [None, ""])
async def test_without_usage_location_nothing_is_assigned(
    graph: httpx.AsyncClient, tenant: M365Tenant, location: str | None
) -> None:
    tenant.user(OMAR).usage_location = location

    answer = await assign(graph, OMAR, add={VISIO: []})

    assert message_of(answer) == "License assignment cannot be done for user with invalid usage location."


async def test_a_sku_the_tenant_does_not_have_is_refused(graph: httpx.AsyncClient) -> None:
    unknown = "11111111-2222-3333-4444-555555555555"

    answer = await assign(graph, add={unknown: []})

    assert message_of(answer) == f"License {unknown} does not correspond to a valid company License."


async def test_a_plan_that_needs_another_is_refused_when_added_alone_and_when_left_alone(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    text = f"License assignment failed because service plan {PHONE_SYSTEM} depends on the service plan(s) {SKYPE}"
    tenant.user(OMAR).license_assignment_states = []

    added = await assign(graph, OMAR, add={PHONE: []})
    together = await assign(graph, OMAR, add={PHONE: [], E3: []})
    removed = await assign(graph, OMAR, remove=[E3])

    assert message_of(added) == text
    assert together.status_code == 200
    assert message_of(removed) == text


async def test_plans_that_exclude_each_other_are_named(graph: httpx.AsyncClient) -> None:
    answer = await assign(graph, OMAR, add={EXCHANGE: []})

    plans = f"{EXCHANGE_PLAN_1},{EXCHANGE_PLAN_2}"
    assert message_of(answer) == f"License assignment failed because service plans {plans} are mutually exclusive"
    assert answer.json()["error"]["details"][0]["code"] == "MutuallyExclusiveViolation"


async def test_seats_are_counted_as_they_come_and_go(graph: httpx.AsyncClient) -> None:
    before = (await skus(graph))["VISIOCLIENT"]
    await assign(graph, OMAR, add={VISIO: []})
    after = (await skus(graph))["VISIOCLIENT"]

    assert after["consumedUnits"] == before["consumedUnits"] + 1
    assert before["prepaidUnits"] == {"enabled": 20, "suspended": 0, "warning": 0, "lockedOut": 0}
    assert before["id"].endswith(f"_{VISIO}")
    assert {plan["servicePlanName"] for plan in before["servicePlans"]} == {"VISIOONLINE", "VISIO_CLIENT_SUBSCRIPTION"}


async def test_seats_can_vanish_between_the_look_and_the_assignment(graph: httpx.AsyncClient) -> None:
    rule = {"kind": "seats_vanish", "sku_id": VISIO, "times": 1}
    (await graph.put("/control/faults", json=[rule])).raise_for_status()

    seen = (await skus(graph))["VISIOCLIENT"]
    answer = await assign(graph, OMAR, add={VISIO: []})

    assert seen["prepaidUnits"]["enabled"] > seen["consumedUnits"]
    assert message_of(answer) == f"Subscription with SKU {VISIO} does not have any available licenses."


async def test_license_details_show_disabled_plans_but_not_who_assigned(graph: httpx.AsyncClient) -> None:
    details = (await graph.get(f"/v1.0/users/{MAYA}/licenseDetails")).json()["value"]

    e3 = next(detail for detail in details if detail["skuPartNumber"] == "SPE_E3")
    disabled = {plan["servicePlanName"] for plan in e3["servicePlans"] if plan["provisioningStatus"] == "Disabled"}
    assert len(details) == 4
    assert disabled == {"YAMMER_ENTERPRISE", "SWAY"}


async def test_a_plan_is_off_only_where_every_assignment_has_it_off(tenant: M365Tenant) -> None:
    group = LicenseAssignment(
        sku_id=E3, assigned_by_group="g", disabled_plans=[SWAY], last_updated_date_time="2026-01-01T00:00:00Z"
    )
    tenant.user(MAYA).license_assignment_states.append(group)

    (e3,) = [each for each in tenant.user(MAYA).assigned_licenses if each["skuId"] == E3]
    assert e3["disabledPlans"] == [SWAY]
