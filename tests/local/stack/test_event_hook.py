"""The stack registers its event hook as an administrator would: one hook, verified, with the secret the app expects."""

import json
from collections.abc import Callable

import httpx
import pytest

from lifecycle.events import EVENT_TYPES
from local.stack.event_hook import EventHookError, register_event_hook

HOST = "http://127.0.0.1:7071"
OLD = {"id": "who1", "name": "Offstage", "status": "ACTIVE"}
FOREIGN = {"id": "who2", "name": "Somebody else's", "status": "ACTIVE"}


class Org:
    """Answers as Okta does, and remembers what it was asked."""

    def __init__(self, hooks: list[dict[str, str]], verifies: bool = True) -> None:
        self.calls: list[str] = []
        self.created: dict[str, object] = {}
        self._hooks, self._verifies = hooks, verifies

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url.path}")
        if request.method == "DELETE":
            return httpx.Response(204)
        if request.url.path.endswith("/lifecycle/verify") and not self._verifies:
            return httpx.Response(400, json={"errorSummary": "Event hook request failed"})
        if request.method == "POST" and request.url.path == "/api/v1/eventHooks":
            self.created = json.loads(request.content)
            return httpx.Response(200, json={"id": "who9"})
        return httpx.Response(200, json=self._hooks)


async def register(org: Callable[[httpx.Request], httpx.Response]) -> None:
    async with httpx.AsyncClient(base_url="http://okta", transport=httpx.MockTransport(org)) as okta:
        await register_event_hook(okta, HOST, "local-hook-secret")


async def test_the_hook_is_created_with_the_secret_and_then_verified() -> None:
    org = Org([])

    await register(org)

    assert org.calls == [
        "GET /api/v1/eventHooks",
        "POST /api/v1/eventHooks",
        "POST /api/v1/eventHooks/who9/lifecycle/verify",
    ]
    assert org.created["events"] == {"type": "EVENT_TYPE", "items": list(EVENT_TYPES)}
    assert org.created["channel"] == {
        "type": "HTTP",
        "version": "1.0.0",
        "config": {
            "uri": "http://127.0.0.1:7071/api/okta/events",
            "authScheme": {"type": "HEADER", "key": "Authorization", "value": "local-hook-secret"},
        },
    }


async def test_the_hook_of_an_earlier_start_is_replaced_and_no_other_is_touched() -> None:
    org = Org([FOREIGN, OLD])

    await register(org)

    assert org.calls[1:3] == ["POST /api/v1/eventHooks/who1/lifecycle/deactivate", "DELETE /api/v1/eventHooks/who1"]
    assert not any("who2" in call for call in org.calls)


async def test_a_hook_that_cannot_be_verified_is_an_error_with_okta_s_words() -> None:
    with pytest.raises(EventHookError, match=r"who9/lifecycle/verify answered 400: .*Event hook request failed"):
        await register(Org([], verifies=False))
