"""Licenses: https://learn.microsoft.com/graph/api/user-assignlicense and /subscribedsku-list"""

from typing import Any

from aiohttp import web

from local.m365_tenant import licenses
from local.m365_tenant.model import Sku, TenantState
from local.m365_tenant.odata import entity, selected
from local.m365_tenant.requests import json_body, seen_user_of, tenant_of, user_of
from local.m365_tenant.tenant import VANISHING

ACCOUNT_NAME = "contoso"


async def assign_licenses(request: web.Request) -> web.Response:
    tenant, user = tenant_of(request), user_of(request)
    wanted = licenses.parse_assignment(await json_body(request))
    after = licenses.licenses_after(tenant.state, user, wanted, tenant.controls.clock.seconds())
    tenant.user_to_write(request).license_assignment_states = after
    return entity(request, "users/$entity", selected(user, None))


async def list_license_details(request: web.Request) -> web.Response:
    skus, user = tenant_of(request).state.skus, seen_user_of(request)
    shown = [
        _license_detail(skus[held["skuId"]], held["disabledPlans"])
        for held in user.assigned_licenses
        if held["skuId"] in skus
    ]
    return entity(request, f"users('{user.id}')/licenseDetails", {"value": shown})


async def list_subscribed_skus(request: web.Request) -> web.Response:
    state = tenant_of(request).state
    taken = licenses.seats_taken(state)
    shown = [_subscribed_sku(state, sku, taken[sku.sku_id]) for sku in state.skus.values()]
    if select := request.query.get("$select"):
        names = select.split(",")
        shown = [{name: sku[name] for name in names if name in sku} for sku in shown]
    _let_seats_vanish(request)
    return entity(request, "subscribedSkus", {"value": shown})


LICENSE_ROUTES = (
    web.post("/users/{user}/assignLicense", assign_licenses),
    web.post("/users/{user}/microsoft.graph.assignLicense", assign_licenses),
    web.get("/users/{user}/licenseDetails", list_license_details),
    web.get("/subscribedSkus", list_subscribed_skus),
)


def _let_seats_vanish(request: web.Request) -> None:
    """The fault that takes the free seats away between a reading and the assignment it leads to."""
    tenant = tenant_of(request)
    for rule in tenant.controls.faults.strike_request(VANISHING, request.method, request.path):
        skus = [tenant.sku(rule.sku_id)] if rule.sku_id else list(tenant.state.skus.values())
        for sku in skus:
            licenses.use_up_seats(tenant.state, sku)


def _subscribed_sku(state: TenantState, sku: Sku, seats_taken: int) -> dict[str, Any]:
    return {
        "accountName": ACCOUNT_NAME,
        "accountId": state.tenant_id,
        "appliesTo": sku.applies_to,
        "capabilityStatus": sku.capability_status,
        "consumedUnits": sku.consumed_elsewhere + seats_taken,
        "id": f"{state.tenant_id}_{sku.sku_id}",
        "skuId": sku.sku_id,
        "skuPartNumber": sku.sku_part_number,
        "subscriptionIds": [],
        "prepaidUnits": {
            "enabled": sku.enabled,
            "suspended": sku.suspended,
            "warning": sku.warning,
            "lockedOut": sku.locked_out,
        },
        "servicePlans": [plan.model_dump(by_alias=True) for plan in sku.service_plans],
    }


def _license_detail(sku: Sku, disabled_plans: list[str]) -> dict[str, Any]:
    plans = [plan.model_dump(by_alias=True) for plan in sku.service_plans]
    for plan in plans:
        if plan["servicePlanId"] in disabled_plans:
            plan["provisioningStatus"] = "Disabled"
    return {"id": sku.sku_id, "skuId": sku.sku_id, "skuPartNumber": sku.sku_part_number, "servicePlans": plans}
