"""`/control/deliveries` of the Okta org: what was delivered, and what is delivered next and when."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from local.okta_org.deliveries import Delivery
from local.okta_org.model import EventHook
from local.okta_org.org import OktaOrg
from local.okta_org.preview import preview_event
from local.okta_org.requests import org_of
from local.stand_in.control_routes import BadControlRequest, control_body


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DeliveryOrder(_Body):
    """One of: any `payload`; logged events by `uuids`; the Preview of an event type. To one `hook`, or to all."""

    hook: str | None = None
    payload: Any = None
    uuids: list[str] | None = None
    preview: str | None = None


class DeliverySettings(_Body):
    merge_window_seconds: float | None = None
    timeout_seconds: float | None = None
    most_events: int | None = None


async def show_deliveries(request: web.Request) -> web.Response:
    """All of them, or with `?state=held` only those in that state."""
    deliveries, state = org_of(request).deliveries, request.query.get("state")
    shown = [delivery.shown() for delivery in deliveries.records if state in (None, delivery.state)]
    answer = {"deliveries": shown, "unfinished": deliveries.unfinished, "holding": deliveries.holding}
    return web.json_response(answer)


async def order_deliveries(request: web.Request) -> web.Response:
    org, wanted = org_of(request), DeliveryOrder.model_validate(await control_body(request))
    hooks = [org.hook(wanted.hook)] if wanted.hook else list(org.state.hooks.values())
    if not hooks:
        raise BadControlRequest("no event hook is registered, so there is nowhere to deliver to")
    made = [await _deliver_now(org, hook, wanted) for hook in hooks]
    return web.json_response([delivery.shown() for delivery in made])


async def hold_deliveries(request: web.Request) -> web.Response:
    org_of(request).deliveries.holding = True
    return web.json_response({"holding": True})


async def release_deliveries(request: web.Request) -> web.Response:
    deliveries, body = org_of(request).deliveries, await control_body(request)
    deliveries.holding = bool(body.get("keep_holding", False))
    released = await deliveries.release(list(body.get("order", [])))
    return web.json_response([delivery.shown() for delivery in released])


async def change_delivery_settings(request: web.Request) -> web.Response:
    deliveries = org_of(request).deliveries
    settings = DeliverySettings.model_validate(await control_body(request))
    for name, value in settings.model_dump(exclude_none=True).items():
        setattr(deliveries, name, value)
    return web.json_response({name: getattr(deliveries, name) for name in DeliverySettings.model_fields})


DELIVERY_CONTROL_ROUTES = (
    web.get("/control/deliveries", show_deliveries),
    web.post("/control/deliveries", order_deliveries),
    web.post("/control/deliveries/hold", hold_deliveries),
    web.post("/control/deliveries/release", release_deliveries),
    web.put("/control/deliveries/settings", change_delivery_settings),
)


async def _deliver_now(org: OktaOrg, hook: EventHook, wanted: DeliveryOrder) -> Delivery:
    """Deliver at once, whatever is held and whatever faults are on, and wait for the answer."""
    if wanted.preview:
        payload: Any = org.deliveries.envelope(hook, [preview_event(wanted.preview, org.controls.clock.millis())])
    elif wanted.uuids is not None:
        events = [event for uuid in wanted.uuids for event in org.log.events if event["uuid"] == uuid]
        payload = org.deliveries.envelope(hook, events)
    else:
        payload = wanted.payload
    delivery = org.deliveries.record(hook, payload)
    await org.deliveries.send(delivery)
    return delivery
