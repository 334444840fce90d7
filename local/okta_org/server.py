"""The Okta org as a web application."""

from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.okta_org import errors
from local.okta_org.auth import TOKEN_PATH, Doorkeeper
from local.okta_org.org import OktaOrg
from local.okta_org.requests import ORG, ORIGIN
from local.okta_org.routes_control import OKTA_CONTROL_ROUTES
from local.okta_org.routes_control_deliveries import DELIVERY_CONTROL_ROUTES
from local.okta_org.routes_event_hooks import EVENT_HOOK_ROUTES
from local.okta_org.routes_groups import GROUP_ROUTES
from local.okta_org.routes_logs import LOG_ROUTES
from local.okta_org.routes_users import USER_ROUTES
from local.okta_org.sample_org import seed_sample_people
from local.stand_in.application import make_application

_API_PREFIX = "/api/v1/"
_ROUTES = (
    *USER_ROUTES,
    *GROUP_ROUTES,
    *LOG_ROUTES,
    *EVENT_HOOK_ROUTES,
    *OKTA_CONTROL_ROUTES,
    *DELIVERY_CONTROL_ROUTES,
)


def make_app(org: OktaOrg) -> web.Application:
    doorkeeper = Doorkeeper(org)
    app = make_application(
        org,
        partial(seed_sample_people, org),
        [web.post(TOKEN_PATH, doorkeeper.issue), *_ROUTES],
        after_faults=[_limit_rate(org), _answer_errors, _admit(doorkeeper)],
    )
    app[ORG] = org
    return app


def _limit_rate(org: OktaOrg) -> Middleware:
    limits = org.rate_limits

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(_API_PREFIX):
            return await handler(request)
        passes, headers = limits.count(request.path.removeprefix(_API_PREFIX).split("/")[0])
        limits.in_progress += 1
        try:
            if limits.in_progress > limits.at_once:
                headers = limits.exceeded_headers(None, concurrency=True)
                response: web.StreamResponse = errors.too_many_requests().response()
            elif not passes:
                response = errors.too_many_requests().response()
            else:
                response = await handler(request)
        finally:
            limits.in_progress -= 1
        response.headers.update(headers)
        return response

    return middleware


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except errors.OktaError as error:
        return error.response()
    except web.HTTPNotFound:
        return errors.OktaError(404, "E0000022", "The endpoint does not support the provided HTTP method").response()
    except web.HTTPMethodNotAllowed:
        return errors.method_not_allowed().response()


def _admit(doorkeeper: Doorkeeper) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(_API_PREFIX):
            request[ORIGIN] = doorkeeper.admit(request)
        return await handler(request)

    return middleware
