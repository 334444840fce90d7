"""Groups and their members: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/"""

from typing import Any

from aiohttp import web

from local.okta_org import errors
from local.okta_org.model import Group
from local.okta_org.requests import (
    group_of,
    json_body,
    limit_of,
    org_of,
    org_url,
    origin_of,
    page_of,
    predicate_of,
    user_of,
)
from local.stand_in.filters import Predicate

_FILTERABLE = frozenset({"id", "type", "lastUpdated", "lastMembershipUpdated"})
MOST_GROUPS_PER_PAGE = 10_000
MOST_MEMBERS_PER_PAGE = 1_000


async def list_groups(request: web.Request) -> web.Response:
    wanted = _wanted(request)
    groups = [group for group in org_of(request).state.groups.values() if wanted(group.record)]
    groups.sort(key=lambda group: group.id)
    limit = limit_of(request, 300 if "q" in request.query else MOST_GROUPS_PER_PAGE, MOST_GROUPS_PER_PAGE)
    if "q" in request.query:  # an autocomplete, not pageable
        return web.json_response([group.shown(org_url(request)) for group in groups[:limit]])
    return page_of(request, groups, lambda group: group.id, limit, lambda group: group.shown(org_url(request)))


async def show_group(request: web.Request) -> web.Response:
    return web.json_response(group_of(request).shown(org_url(request)))


async def create_group(request: web.Request) -> web.Response:
    org, profile = org_of(request), _profile(await json_body(request))
    if any(group.name == profile["name"] for group in org.state.groups.values()):
        raise errors.invalid("name", "name: An object with this field already exists in the current organization")
    group = org.add_group(profile)
    org.log.write("group.lifecycle.create", origin_of(request), group)
    return web.json_response(group.shown(org_url(request)))


async def update_group(request: web.Request) -> web.Response:
    org, group = org_of(request), _changeable_group(request)
    group.profile = {"description": None, **_profile(await json_body(request))}
    group.last_updated = org.controls.clock.millis()
    org.log.write("group.profile.update", origin_of(request), group)
    return web.json_response(group.shown(org_url(request)))


async def delete_group(request: web.Request) -> web.Response:
    org_of(request).delete_group(_changeable_group(request), origin_of(request))
    return web.Response(status=204)


async def list_members(request: web.Request) -> web.Response:
    users = org_of(request).members(group_of(request))
    limit = limit_of(request, MOST_MEMBERS_PER_PAGE, MOST_MEMBERS_PER_PAGE)
    return page_of(request, users, lambda user: user.id, limit, lambda user: user.shown(org_url(request)))


async def add_member(request: web.Request) -> web.Response:
    org_of(request).join(_changeable_group(request), user_of(request), origin_of(request))
    return web.Response(status=204)


async def remove_member(request: web.Request) -> web.Response:
    org_of(request).leave(_changeable_group(request), user_of(request), origin_of(request))
    return web.Response(status=204)


GROUP_ROUTES = (
    web.get("/api/v1/groups", list_groups),
    web.post("/api/v1/groups", create_group),
    web.get("/api/v1/groups/{group}", show_group),
    web.put("/api/v1/groups/{group}", update_group),
    web.delete("/api/v1/groups/{group}", delete_group),
    web.get("/api/v1/groups/{group}/users", list_members),
    web.put("/api/v1/groups/{group}/users/{user}", add_member),
    web.delete("/api/v1/groups/{group}/users/{user}", remove_member),
)


def _changeable_group(request: web.Request) -> Group:
    """The group of the path. Everyone and groups mastered by an app cannot be changed through the API."""
    group = group_of(request)
    if group.type != "OKTA_GROUP":
        raise errors.forbidden()
    return group


def _wanted(request: web.Request) -> Predicate:
    if "search" in request.query:
        return predicate_of(request, "search")
    if "filter" in request.query:
        return predicate_of(request, "filter", _FILTERABLE)
    words = request.query.get("q", "").casefold()
    return lambda record: str(record["profile"].get("name", "")).casefold().startswith(words)


def _profile(body: dict[str, Any]) -> dict[str, Any]:
    profile = body.get("profile")
    if not isinstance(profile, dict) or not profile.get("name"):
        raise errors.invalid("name", "name: The field cannot be left blank")
    return profile
