"""What the routes share: the tenant, what the path names, and the body."""

from typing import Any

from aiohttp import web

from local.m365_tenant import errors
from local.m365_tenant.model import User
from local.m365_tenant.tenant import M365Tenant
from local.stand_in.requests import json_object

TENANT = web.AppKey("TENANT", M365Tenant)


def tenant_of(request: web.Request) -> M365Tenant:
    return request.app[TENANT]


def user_of(request: web.Request) -> User:
    """The user of the path as it is now; 404 when there is none."""
    return tenant_of(request).user(request.match_info["user"])


def seen_user_of(request: web.Request) -> User:
    """The user of the path as a read sees it."""
    tenant = tenant_of(request)
    return tenant.seen_user(request.match_info["user"], tenant.replicas.behind(request.method, request.path))


def graph_root(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}/v1.0"


async def json_body(request: web.Request) -> dict[str, Any]:
    try:
        return await json_object(request)
    except ValueError as error:
        raise errors.GraphError(400, "BadRequest", "Unable to read JSON request payload.") from error
