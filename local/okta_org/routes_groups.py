"""Groups and their members: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/"""

from typing import Any

from aiohttp import web

from local.okta_org import errors
from local.okta_org.model import Group
from local.okta_org.org import OktaOrg
from local.okta_org.requests import json_body, limit_of, org_url, origin_of, page_of, predicate_of
from local.stand_in.filters import Predicate

_FILTERABLE = frozenset({"id", "type", "lastUpdated", "lastMembershipUpdated"})
MOST_GROUPS_PER_PAGE = 10_000
MOST_MEMBERS_PER_PAGE = 1_000


def group_routes(org: OktaOrg) -> list[web.RouteDef]:
    async def list_groups(request: web.Request) -> web.Response:
        wanted = _wanted(request)
        groups = [group for group in org.state.groups.values() if wanted(group.record)]
        groups.sort(key=lambda group: group.id)
        limit = limit_of(request, 300 if "q" in request.query else MOST_GROUPS_PER_PAGE, MOST_GROUPS_PER_PAGE)
        if "q" in request.query:  # an autocomplete, not pageable
            return web.json_response([group.shown(org_url(request)) for group in groups[:limit]])
        return page_of(request, groups, lambda group: group.id, limit, lambda group: group.shown(org_url(request)))

    async def get_group(request: web.Request) -> web.Response:
        return web.json_response(org.group(request.match_info["group"]).shown(org_url(request)))

    async def create(request: web.Request) -> web.Response:
        profile = _profile(await json_body(request))
        if any(group.name == profile["name"] for group in org.state.groups.values()):
            raise errors.invalid("name", "name: An object with this field already exists in the current organization")
        group = org.add_group(profile)
        org.log.write("group.lifecycle.create", origin_of(request), group)
        return web.json_response(group.shown(org_url(request)))

    async def update(request: web.Request) -> web.Response:
        group = _changeable(org, request)
        group.profile = {"description": None, **_profile(await json_body(request))}
        group.last_updated = org.controls.clock.millis()
        org.log.write("group.profile.update", origin_of(request), group)
        return web.json_response(group.shown(org_url(request)))

    async def delete(request: web.Request) -> web.Response:
        org.delete_group(_changeable(org, request), origin_of(request))
        return web.Response(status=204)

    return [
        web.get("/api/v1/groups", list_groups),
        web.post("/api/v1/groups", create),
        web.get("/api/v1/groups/{group}", get_group),
        web.put("/api/v1/groups/{group}", update),
        web.delete("/api/v1/groups/{group}", delete),
        *_member_routes(org),
    ]


def _member_routes(org: OktaOrg) -> list[web.RouteDef]:
    async def members(request: web.Request) -> web.Response:
        users = org.members(org.group(request.match_info["group"]))
        limit = limit_of(request, MOST_MEMBERS_PER_PAGE, MOST_MEMBERS_PER_PAGE)
        return page_of(request, users, lambda user: user.id, limit, lambda user: user.shown(org_url(request)))

    async def join(request: web.Request) -> web.Response:
        org.join(_changeable(org, request), org.user(request.match_info["user"]), origin_of(request))
        return web.Response(status=204)

    async def leave(request: web.Request) -> web.Response:
        org.leave(_changeable(org, request), org.user(request.match_info["user"]), origin_of(request))
        return web.Response(status=204)

    return [
        web.get("/api/v1/groups/{group}/users", members),
        web.put("/api/v1/groups/{group}/users/{user}", join),
        web.delete("/api/v1/groups/{group}/users/{user}", leave),
    ]


def _changeable(org: OktaOrg, request: web.Request) -> Group:
    """The group of the path. Everyone and groups mastered by an app cannot be changed through the API."""
    group = org.group(request.match_info["group"])
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
