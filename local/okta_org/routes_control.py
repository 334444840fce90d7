"""`/control` of the Okta org: seed people and groups, change memberships in bulk, decide what is delivered and when."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, TypeAdapter

from local.okta_org.deliveries import Delivery
from local.okta_org.model import EventHook, OAuthClient
from local.okta_org.org import OktaOrg
from local.okta_org.preview import preview_event
from local.okta_org.system_log import Origin
from local.stand_in.control_routes import BadControlRequest, control_body


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UserSeed(_Body):
    """`groups` by id or name. A seeded user with an id that exists replaces it."""

    id: str | None = None
    status: str = "ACTIVE"
    profile: dict[str, Any]
    groups: list[str] = []


class GroupSeed(_Body):
    """`members` by id or login."""

    id: str | None = None
    name: str
    description: str | None = None
    type: str = "OKTA_GROUP"
    members: list[str] = []


class MembershipChange(_Body):
    """Done by the org itself, as a group rule or an import would; `quiet` ones leave no event."""

    group: str
    user: str
    action: str = "remove"
    quiet: bool = False


class LogEventSeed(_Body):
    event: dict[str, Any]
    deliver: bool = False


class DeliveryOrder(_Body):
    """One of: any `payload`; logged events by `uuids`; the Preview of an event type. To one `hook`, or to all."""

    hook: str | None = None
    payload: Any = None
    uuids: list[str] | None = None
    preview: str | None = None


class DeliverySettings(_Body):
    merge_window_seconds: float | None = None
    timeout_seconds: float | None = None
    most_events: int | None = None


class RateLimitSettings(_Body):
    per_minute: dict[str, int] = {}
    at_once: int | None = None


_USERS = TypeAdapter(list[UserSeed])
_GROUPS = TypeAdapter(list[GroupSeed])
_CHANGES = TypeAdapter(list[MembershipChange])
_EVENTS = TypeAdapter(list[LogEventSeed])


def okta_control_routes(org: OktaOrg) -> list[web.RouteDef]:
    async def add_users(request: web.Request) -> web.Response:
        users = []
        for seed in _USERS.validate_python(await control_body(request)):
            user = org.add_user(org.new_user(seed.profile, seed.id, seed.status))
            for key in seed.groups:
                org.join(org.group_named(key), user, None)
            users.append(user.model_dump(by_alias=True))
        return web.json_response(users)

    async def add_groups(request: web.Request) -> web.Response:
        groups = []
        for seed in _GROUPS.validate_python(await control_body(request)):
            group = org.add_group({"name": seed.name, "description": seed.description}, seed.id, seed.type)
            for key in seed.members:
                org.join(group, org.user(key), None)
            groups.append(group.model_dump(by_alias=True))
        return web.json_response(groups)

    async def change_memberships(request: web.Request) -> web.Response:
        origin = Origin()
        changes = _CHANGES.validate_python(await control_body(request))
        for change in changes:
            act = {"add": org.join, "remove": org.leave}.get(change.action)
            if act is None:
                raise BadControlRequest(f"action is add or remove, not {change.action!r}")
            act(org.group_named(change.group), org.user(change.user), None if change.quiet else origin)
        return web.json_response({"changed": len(changes)})

    async def add_log_events(request: web.Request) -> web.Response:
        for seed in _EVENTS.validate_python(await control_body(request)):
            org.log.keep({"published": org.controls.clock.millis(), **seed.event}, deliver=seed.deliver)
        return web.json_response({"kept": len(org.log.events)})

    async def set_rate_limits(request: web.Request) -> web.Response:
        settings = RateLimitSettings.model_validate(await control_body(request))
        org.rate_limits.reset()
        org.rate_limits.per_minute = settings.per_minute
        if settings.at_once is not None:
            org.rate_limits.at_once = settings.at_once
        return web.json_response({"per_minute": settings.per_minute, "at_once": org.rate_limits.at_once})

    async def add_oauth_client(request: web.Request) -> web.Response:
        client = OAuthClient.model_validate(await control_body(request))
        org.state.oauth_clients[client.client_id] = client
        return web.json_response(client.model_dump(by_alias=True))

    return [
        web.post("/control/users", add_users),
        web.post("/control/groups", add_groups),
        web.post("/control/memberships", change_memberships),
        web.post("/control/log_events", add_log_events),
        web.put("/control/rate_limits", set_rate_limits),
        web.post("/control/oauth_clients", add_oauth_client),
        *_delivery_routes(org),
    ]


def _delivery_routes(org: OktaOrg) -> list[web.RouteDef]:
    deliveries = org.deliveries

    async def show(request: web.Request) -> web.Response:
        shown = [delivery.shown() for delivery in deliveries.records]
        answer = {"deliveries": shown, "unfinished": deliveries.unfinished, "holding": deliveries.holding}
        return web.json_response(answer)

    async def order(request: web.Request) -> web.Response:
        wanted = DeliveryOrder.model_validate(await control_body(request))
        hooks = [org.hook(wanted.hook)] if wanted.hook else list(org.state.hooks.values())
        if not hooks:
            raise BadControlRequest("no event hook is registered, so there is nowhere to deliver to")
        made = [await _deliver_now(org, hook, wanted) for hook in hooks]
        return web.json_response([delivery.shown() for delivery in made])

    async def hold(request: web.Request) -> web.Response:
        deliveries.holding = True
        return web.json_response({"holding": True})

    async def release(request: web.Request) -> web.Response:
        body = await control_body(request)
        deliveries.holding = bool(body.get("keep_holding", False))
        released = await deliveries.release(list(body.get("order", [])))
        return web.json_response([delivery.shown() for delivery in released])

    async def configure(request: web.Request) -> web.Response:
        settings = DeliverySettings.model_validate(await control_body(request))
        for name, value in settings.model_dump(exclude_none=True).items():
            setattr(deliveries, name, value)
        return web.json_response({name: getattr(deliveries, name) for name in DeliverySettings.model_fields})

    return [
        web.get("/control/deliveries", show),
        web.post("/control/deliveries", order),
        web.post("/control/deliveries/hold", hold),
        web.post("/control/deliveries/release", release),
        web.put("/control/deliveries/settings", configure),
    ]


async def _deliver_now(org: OktaOrg, hook: EventHook, wanted: DeliveryOrder) -> Delivery:
    """Deliver at once, whatever is held and whatever faults are on, and wait for the answer."""
    if wanted.preview:
        payload: Any = org.deliveries.envelope(hook, [preview_event(wanted.preview, org.controls.clock.millis())])
    elif wanted.uuids is not None:
        events = [event for uuid in wanted.uuids for event in org.log.events if event["uuid"] == uuid]
        payload = org.deliveries.envelope(hook, events)
    else:
        payload = wanted.payload
    delivery = org.deliveries.record(hook, payload)
    await org.deliveries.send(delivery)
    return delivery
