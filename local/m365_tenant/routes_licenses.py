"""Licenses: https://learn.microsoft.com/graph/api/user-assignlicense and /subscribedsku-list"""

from typing import Any

from aiohttp import web

from local.m365_tenant import licenses
from local.m365_tenant.model import Sku, TenantState
from local.m365_tenant.odata import entity, json_body, selected
from local.m365_tenant.tenant import VANISHING, M365Tenant

ACCOUNT_NAME = "contoso"


def license_routes(tenant: M365Tenant, root: str) -> list[web.RouteDef]:
    async def assign(request: web.Request) -> web.Response:
        user = tenant.user(request.match_info["user"])
        wanted = licenses.parse_assignment(await json_body(request))
        after = licenses.licenses_after(tenant.state, user, wanted, tenant.controls.clock.seconds())
        tenant.user_to_write(request).license_assignment_states = after
        return entity(request, "users/$entity", selected(user, None))

    async def details(request: web.Request) -> web.Response:
        user = tenant.seen_user(request.match_info["user"])
        shown = [
            _license_detail(tenant.state.skus[held["skuId"]], held["disabledPlans"])
            for held in user.assigned_licenses
            if held["skuId"] in tenant.state.skus
        ]
        return entity(request, f"users('{user.id}')/licenseDetails", {"value": shown})

    async def subscribed_skus(request: web.Request) -> web.Response:
        taken = licenses.seats_taken(tenant.state)
        shown = [_subscribed_sku(tenant.state, sku, taken[sku.sku_id]) for sku in tenant.state.skus.values()]
        if select := request.query.get("$select"):
            names = select.split(",")
            shown = [{name: sku[name] for name in names if name in sku} for sku in shown]
        for rule in tenant.controls.faults.strike_request(VANISHING, request.method, request.path):
            skus = [tenant.sku(rule.sku_id)] if rule.sku_id else list(tenant.state.skus.values())
            for sku in skus:
                licenses.use_up_seats(tenant.state, sku)
        return entity(request, "subscribedSkus", {"value": shown})

    return [
        web.post(f"{root}/users/{{user}}/assignLicense", assign),
        web.post(f"{root}/users/{{user}}/microsoft.graph.assignLicense", assign),
        web.get(f"{root}/users/{{user}}/licenseDetails", details),
        web.get(f"{root}/subscribedSkus", subscribed_skus),
    ]


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
