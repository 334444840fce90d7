"""What happens around every request: it is logged, faults strike it, and changes reach the state file."""

import asyncio
import time
from email.utils import format_datetime

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local.stand_in.faults import REQUEST_KINDS, FaultRule
from local.stand_in.request_log import LOG_ENTRY
from local.stand_in.stand_in import AnyStandIn

CONTROL_PREFIX = "/control"
HANG_AT_MOST_SECONDS = 60.0
_LOOK_FOR_HANG_UP_SECONDS = 0.05


class ConnectionDropped(Exception):
    """A fault wants the connection closed without an answer."""


def log_requests(stand_in: AnyStandIn) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        requests = stand_in.controls.requests
        entry = requests.begin(request, stand_in.concerned_user(request), await request.read())
        request[LOG_ENTRY] = entry
        try:
            response = await handler(request)
        except ConnectionDropped:
            requests.end(entry, None)
            return _hang_up(request)
        requests.end(entry, response.status)
        return response

    return middleware


def tell_the_time(stand_in: AnyStandIn) -> Middleware:
    """The `Date` of every answer is what the stand-in's own clock shows, moved as it may be."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        response.headers["Date"] = format_datetime(stand_in.controls.clock.now(), usegmt=True)
        return response

    return middleware


def save_changes(stand_in: AnyStandIn) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            if request.method not in ("GET", "HEAD"):
                stand_in.controls.state_file.changed()

    return middleware


def strike_faults(stand_in: AnyStandIn) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        struck = stand_in.controls.faults.strike_request(REQUEST_KINDS, request.method, request.path)
        if struck:
            request[LOG_ENTRY].fault = ",".join(rule.kind for rule in struck)
        for rule in struck:
            answer = await _strike(stand_in, request, rule)
            if answer is not None:
                return answer
        response = await handler(request)
        if any(rule.kind == "drop_after" for rule in struck):
            raise ConnectionDropped
        return response

    return middleware


async def _strike(stand_in: AnyStandIn, request: web.Request, rule: FaultRule) -> web.Response | None:
    match rule.kind:
        case "latency":
            await stand_in.controls.sleep(rule.seconds)
        case "status":
            return stand_in.fault_answer(request, rule)
        case "hang":
            await _wait_for_hang_up(request)
            raise ConnectionDropped
        case "drop":
            raise ConnectionDropped
    return None


async def _wait_for_hang_up(request: web.Request) -> None:
    give_up_at = time.monotonic() + HANG_AT_MOST_SECONDS
    while _is_connected(request) and time.monotonic() < give_up_at:
        await asyncio.sleep(_LOOK_FOR_HANG_UP_SECONDS)


def _is_connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()  # goes nowhere: the connection is gone
