"""What the routes share: the org, what the path names, the body, the query, and paging with two Link headers."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aiohttp import web

from local.okta_org import errors
from local.okta_org.model import EventHook, Group, User
from local.okta_org.org import OktaOrg, SeenUser
from local.okta_org.scim_filter import scim_predicate
from local.okta_org.system_log import Origin
from local.stand_in.filters import BadFilter, Predicate
from local.stand_in.requests import json_object

Item = TypeVar("Item")
ORG = web.AppKey("ORG", OktaOrg)
ORIGIN = web.RequestKey("ORIGIN", Origin)


def org_of(request: web.Request) -> OktaOrg:
    return request.app[ORG]


def user_of(request: web.Request) -> User:
    """The user of the path; E0000007 when there is none. Likewise the group and the event hook."""
    return org_of(request).user(request.match_info["user"])


def seen_user_of(request: web.Request) -> SeenUser:
    """The user of the path as a read sees it."""
    org = org_of(request)
    return org.as_seen(user_of(request), org.replicas.behind(request.method, request.path))


def group_of(request: web.Request) -> Group:
    return org_of(request).group(request.match_info["group"])


def hook_of(request: web.Request) -> EventHook:
    return org_of(request).hook(request.match_info["hook"])


def org_url(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


def origin_of(request: web.Request) -> Origin:
    return request[ORIGIN]


async def json_body(request: web.Request) -> dict[str, Any]:
    try:
        return await json_object(request)
    except ValueError as error:
        raise errors.malformed_body() from error


def limit_of(request: web.Request, default: int, most: int) -> int:
    """The `limit` of a query. Too high is cut to the most a page may hold, as Okta does for users and groups."""
    text = request.query.get("limit", str(default))
    if not text.isdigit():
        raise errors.invalid("limit", "limit: must be a number")
    return min(int(text), most) or default


def predicate_of(request: web.Request, name: str, allowed: frozenset[str] | None = None) -> Predicate:
    try:
        return scim_predicate(request.query[name], allowed)
    except BadFilter as error:
        raise errors.invalid_search() from error


def page_of(
    request: web.Request,
    items: Sequence[Item],
    key: Callable[[Item], str],
    limit: int,
    show: Callable[[Item], Any],
) -> web.Response:
    """Answer the items after the cursor. They must be sorted by `key`, which is the cursor."""
    after = request.query.get("after", "")
    rest = [item for item in items if key(item) > after]
    response = web.json_response([show(item) for item in rest[:limit]])
    add_link(response, request, "self", request.query.get("after"))
    if len(rest) > limit:
        add_link(response, request, "next", key(rest[limit - 1]))
    return response


def add_link(response: web.Response, request: web.Request, relation: str, after: str | None) -> None:
    """Add one Link header; Okta sends one per relation, not one list."""
    query = {name: value for name, value in request.query.items() if name != "after"}
    if after is not None:
        query["after"] = after
    url = request.url.with_scheme(request.scheme).with_query(query)
    response.headers.add("Link", f'<{url}>; rel="{relation}"')
