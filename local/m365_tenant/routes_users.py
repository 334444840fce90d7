"""Users: https://learn.microsoft.com/graph/api/resources/user"""

from typing import Any

from aiohttp import web

from local.m365_tenant import errors
from local.m365_tenant.model import User
from local.m365_tenant.odata import entity, page, selected, shown_user
from local.m365_tenant.odata_filter import odata_predicate
from local.m365_tenant.requests import graph_root, json_body, seen_user_of, tenant_of, user_of

DEFAULT_PAGE = 100
LARGEST_PAGE = 999
# With onPremisesSyncEnabled these belong to Active Directory. accountEnabled does too, yet Graph takes it
# and the next synchronisation overwrites it.
_ON_PREMISES = frozenset(
    {
        "companyName",
        "country",
        "department",
        "displayName",
        "employeeId",
        "givenName",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "proxyAddresses",
        "surname",
        "userPrincipalName",
    }
)
_WRITABLE = _ON_PREMISES | {"accountEnabled", "businessPhones", "otherMails", "preferredLanguage", "usageLocation"}
_WRITABLE_ALIASES = {info.alias or name: name for name, info in User.model_fields.items()}
_COUNTRY_CODE_LENGTH = 2


async def show_user(request: web.Request) -> web.Response:
    return entity(request, "users/$entity", shown_user(request, seen_user_of(request)))


async def list_users(request: web.Request) -> web.Response:
    tenant = tenant_of(request)
    behind = tenant.replicas.behind(request.method, request.path)
    users = [tenant.as_seen(user, behind) for user in tenant.users.values()]
    if "$filter" in request.query:
        wanted = odata_predicate(request.query["$filter"])
        users = [user for user in users if wanted(user.record)]
    after, size = request.query.get("$skiptoken", ""), _page_size(request)
    users = sorted((user for user in users if user.id > after), key=lambda user: user.id)
    shown = [shown_user(request, user) for user in users[:size]]
    return page(request, "users", users, shown, size)


async def update_user(request: web.Request) -> web.Response:
    user = user_of(request)
    changes = {name: value for name, value in (await json_body(request)).items() if not name.startswith("@")}
    _check_changes(user, changes)
    tenant_of(request).user_to_write(request)
    for name, value in changes.items():
        setattr(user, _WRITABLE_ALIASES[name], value)
    return web.Response(status=204)


async def show_manager(request: web.Request) -> web.Response:
    manager = tenant_of(request).users.get(seen_user_of(request).manager_id or "")
    if manager is None:
        raise errors.user_not_found("manager")
    shown = {"@odata.type": "#microsoft.graph.user", **selected(manager, request.query.get("$select"))}
    return entity(request, "directoryObjects/$entity", shown)


async def revoke_sign_in_sessions(request: web.Request) -> web.Response:
    tenant = tenant_of(request)
    tenant.user_to_write(request).sign_in_sessions_valid_from_date_time = tenant.controls.clock.seconds()
    return web.json_response({"@odata.context": f"{graph_root(request)}/$metadata#Edm.Boolean", "value": True})


USER_ROUTES = (
    web.get("/users", list_users),
    web.get("/users/{user}", show_user),
    web.patch("/users/{user}", update_user),
    web.get("/users/{user}/manager", show_manager),
    web.post("/users/{user}/revokeSignInSessions", revoke_sign_in_sessions),
    web.post("/users/{user}/microsoft.graph.revokeSignInSessions", revoke_sign_in_sessions),
)


def _page_size(request: web.Request) -> int:
    text = request.query.get("$top", str(DEFAULT_PAGE))
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise errors.bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_PAGE}.")
    return int(text)


def _check_changes(user: User, changes: dict[str, Any]) -> None:
    unknown = [name for name in changes if name not in _WRITABLE]
    if unknown:
        raise errors.bad_request(f"Property '{unknown[0]}' is read-only and cannot be set.")
    if user.on_premises_sync_enabled and _ON_PREMISES & changes.keys():
        raise errors.bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
            "currently undergoing migration."
        )
    if "accountEnabled" in changes and not isinstance(changes["accountEnabled"], bool):
        raise errors.invalid_value("accountEnabled")
    if "accountEnabled" in changes and user.is_privileged:
        raise errors.denied()
    if "usageLocation" in changes and not _is_country_code(changes["usageLocation"]):
        raise errors.invalid_value("usageLocation")


def _is_country_code(value: object) -> bool:
    return isinstance(value, str) and len(value) == _COUNTRY_CODE_LENGTH and value.isalpha() and value.isascii()
