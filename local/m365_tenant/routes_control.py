"""`/control` of the tenant: seed users, groups and SKUs, use up seats, read mailboxes."""

import uuid
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

from local.m365_tenant.licenses import consumed_units
from local.m365_tenant.model import Group, GroupLicense, LicenseAssignment, ServicePlan, Sku, User
from local.m365_tenant.tenant import M365Tenant
from local.stand_in.control_routes import control_body


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class LicenseSeed(_Body):
    """`sku` by skuId or skuPartNumber, `disabled_plans` by id or name."""

    sku: str
    disabled_plans: list[str] = []


class UserSeed(BaseModel):
    """Any property of a user under Graph's name, `manager` by id or userPrincipalName, and `licenses`."""

    model_config = ConfigDict(extra="allow")

    licenses: list[LicenseSeed] = []
    manager: str | None = None


class GroupSeed(_Body):
    """The members inherit the licenses at once."""

    id: str | None = None
    display_name: str
    licenses: list[LicenseSeed] = []
    members: list[str] = []


class SkuSeed(_Body):
    """Without service plans it gets one of its own name."""

    sku_id: str
    sku_part_number: str
    capability_status: str = "Enabled"
    applies_to: str = "User"
    enabled: int = 25
    suspended: int = 0
    warning: int = 0
    consumed: int | None = None
    service_plans: list[ServicePlan] | None = None


class SkuChange(_Body):
    """`consumed` is the total, people of this tenant included."""

    enabled: int | None = None
    suspended: int | None = None
    warning: int | None = None
    consumed: int | None = None
    capability_status: str | None = None


class PlanRules(_Body):
    plan_dependencies: dict[str, list[str]] = {}
    exclusive_plans: list[tuple[str, str]] = []


_USERS = TypeAdapter(list[UserSeed])
_GROUPS = TypeAdapter(list[GroupSeed])
_SKUS = TypeAdapter(list[SkuSeed])


def tenant_control_routes(tenant: M365Tenant) -> list[web.RouteDef]:
    async def add_users(request: web.Request) -> web.Response:
        seeds = _USERS.validate_python(await control_body(request))
        users = [_add_user(tenant, seed) for seed in seeds]
        for user, seed in zip(users, seeds, strict=True):
            user.manager_id = tenant.user(seed.manager).id if seed.manager else None
        return web.json_response([user.model_dump(by_alias=True) for user in users])

    async def delete_user(request: web.Request) -> web.Response:
        del tenant.state.users[tenant.user(request.match_info["user"]).id]
        return web.Response(status=204)

    async def add_groups(request: web.Request) -> web.Response:
        groups = [_add_group(tenant, seed) for seed in _GROUPS.validate_python(await control_body(request))]
        return web.json_response([group.model_dump(by_alias=True) for group in groups])

    async def synchronise(request: web.Request) -> web.Response:
        """What Entra Connect does: Active Directory's accountEnabled overwrites the cloud's."""
        user = tenant.user(request.match_info["user"])
        if user.on_premises_sync_enabled:
            user.account_enabled = user.directory_account_enabled
        return web.json_response({"accountEnabled": user.account_enabled})

    return [
        web.post("/control/users", add_users),
        web.delete("/control/users/{user}", delete_user),
        web.post("/control/users/{user}/directory_sync", synchronise),
        web.post("/control/groups", add_groups),
        *_sku_routes(tenant),
        *_mailbox_routes(tenant),
    ]


def _sku_routes(tenant: M365Tenant) -> list[web.RouteDef]:
    async def add_skus(request: web.Request) -> web.Response:
        skus = [_add_sku(tenant, seed) for seed in _SKUS.validate_python(await control_body(request))]
        return web.json_response([sku.model_dump(by_alias=True) for sku in skus])

    async def change_sku(request: web.Request) -> web.Response:
        sku = tenant.sku(request.match_info["sku"])
        change = SkuChange.model_validate(await control_body(request))
        for name, value in change.model_dump(exclude_none=True, exclude={"consumed"}).items():
            setattr(sku, name, value)
        if change.consumed is not None:
            _set_consumed(tenant, sku, change.consumed)
        shown = {**sku.model_dump(by_alias=True), "consumedUnits": consumed_units(tenant.state, sku)}
        return web.json_response(shown)

    async def delete_sku(request: web.Request) -> web.Response:
        del tenant.state.skus[tenant.sku(request.match_info["sku"]).sku_id]
        return web.Response(status=204)

    async def set_plan_rules(request: web.Request) -> web.Response:
        rules = PlanRules.model_validate(await control_body(request))
        tenant.state.plan_dependencies = rules.plan_dependencies
        tenant.state.exclusive_plans = rules.exclusive_plans
        return web.json_response(rules.model_dump(by_alias=True))

    return [
        web.post("/control/skus", add_skus),
        web.put("/control/skus/{sku}", change_sku),
        web.delete("/control/skus/{sku}", delete_sku),
        web.put("/control/plan_rules", set_plan_rules),
    ]


