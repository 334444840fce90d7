"""`/control` of the Okta org: seed people and groups, change memberships in bulk, keep log events, set rate limits."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, TypeAdapter

from local.okta_org.model import OAuthClient
from local.okta_org.requests import org_of
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


class RateLimitSettings(_Body):
    per_minute: dict[str, int] = {}
    at_once: int | None = None


_USERS = TypeAdapter(list[UserSeed])
_GROUPS = TypeAdapter(list[GroupSeed])
_CHANGES = TypeAdapter(list[MembershipChange])
_EVENTS = TypeAdapter(list[LogEventSeed])


async def add_users(request: web.Request) -> web.Response:
    org, users = org_of(request), []
    for seed in _USERS.validate_python(await control_body(request)):
        user = org.add_user(org.new_user(seed.profile, seed.id, seed.status))
        for key in seed.groups:
            org.join(org.group_named(key), user, None)
        users.append(user.model_dump(by_alias=True))
    return web.json_response(users)


async def add_groups(request: web.Request) -> web.Response:
    org, groups = org_of(request), []
    for seed in _GROUPS.validate_python(await control_body(request)):
        group = org.add_group({"name": seed.name, "description": seed.description}, seed.id, seed.type)
        for key in seed.members:
            org.join(group, org.user(key), None)
        groups.append(group.model_dump(by_alias=True))
    return web.json_response(groups)


async def change_memberships(request: web.Request) -> web.Response:
    org, origin = org_of(request), Origin()
    changes = _CHANGES.validate_python(await control_body(request))
    for change in changes:
        act = {"add": org.join, "remove": org.leave}.get(change.action)
        if act is None:
            raise BadControlRequest(f"action is add or remove, not {change.action!r}")
        act(org.group_named(change.group), org.user(change.user), None if change.quiet else origin)
    return web.json_response({"changed": len(changes)})


async def add_log_events(request: web.Request) -> web.Response:
    org = org_of(request)
    for seed in _EVENTS.validate_python(await control_body(request)):
        org.log.keep({"published": org.controls.clock.millis(), **seed.event}, deliver=seed.deliver)
    return web.json_response({"kept": len(org.log.events)})


async def hold_log(request: web.Request) -> web.Response:
    """From now on events are delivered, and appear in the log only when it is released."""
    org_of(request).log.holding = True
    return web.json_response({"holding": True})


async def release_log(request: web.Request) -> web.Response:
    return web.json_response({"released": org_of(request).log.release()})


async def set_rate_limits(request: web.Request) -> web.Response:
    limits, settings = org_of(request).rate_limits, RateLimitSettings.model_validate(await control_body(request))
    limits.reset()
    limits.per_minute = settings.per_minute
    if settings.at_once is not None:
        limits.at_once = settings.at_once
    return web.json_response({"per_minute": limits.per_minute, "at_once": limits.at_once})


async def add_oauth_client(request: web.Request) -> web.Response:
    client = OAuthClient.model_validate(await control_body(request))
    org_of(request).state.oauth_clients[client.client_id] = client
    return web.json_response(client.model_dump(by_alias=True))


OKTA_CONTROL_ROUTES = (
    web.post("/control/users", add_users),
    web.post("/control/groups", add_groups),
    web.post("/control/memberships", change_memberships),
    web.post("/control/log_events", add_log_events),
    web.post("/control/log_events/hold", hold_log),
    web.post("/control/log_events/release", release_log),
    web.put("/control/rate_limits", set_rate_limits),
    web.post("/control/oauth_clients", add_oauth_client),
)
