"""The part of `/control` that both stand-ins share: reset, state, the request log, faults and the clock."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, TypeAdapter, ValidationError

from local.stand_in.controls import StandIn
from local.stand_in.faults import FaultRule

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


def shared_control_routes(stand_in: StandIn, seed_sample_people: Callable[[], None]) -> list[web.RouteDef]:
    controls = stand_in.controls

    async def reset(request: web.Request) -> web.Response:
        seed = bool((await control_body(request)).get("seed", False))
        controls.reset()
        stand_in.reset()
        if seed:
            seed_sample_people()
        return web.Response(status=204)

    async def state(request: web.Request) -> web.Response:
        return web.Response(text=stand_in.dump_state(), content_type="application/json")

    async def requests(request: web.Request) -> web.Response:
        return web.json_response({"requests": controls.requests.since(int(request.query.get("since", "0")))})

    async def clear_requests(request: web.Request) -> web.Response:
        controls.requests.clear()
        return web.Response(status=204)

    async def set_clock(request: web.Request) -> web.Response:
        setting = ClockSetting.model_validate(await control_body(request))
        controls.clock.offset_seconds = setting.offset_seconds
        return web.json_response({"offset_seconds": setting.offset_seconds, "now": controls.clock.millis()})

    return [
        web.post("/control/reset", reset),
        web.get("/control/state", state),
        web.get("/control/requests", requests),
        web.delete("/control/requests", clear_requests),
        web.put("/control/clock", set_clock),
        *_fault_routes(stand_in),
    ]


def _fault_routes(stand_in: StandIn) -> list[web.RouteDef]:
    faults = stand_in.controls.faults

    async def show(request: web.Request) -> web.Response:
        return web.json_response([rule.model_dump(exclude_none=True) for rule in faults.rules])

    async def replace(request: web.Request) -> web.Response:
        try:
            faults.replace(_FAULT_RULES.validate_python(await control_body(request)))
        except ValueError as error:
            raise BadControlRequest(str(error)) from error
        return await show(request)

    async def clear(request: web.Request) -> web.Response:
        faults.rules = []
        return web.Response(status=204)

    return [
        web.get("/control/faults", show),
        web.put("/control/faults", replace),
        web.delete("/control/faults", clear),
    ]
