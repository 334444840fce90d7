"""Faults over HTTP, tried on the tenant; both stand-ins share the code."""

import asyncio
from typing import Any

import httpx
import pytest

from local.m365_tenant.tenant import M365Tenant

MAYA = "/v1.0/users/maya.lin@contoso.com"
WITHIN_SECONDS = 10.0


async def switch_on(graph: httpx.AsyncClient, *rules: dict[str, Any]) -> None:
    (await graph.put("/control/faults", json=list(rules))).raise_for_status()


async def log(graph: httpx.AsyncClient) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await graph.get("/control/requests")).json()["requests"]
    return entries


async def test_a_status_fault_strikes_as_often_as_it_may_and_only_where_it_matches(graph: httpx.AsyncClient) -> None:
    match = {"method": "GET", "path": "/users/[^/]+$"}
    await switch_on(graph, {"kind": "status", "status": 503, "retry_after": 7, "times": 2, "match": match})

    elsewhere = await graph.get("/v1.0/subscribedSkus")
    answers = [await graph.get(MAYA) for _ in range(3)]

    assert elsewhere.status_code == 200
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].json()["error"]["code"] == "ServiceUnavailable"
    assert (await graph.get("/control/faults")).json()[0]["hits"] == 2


async def test_a_status_fault_can_have_an_empty_body_or_words_of_its_own(graph: httpx.AsyncClient) -> None:
    await switch_on(
        graph,
        {"kind": "status", "status": 500, "empty_body": True, "times": 1},
        {"kind": "status", "status": 403, "code": "ErrorAccessDenied", "message": "Access is denied.", "times": 1},
    )

    empty, worded = await graph.get(MAYA), await graph.get(MAYA)

    assert (empty.status_code, empty.content) == (500, b"")
    assert (worded.json()["error"]["code"], worded.json()["error"]["message"]) == (
        "ErrorAccessDenied",
        "Access is denied.",
    )


async def test_a_dropped_request_has_no_effect_and_no_answer(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    await switch_on(graph, {"kind": "drop", "times": 1})

    with pytest.raises(httpx.RemoteProtocolError):
        await graph.patch(MAYA, json={"accountEnabled": False})

    assert tenant.user("maya.lin@contoso.com").account_enabled
    (entry,) = await log(graph)
    assert (entry["status"], entry["fault"]) == (None, "drop")


async def test_a_request_dropped_after_its_effect_has_no_answer_either(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    await switch_on(graph, {"kind": "drop_after", "times": 1})

    with pytest.raises(httpx.RemoteProtocolError):
        await graph.patch(MAYA, json={"accountEnabled": False})

    assert not tenant.user("maya.lin@contoso.com").account_enabled


async def test_a_hanging_request_ends_when_the_client_gives_up(graph: httpx.AsyncClient) -> None:
    await switch_on(graph, {"kind": "hang", "times": 1})

    with pytest.raises(httpx.ReadTimeout):
        await graph.get(MAYA, timeout=0.2)

    async with asyncio.timeout(WITHIN_SECONDS):
        while (await log(graph))[0]["ended_at"] is None:
            await asyncio.sleep(0.01)


async def test_latency_adds_up_and_lets_the_request_through(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    tenant.controls.sleep = wait
    await switch_on(graph, {"kind": "latency", "seconds": 20}, {"kind": "latency", "seconds": 30})

    answer = await graph.get(MAYA)

    assert answer.status_code == 200
    assert waits == [20, 30]


async def test_a_probable_fault_strikes_the_same_requests_for_the_same_seed(graph: httpx.AsyncClient) -> None:
    async def statuses() -> list[int]:
        await switch_on(graph, {"kind": "status", "status": 429, "probability": 0.33, "seed": 7})
        return [(await graph.get(MAYA)).status_code for _ in range(60)]

    first, second = await statuses(), await statuses()

    assert first == second
    assert 10 < first.count(429) < 30


async def test_the_control_routes_are_never_struck(graph: httpx.AsyncClient) -> None:
    await switch_on(graph, {"kind": "drop"})

    assert (await graph.delete("/control/faults")).status_code == 204
    assert (await graph.get(MAYA)).status_code == 200


async def test_a_pattern_that_is_none_is_refused(graph: httpx.AsyncClient) -> None:
    answer = await graph.put("/control/faults", json=[{"kind": "drop", "match": {"path": "("}}])

    assert answer.status_code == 400
    assert "not a regular expression" in answer.json()["error"]
