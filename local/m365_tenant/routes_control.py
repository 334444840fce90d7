"""`/control` of the tenant: seed users, groups and SKUs, use up seats, read mailboxes."""

from aiohttp import web
from pydantic import TypeAdapter

from local.m365_tenant.licenses import consumed_units
from local.m365_tenant.requests import tenant_of, user_of
from local.m365_tenant.seeding import (
    GroupSeed,
    PlanRules,
    SkuChange,
    SkuSeed,
    UserSeed,
    add_group,
    add_sku,
    add_user,
    set_consumed,
)
from local.stand_in.control_routes import control_body

_USERS = TypeAdapter(list[UserSeed])
_GROUPS = TypeAdapter(list[GroupSeed])
_SKUS = TypeAdapter(list[SkuSeed])


async def add_users(request: web.Request) -> web.Response:
    tenant, seeds = tenant_of(request), _USERS.validate_python(await control_body(request))
    users = [add_user(tenant, seed) for seed in seeds]
    for user, seed in zip(users, seeds, strict=True):
        user.manager_id = tenant.user(seed.manager).id if seed.manager else None
    return web.json_response([user.model_dump(by_alias=True) for user in users])


async def show_user(request: web.Request) -> web.Response:
    """A user as it is now, whatever faults make of a reading."""
    return web.json_response(user_of(request).model_dump(by_alias=True))


async def delete_user(request: web.Request) -> web.Response:
    del tenant_of(request).state.users[user_of(request).id]
    return web.Response(status=204)


async def synchronise_user(request: web.Request) -> web.Response:
    """What Entra Connect does: Active Directory's accountEnabled overwrites the cloud's."""
    user = user_of(request)
    if user.on_premises_sync_enabled:
        user.account_enabled = user.directory_account_enabled
    return web.json_response({"accountEnabled": user.account_enabled})


async def add_groups(request: web.Request) -> web.Response:
    seeds = _GROUPS.validate_python(await control_body(request))
    groups = [add_group(tenant_of(request), seed) for seed in seeds]
    return web.json_response([group.model_dump(by_alias=True) for group in groups])


async def add_skus(request: web.Request) -> web.Response:
    seeds = _SKUS.validate_python(await control_body(request))
    skus = [add_sku(tenant_of(request), seed) for seed in seeds]
    return web.json_response([sku.model_dump(by_alias=True) for sku in skus])


async def change_sku(request: web.Request) -> web.Response:
    tenant = tenant_of(request)
    sku = tenant.sku(request.match_info["sku"])
    change = SkuChange.model_validate(await control_body(request))
    for name, value in change.model_dump(exclude_none=True, exclude={"consumed"}).items():
        setattr(sku, name, value)
    if change.consumed is not None:
        set_consumed(tenant, sku, change.consumed)
    shown = {**sku.model_dump(by_alias=True), "consumedUnits": consumed_units(tenant.state, sku)}
    return web.json_response(shown)


async def delete_sku(request: web.Request) -> web.Response:
    tenant = tenant_of(request)
    del tenant.state.skus[tenant.sku(request.match_info["sku"]).sku_id]
    return web.Response(status=204)


async def set_plan_rules(request: web.Request) -> web.Response:
    state, rules = tenant_of(request).state, PlanRules.model_validate(await control_body(request))
    state.plan_dependencies = rules.plan_dependencies
    state.exclusive_plans = rules.exclusive_plans
    return web.json_response(rules.model_dump(by_alias=True))


async def list_mailboxes(request: web.Request) -> web.Response:
    received, sent = tenant_of(request).state.mailboxes, tenant_of(request).state.sent_items
    shown = [
        {"address": address, "received": len(received.get(address, [])), "sent": len(sent.get(address, []))}
        for address in sorted({*received, *sent})
    ]
    return web.json_response(shown)


async def show_mailbox(request: web.Request) -> web.Response:
    """All mails, or those that have `subject` in theirs."""
    state, address = tenant_of(request).state, request.match_info["address"].casefold()
    received, sent = [
        [mail.model_dump(by_alias=True) for mail in mails if request.query.get("subject", "") in mail.subject]
        for mails in (state.mailboxes.get(address, []), state.sent_items.get(address, []))
    ]
    return web.json_response({"address": address, "messages": received, "sent": sent})


TENANT_CONTROL_ROUTES = (
    web.post("/control/users", add_users),
    web.get("/control/users/{user}", show_user),
    web.delete("/control/users/{user}", delete_user),
    web.post("/control/users/{user}/directory_sync", synchronise_user),
    web.post("/control/groups", add_groups),
    web.post("/control/skus", add_skus),
    web.put("/control/skus/{sku}", change_sku),
    web.delete("/control/skus/{sku}", delete_sku),
    web.put("/control/plan_rules", set_plan_rules),
    web.get("/control/mailboxes", list_mailboxes),
    web.get("/control/mailboxes/{address}", show_mailbox),
)
