"""Registers the app's event hook at the Okta stand-in, as an administrator does once at a real org.

https://developer.okta.com/docs/guides/event-hook-implementation/
"""

from collections.abc import Mapping
from typing import Any

import httpx

from lifecycle.events import EVENT_TYPES
from lifecycle.health_okta import HOOK_PATH

HOOK_NAME = "Offstage"


class EventHookError(Exception):
    """The hook could not be registered or verified."""


async def register_event_hook(okta: httpx.AsyncClient, host_url: str, secret: str) -> None:
    """Have exactly one verified hook for this host. The secret cannot be read back, so an older hook is replaced."""
    wanted = _event_hook(f"{host_url}{HOOK_PATH}", secret)
    for hook in _checked(await okta.get("/api/v1/eventHooks")).json():
        if hook["name"] == HOOK_NAME:
            await _delete(okta, hook)
    created = _checked(await okta.post("/api/v1/eventHooks", json=wanted)).json()
    _checked(await okta.post(f"/api/v1/eventHooks/{created['id']}/lifecycle/verify"))


async def _delete(okta: httpx.AsyncClient, hook: Mapping[str, Any]) -> None:
    address = f"/api/v1/eventHooks/{hook['id']}"
    if hook["status"] == "ACTIVE":  # Okta deletes inactive hooks only
        _checked(await okta.post(f"{address}/lifecycle/deactivate"))
    _checked(await okta.delete(address))


def _event_hook(uri: str, secret: str) -> dict[str, Any]:
    return {
        "name": HOOK_NAME,
        "events": {"type": "EVENT_TYPE", "items": list(EVENT_TYPES)},
        "channel": {
            "type": "HTTP",
            "version": "1.0.0",
            "config": {"uri": uri, "authScheme": {"type": "HEADER", "key": "Authorization", "value": secret}},
        },
    }


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        request = response.request
        raise EventHookError(f"{request.method} {request.url} answered {response.status_code}: {response.text[:300]}")
    return response