def _mailbox_routes(tenant: M365Tenant) -> list[web.RouteDef]:
    async def list_mailboxes(request: web.Request) -> web.Response:
        state = tenant.state
        addresses = sorted({*state.mailboxes, *state.sent_items})
        shown = [
            {"address": address, "received": len(state.mailboxes.get(address, [])),
             "sent": len(state.sent_items.get(address, []))}
            for address in addresses
        ]  # fmt: skip
        return web.json_response(shown)

    async def get_mailbox(request: web.Request) -> web.Response:
        address = request.match_info["address"].casefold()
        received = [mail.model_dump(by_alias=True) for mail in tenant.state.mailboxes.get(address, [])]
        sent = [mail.model_dump(by_alias=True) for mail in tenant.state.sent_items.get(address, [])]
        return web.json_response({"address": address, "messages": received, "sent": sent})

    return [
        web.get("/control/mailboxes", list_mailboxes),
        web.get("/control/mailboxes/{address}", get_mailbox),
    ]


def _add_user(tenant: M365Tenant, seed: UserSeed) -> User:
    now = tenant.controls.clock.seconds()
    properties: dict[str, Any] = {"id": str(uuid.uuid4()), "usageLocation": "NL", **(seed.model_extra or {})}
    properties.setdefault("mail", properties.get("userPrincipalName"))
    user = tenant.add_user(**properties)
    for held in seed.licenses:
        sku = tenant.sku(held.sku)
        user.license_assignment_states.append(
            LicenseAssignment(
                sku_id=sku.sku_id, disabled_plans=_plan_ids(sku, held.disabled_plans), last_updated_date_time=now
            )
        )
    return user


def _add_group(tenant: M365Tenant, seed: GroupSeed) -> Group:
    held = [(tenant.sku(license_.sku), license_.disabled_plans) for license_ in seed.licenses]
    licenses = [GroupLicense(sku_id=sku.sku_id, disabled_plans=_plan_ids(sku, plans)) for sku, plans in held]
    group = Group(id=seed.id or str(uuid.uuid4()), display_name=seed.display_name, licenses=licenses)
    for key in seed.members:
        tenant.user(key).license_assignment_states += [
            LicenseAssignment(
                sku_id=license_.sku_id,
                assigned_by_group=group.id,
                disabled_plans=license_.disabled_plans,
                last_updated_date_time=tenant.controls.clock.seconds(),
            )
            for license_ in licenses
        ]
    return tenant.add_group(group)


def _add_sku(tenant: M365Tenant, seed: SkuSeed) -> Sku:
    plan = ServicePlan(
        service_plan_id=str(uuid.uuid5(uuid.NAMESPACE_OID, seed.sku_part_number)),
        service_plan_name=seed.sku_part_number,
    )
    properties = seed.model_dump(exclude={"consumed", "service_plans"})
    sku = Sku(**{**properties, "sku_id": seed.sku_id.lower(), "service_plans": seed.service_plans or [plan]})
    tenant.state.skus[sku.sku_id] = sku
    if seed.consumed is not None:
        _set_consumed(tenant, sku, seed.consumed)
    return sku


def _set_consumed(tenant: M365Tenant, sku: Sku, consumed: int) -> None:
    sku.consumed_elsewhere += consumed - consumed_units(tenant.state, sku)


def _plan_ids(sku: Sku, plans: list[str]) -> list[str]:
    ids = {plan.service_plan_name: plan.service_plan_id for plan in sku.service_plans}
    return [ids.get(plan, plan) for plan in plans]
