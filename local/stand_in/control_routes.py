"""The part of `/control` that both stand-ins share: reset, state, the request log, faults and the clock."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, TypeAdapter, ValidationError

from local.stand_in.faults import FaultRule
from local.stand_in.stand_in import AnyStandIn

STAND_IN: web.AppKey[AnyStandIn] = web.AppKey("STAND_IN")
SEED_SAMPLE_PEOPLE: web.AppKey[Callable[[], None]] = web.AppKey("SEED_SAMPLE_PEOPLE")
_FAULT_RULES = TypeAdapter(list[FaultRule])


class BadControlRequest(Exception):
    """A control request that cannot be carried out; the text says why."""


class ClockSetting(BaseModel):
    offset_seconds: float


async def control_body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise BadControlRequest(f"the body is not JSON: {error}") from error


@web.middleware
async def explain_bad_control_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (BadControlRequest, ValidationError) as error:
        return web.json_response({"error": str(error)}, status=400)


async def reset(request: web.Request) -> web.Response:
    seed = bool((await control_body(request)).get("seed", False))
    request.app[STAND_IN].reset()
    if seed:
        request.app[SEED_SAMPLE_PEOPLE]()
    return web.Response(status=204)


async def show_state(request: web.Request) -> web.Response:
    return web.Response(text=request.app[STAND_IN].dump_state(), content_type="application/json")


async def show_requests(request: web.Request) -> web.Response:
    requests, query = request.app[STAND_IN].controls.requests, request.query
    return web.json_response({"requests": requests.since(int(query.get("since", "0")), query.get("path", ""))})


async def clear_requests(request: web.Request) -> web.Response:
    request.app[STAND_IN].controls.requests.clear()
    return web.Response(status=204)


async def set_clock(request: web.Request) -> web.Response:
    clock = request.app[STAND_IN].controls.clock
    clock.offset_seconds = ClockSetting.model_validate(await control_body(request)).offset_seconds
    return web.json_response({"offset_seconds": clock.offset_seconds, "now": clock.millis()})


async def show_faults(request: web.Request) -> web.Response:
    rules = request.app[STAND_IN].controls.faults.rules
    return web.json_response([rule.model_dump(exclude_none=True) for rule in rules])


async def replace_faults(request: web.Request) -> web.Response:
    try:
        request.app[STAND_IN].controls.faults.replace(_FAULT_RULES.validate_python(await control_body(request)))
    except ValueError as error:
        raise BadControlRequest(str(error)) from error
    return await show_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    request.app[STAND_IN].controls.faults.rules = []
    return web.Response(status=204)


SHARED_CONTROL_ROUTES = (
    web.post("/control/reset", reset),
    web.get("/control/state", show_state),
    web.get("/control/requests", show_requests),
    web.delete("/control/requests", clear_requests),
    web.put("/control/clock", set_clock),
    web.get("/control/faults", show_faults),
    web.put("/control/faults", replace_faults),
    web.delete("/control/faults", clear_faults),
)
