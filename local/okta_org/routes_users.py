"""Users: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/"""

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from local.okta_org import errors
from local.okta_org.model import User
from local.okta_org.org import OktaOrg
from local.okta_org.requests import (
    json_body,
    limit_of,
    org_of,
    org_url,
    origin_of,
    page_of,
    predicate_of,
    seen_user_of,
    user_of,
)
from local.stand_in.filters import Predicate

_FILTERABLE = frozenset(
    {"id", "status", "lastUpdated", "profile.login", "profile.email", "profile.firstName", "profile.lastName"}
)
_REQUIRED = ("login", "email", "firstName", "lastName")
MOST_USERS_PER_PAGE = 200


async def list_users(request: web.Request) -> web.Response:
    wanted = _wanted(request)
    users = [user for user in org_of(request).users.values() if wanted(user.model_dump(by_alias=True))]
    users.sort(key=lambda user: user.id)
    limit = limit_of(request, MOST_USERS_PER_PAGE, MOST_USERS_PER_PAGE)
    return page_of(request, users, lambda user: user.id, limit, lambda user: user.shown(org_url(request)))


async def show_user(request: web.Request) -> web.Response:
    return web.json_response(seen_user_of(request).user.shown(org_url(request)))


async def list_groups_of_user(request: web.Request) -> web.Response:
    return web.json_response([group.shown(org_url(request)) for group in seen_user_of(request).groups])


async def create_user(request: web.Request) -> web.Response:
    org, body = org_of(request), await json_body(request)
    user = org.new_user(_new_profile(org, body), status="STAGED")
    user.has_password = "password" in (body.get("credentials") or {})
    org.add_user(user)
    org.log.write("user.lifecycle.create", origin_of(request), user)
    for group_id in body.get("groupIds", []):
        org.join(org.group(group_id), user, origin_of(request))
    if request.query.get("activate", "true") == "true":
        _activate(request, user)
    return web.json_response(user.shown(org_url(request)))


async def update_user(request: web.Request) -> web.Response:
    org, user = org_of(request), user_of(request)
    profile = (await json_body(request)).get("profile")
    if not isinstance(profile, dict):
        raise errors.invalid("profile", "profile: The field cannot be left blank")
    org.keep_former(user)
    user.profile = profile if request.method == "PUT" else {**user.profile, **profile}
    user.last_updated = org.controls.clock.millis()
    changed = ",".join(sorted(profile))
    org.log.write("user.account.update_profile", origin_of(request), user, debug={"changedAttributes": changed})
    return web.json_response(user.shown(org_url(request)))


async def delete_user(request: web.Request) -> web.Response:
    org_of(request).delete_user(user_of(request), origin_of(request))
    return web.Response(status=204)


async def activate_user(request: web.Request) -> web.Response:
    user = user_of(request)
    if user.status not in ("STAGED", "DEPROVISIONED"):
        raise errors.already_active()
    _activate(request, user)
    return web.json_response(_activation(request))


async def reactivate_user(request: web.Request) -> web.Response:
    user = user_of(request)
    if user.status not in ("PROVISIONED", "RECOVERY"):
        raise errors.not_in_this_status()
    org_of(request).set_status(user, user.status, "user.lifecycle.reactivate", origin_of(request))
    return web.json_response(_activation(request))


async def deactivate_user(request: web.Request) -> web.Response:
    user = user_of(request)
    if user.status == "DEPROVISIONED":
        raise errors.not_in_this_status()
    user.has_password = False
    org_of(request).set_status(user, "DEPROVISIONED", "user.lifecycle.deactivate", origin_of(request))
    return web.json_response({})


async def suspend_user(request: web.Request) -> web.Response:
    user = user_of(request)
    if user.status != "ACTIVE":
        raise errors.invalid("suspendUser", "Cannot suspend a user that is not active")
    org_of(request).set_status(user, "SUSPENDED", "user.lifecycle.suspend", origin_of(request))
    return web.json_response({})


async def unsuspend_user(request: web.Request) -> web.Response:
    user = user_of(request)
    if user.status != "SUSPENDED":
        raise errors.invalid("unsuspendUser", "Cannot unsuspend a user that is not suspended")
    org_of(request).set_status(user, "ACTIVE", "user.lifecycle.unsuspend", origin_of(request))
    return web.json_response({})


USER_ROUTES = (
    web.get("/api/v1/users", list_users),
    web.post("/api/v1/users", create_user),
    web.get("/api/v1/users/{user}", show_user),
    web.post("/api/v1/users/{user}", update_user),
    web.put("/api/v1/users/{user}", update_user),
    web.delete("/api/v1/users/{user}", delete_user),
    web.get("/api/v1/users/{user}/groups", list_groups_of_user),
    web.post("/api/v1/users/{user}/lifecycle/activate", activate_user),
    web.post("/api/v1/users/{user}/lifecycle/reactivate", reactivate_user),
    web.post("/api/v1/users/{user}/lifecycle/deactivate", deactivate_user),
    web.post("/api/v1/users/{user}/lifecycle/suspend", suspend_user),
    web.post("/api/v1/users/{user}/lifecycle/unsuspend", unsuspend_user),
)


def _activate(request: web.Request, user: User) -> None:
    org = org_of(request)
    user.activated = org.controls.clock.millis()
    status = "ACTIVE" if user.has_password else "PROVISIONED"
    org.set_status(user, status, "user.lifecycle.activate", origin_of(request))


def _activation(request: web.Request) -> dict[str, str]:
    """With sendEmail=false the caller gets the link that the mail would have held."""
    if request.query.get("sendEmail", "true") == "true":
        return {}
    token = secrets.token_urlsafe(15)
    return {"activationUrl": f"{org_url(request)}/welcome/{token}", "activationToken": token}


def _wanted(request: web.Request) -> Predicate:
    """The condition of the query. Only `search` and `filter` find deactivated users."""
    if "search" in request.query:
        return predicate_of(request, "search")
    if "filter" in request.query:
        return predicate_of(request, "filter", _FILTERABLE)
    words = request.query.get("q", "").casefold()

    def is_named(record: Mapping[str, Any]) -> bool:
        names = (record["profile"].get(name) or "" for name in ("firstName", "lastName", "email"))
        return record["status"] != "DEPROVISIONED" and any(name.casefold().startswith(words) for name in names)

    return is_named


def _new_profile(org: OktaOrg, body: dict[str, Any]) -> dict[str, Any]:
    profile = body.get("profile")
    if not isinstance(profile, dict):
        raise errors.invalid("profile", "profile: The field cannot be left blank")
    missing = [f"{name}: The field cannot be left blank" for name in _REQUIRED if not profile.get(name)]
    if missing:
        raise errors.invalid(missing[0].split(":")[0], *missing)
    if any(user.login.casefold() == str(profile["login"]).casefold() for user in org.state.users.values()):
        raise errors.invalid("login", "login: An object with this field already exists in the current organization")
    return profile
