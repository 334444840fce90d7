"""An org in this process, a client that may do everything, and a receiver for what the org delivers."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from aiohttp import web

from local.okta_org.org import DEFAULT_TOKEN, OktaOrg
from local.okta_org.sample_org import seed_sample_people
from local.okta_org.server import make_app
from local.stand_in.server import serving

SECRET = "let-me-in"
WITHIN_SECONDS = 10.0
MEMBERSHIP_EVENTS = ["group.user_membership.add", "group.user_membership.remove"]


@dataclass
class Receiver:
    """An event hook endpoint. `answers` are the statuses of the next answers, 204 when they run out.

    It answers while `answering` is set.
    """

    url: str = ""
    answers: list[int] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    echoes_challenge: bool = True
    deliveries: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.methods.append(request.method)
        self.headers.append(dict(request.headers))
        if request.method == "POST":
            self.deliveries.append(await request.json())
        await self.answering.wait()
        status = self.answers.pop(0) if self.answers else None
        if status is not None or request.method == "POST":
            return web.Response(status=status or 204)
        challenge = request.headers["X-Okta-Verification-Challenge"] if self.echoes_challenge else "another"
        return web.json_response({"verification": challenge})

    async def received(self, count: int) -> None:
        """Wait for that many deliveries."""
        async with asyncio.timeout(WITHIN_SECONDS):
            while len(self.deliveries) < count:
                await asyncio.sleep(0.005)

    def uuids(self) -> list[list[str]]:
        return [[event["uuid"] for event in delivery["data"]["events"]] for delivery in self.deliveries]


@pytest.fixture
async def org() -> OktaOrg:
    org = OktaOrg(merge_window_seconds=0.02)
    seed_sample_people(org)
    return org


@pytest.fixture
async def okta(org: OktaOrg) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"SSWS {DEFAULT_TOKEN}"}
    async with serving(make_app(org)) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        yield client


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    receiver.answering.set()
    app = web.Application()
    app.router.add_route("*", "/events", receiver.answer)
    async with serving(app) as url:
        receiver.url = f"{url}/events"
        yield receiver
        receiver.answering.set()


def hook_body(uri: str, events: list[str] = MEMBERSHIP_EVENTS, **config: Any) -> dict[str, Any]:
    scheme = {"type": "HEADER", "key": "Authorization", "value": SECRET}
    return {
        "name": "Offstage",
        "events": {"type": "EVENT_TYPE", "items": events},
        "channel": {"type": "HTTP", "version": "1.0.0", "config": {"uri": uri, "authScheme": scheme, **config}},
    }


async def verified_hook(okta: httpx.AsyncClient, receiver: Receiver, events: list[str] = MEMBERSHIP_EVENTS) -> str:
    """Register the receiver, let it be verified, and forget that it was."""
    hook_id = str((await okta.post("/api/v1/eventHooks", json=hook_body(receiver.url, events))).json()["id"])
    (await okta.post(f"/api/v1/eventHooks/{hook_id}/lifecycle/verify")).raise_for_status()
    receiver.methods.clear()
    receiver.headers.clear()
    return hook_id


async def settled(okta: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The deliveries, once none is under way."""
    answer: dict[str, Any] = {"unfinished": 1}
    async with asyncio.timeout(WITHIN_SECONDS):
        while answer["unfinished"]:
            await asyncio.sleep(0.01)
            answer = (await okta.get("/control/deliveries")).json()
    deliveries: list[dict[str, Any]] = answer["deliveries"]
    return deliveries


async def put(okta: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    return (await okta.put(path, content=json.dumps(body))).raise_for_status()
