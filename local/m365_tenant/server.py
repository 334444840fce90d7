"""The tenant as a web application."""

import uuid
from collections.abc import Iterator
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.m365_tenant import errors
from local.m365_tenant.errors import CLIENT_REQUEST_ID, REQUEST_ID
from local.m365_tenant.permissions import check_permission
from local.m365_tenant.requests import TENANT
from local.m365_tenant.routes_control import TENANT_CONTROL_ROUTES
from local.m365_tenant.routes_licenses import LICENSE_ROUTES
from local.m365_tenant.routes_mail import MAIL_ROUTES
from local.m365_tenant.routes_users import USER_ROUTES
from local.m365_tenant.sample_tenant import seed_sample_people
from local.m365_tenant.tenant import M365Tenant
from local.stand_in.application import make_application

# With its base URL left to httpx, msgraph-sdk asks for /v1.0//users/...; Graph takes both.
ROOTS = ("/v1.0", "/v1.0/")
_API_PREFIX = "/v1.0/"


def make_app(tenant: M365Tenant) -> web.Application:
    app = make_application(
        tenant,
        partial(seed_sample_people, tenant),
        [*_graph_routes(), *TENANT_CONTROL_ROUTES],
        before_faults=[_identify],
        after_faults=[_answer_errors(tenant), _admit(tenant)],
    )
    app[TENANT] = tenant
    return app


def _graph_routes() -> Iterator[web.RouteDef]:
    for root in ROOTS:
        for route in (*USER_ROUTES, *LICENSE_ROUTES, *MAIL_ROUTES):
            yield web.RouteDef(route.method, root + route.path, route.handler, route.kwargs)


@web.middleware
async def _identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every answer carries `request-id`, and `client-request-id` as the client chose it."""
    request[REQUEST_ID] = str(uuid.uuid4())
    request[CLIENT_REQUEST_ID] = request.headers.get("client-request-id", request[REQUEST_ID])
    response = await handler(request)
    response.headers["request-id"] = request[REQUEST_ID]
    response.headers["client-request-id"] = request[CLIENT_REQUEST_ID]
    return response


def _answer_errors(tenant: M365Tenant) -> Middleware:
    clock = tenant.controls.clock

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except errors.GraphError as refusal:
            error = refusal
        except web.HTTPNotFound:
            error = errors.no_such_segment(request.path.rsplit("/", 1)[-1])
        except web.HTTPMethodNotAllowed:
            error = errors.method_not_allowed()
        return error.response(request, clock)

    return middleware


def _admit(tenant: M365Tenant) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_API_PREFIX):
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or not token:
                raise errors.not_authenticated("Access token is empty.")
            if token != tenant.token:
                raise errors.not_authenticated("CompactToken parsing failed with error code: 80049217")
            check_permission(request, token)
        return await handler(request)

    return middleware
