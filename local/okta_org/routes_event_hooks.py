"""Event hooks.

https://developer.okta.com/docs/api/openapi/okta-management/management/tag/EventHook/
"""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import ValidationError

from local.okta_org import errors
from local.okta_org.hook_verification import verify
from local.okta_org.model import Channel, EventHook, HookEvents
from local.okta_org.org import OktaOrg, new_id
from local.okta_org.requests import hook_of, json_body, org_of, org_url, origin_of
from local.okta_org.system_log import HOOK_ELIGIBLE

MOST_DELIVERING_HOOKS = 25


async def list_hooks(request: web.Request) -> web.Response:
    return web.json_response([hook.shown() for hook in org_of(request).state.hooks.values()])


async def show_hook(request: web.Request) -> web.Response:
    return web.json_response(hook_of(request).shown())


async def create_hook(request: web.Request) -> web.Response:
    org = org_of(request)
    now, hook_id = org.controls.clock.millis(), new_id("who")
    hook = EventHook(
        id=hook_id,
        created=now,
        created_by=origin_of(request).actor_id,
        last_updated=now,
        source=f"{org_url(request)}/api/v1/eventHooks/{hook_id}",
        **_checked(org, await json_body(request)),
    )
    org.state.hooks[hook_id] = hook
    org.log.write("event_hook.created", origin_of(request), hook)
    return web.json_response(hook.shown())


async def replace_hook(request: web.Request) -> web.Response:
    org, hook = org_of(request), hook_of(request)
    changes = _checked(org, await json_body(request))
    _keep_secret(hook, changes["channel"])
    if changes["channel"] != hook.channel:
        hook.verification_status = "UNVERIFIED"
    for name, value in changes.items():
        setattr(hook, name, value)
    hook.last_updated = org.controls.clock.millis()
    org.log.write("event_hook.updated", origin_of(request), hook)
    return web.json_response(hook.shown())


async def delete_hook(request: web.Request) -> web.Response:
    org, hook = org_of(request), hook_of(request)
    if hook.status != "INACTIVE":
        raise errors.invalid("eventHook", "Cannot delete an active event hook, deactivate it first")
    del org.state.hooks[hook.id]
    org.log.write("event_hook.deleted", origin_of(request), hook)
    return web.Response(status=204)


async def verify_hook(request: web.Request) -> web.Response:
    org, hook = org_of(request), hook_of(request)
    _refuse_too_many(org, hook)
    problem = await verify(hook, org.deliveries.timeout_seconds)
    org.log.write("event_hook.verified", origin_of(request), hook, failure=problem)
    if problem:
        raise errors.invalid("eventHook", f"The event hook could not be verified: {problem}")
    hook.verification_status = "VERIFIED"
    hook.last_updated = org.controls.clock.millis()
    return web.json_response(hook.shown())


async def activate_hook(request: web.Request) -> web.Response:
    _refuse_too_many(org_of(request), hook_of(request))
    return _set_status(request, "ACTIVE", "event_hook.activated")


async def deactivate_hook(request: web.Request) -> web.Response:
    return _set_status(request, "INACTIVE", "event_hook.deactivated")


EVENT_HOOK_ROUTES = (
    web.get("/api/v1/eventHooks", list_hooks),
    web.post("/api/v1/eventHooks", create_hook),
    web.get("/api/v1/eventHooks/{hook}", show_hook),
    web.put("/api/v1/eventHooks/{hook}", replace_hook),
    web.delete("/api/v1/eventHooks/{hook}", delete_hook),
    web.post("/api/v1/eventHooks/{hook}/lifecycle/verify", verify_hook),
    web.post("/api/v1/eventHooks/{hook}/lifecycle/activate", activate_hook),
    web.post("/api/v1/eventHooks/{hook}/lifecycle/deactivate", deactivate_hook),
)


def _set_status(request: web.Request, status: str, event_type: str) -> web.Response:
    org, hook = org_of(request), hook_of(request)
    hook.status, hook.last_updated = status, org.controls.clock.millis()
    org.log.write(event_type, origin_of(request), hook)
    return web.json_response(hook.shown())


def _checked(org: OktaOrg, body: dict[str, Any]) -> dict[str, Any]:
    """The writable members of a hook, validated as Okta does."""
    if not body.get("name"):
        raise errors.invalid("name", "name: The field cannot be left blank")
    try:
        events = HookEvents.model_validate(body.get("events"))
        channel = Channel.model_validate(body.get("channel"))
    except ValidationError as error:
        causes = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise errors.invalid("eventHook", *causes) from error
    if events.filter is not None and not org.state.has_hook_filters:
        raise errors.invalid("events", "events.filter: event hook filtering is not enabled for this org")
    if events.type != "EVENT_TYPE" or not set(events.items) <= HOOK_ELIGIBLE:
        ineligible = ", ".join(sorted(set(events.items) - HOOK_ELIGIBLE)) or events.type
        raise errors.invalid("events", f"events: not eligible for event hooks: {ineligible}")
    if channel.type != "HTTP" or channel.version != "1.0.0":
        raise errors.invalid("channel", "channel: only HTTP, version 1.0.0")
    if not _is_allowed_uri(channel.config.uri):
        raise errors.invalid("channel.config.uri", "uri: must be HTTPS (this stand-in allows http to this machine)")
    return {"name": body["name"], "description": body.get("description"), "events": events, "channel": channel}


def _is_allowed_uri(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        is_loopback = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_loopback = False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback)


def _keep_secret(hook: EventHook, channel: Channel) -> None:
    """The secret is never shown, so a hook that was read and written back comes without it."""
    new, old = channel.config.auth_scheme, hook.channel.config.auth_scheme
    if new is not None and new.value is None and old is not None:
        new.value = old.value


def _refuse_too_many(org: OktaOrg, hook: EventHook) -> None:
    delivering = [other for other in org.state.hooks.values() if other.is_delivering and other.id != hook.id]
    if len(delivering) >= MOST_DELIVERING_HOOKS:
        raise errors.invalid("eventHook", f"At most {MOST_DELIVERING_HOOKS} event hooks may be active and verified")
