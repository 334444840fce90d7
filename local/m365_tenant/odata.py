"""What a read may ask for: `$select`, `$expand=manager`, `$top`; and the envelope Graph puts around its answers."""

import re
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from local.m365_tenant import errors
from local.m365_tenant.model import User
from local.m365_tenant.requests import graph_root, tenant_of

# https://learn.microsoft.com/graph/api/user-get: everything else needs $select.
DEFAULT_PROPERTIES = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
_EXPAND_MANAGER = re.compile(r"manager(?:\(\$select=([\w,]+)\))?")


def shown_user(request: web.Request, user: User) -> dict[str, Any]:
    """A user with the selected properties, and the manager if that was asked for and there is one."""
    shown = selected(user, request.query.get("$select"))
    expand = request.query.get("$expand")
    if expand is None:
        return shown
    match = _EXPAND_MANAGER.fullmatch(expand)
    if match is None:
        raise errors.GraphError(400, "BadRequest", f"Parsing OData Select and Expand failed: {expand}")
    manager = tenant_of(request).state.users.get(user.manager_id or "")
    if manager is not None:
        shown["manager"] = {"@odata.type": "#microsoft.graph.user", **selected(manager, match[1])}
    return shown


def selected(user: User, select: str | None) -> dict[str, Any]:
    names: Iterable[str] = DEFAULT_PROPERTIES
    if select:
        names = [name.strip() for name in select.split(",")]
    record = user.record
    unknown = [name for name in names if name not in record and name != "manager"]
    if unknown:
        raise errors.no_such_property(unknown[0])
    return {name: record[name] for name in names if name in record}


def entity(request: web.Request, kind: str, body: dict[str, Any]) -> web.Response:
    """One object in Graph's envelope."""
    return web.json_response({"@odata.context": f"{graph_root(request)}/$metadata#{kind}", **body})


def page(request: web.Request, kind: str, users: list[User], shown: list[dict[str, Any]], size: int) -> web.Response:
    """A page of users sorted by id; the link to the next one holds the last id as its token."""
    body: dict[str, Any] = {"@odata.context": f"{graph_root(request)}/$metadata#{kind}"}
    if len(users) > size:
        query = {**request.query, "$skiptoken": users[size - 1].id}
        body["@odata.nextLink"] = str(request.url.with_query(query))
    body["value"] = shown
    return web.json_response(body)
