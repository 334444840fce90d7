import asyncio
from typing import Any

import httpx
import pytest

from local.okta_org.org import OktaOrg
from local.stand_in.sample_people import MANAGED_GROUP_ID

from .conftest import SECRET, Receiver, put, settled, verified_hook

MAYA = "00u7new3Zp5Rt6Vb15d7"
OMAR = "00u7oth8Hj2Kl4Mn15d7"


async def leave(okta: httpx.AsyncClient, user_id: str) -> None:
    (await okta.delete(f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{user_id}")).raise_for_status()


async def each_event_alone(okta: httpx.AsyncClient) -> None:
    await put(okta, "/control/deliveries/settings", {"merge_window_seconds": 0})


async def test_events_close_in_time_travel_in_one_post_with_the_secret(
    okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver
) -> None:
    hook_id = await verified_hook(okta, receiver)
    org.deliveries.merge_window_seconds = 3600
    await leave(okta, MAYA)
    await leave(okta, OMAR)
    org.deliveries.post_collected(hook_id)
    (delivery,) = await settled(okta)

    (envelope,) = receiver.deliveries
    assert (envelope["eventType"], envelope["cloudEventsVersion"]) == ("com.okta.event_hook", "0.1")
    assert envelope["source"].endswith(f"/api/v1/eventHooks/{hook_id}")
    assert delivery["uuids"] == receiver.uuids()[0] == [event["uuid"] for event in org.log.events[-2:]]
    assert (delivery["state"], delivery["event_id"]) == ("delivered", envelope["eventId"])
    assert receiver.headers[0]["Authorization"] == SECRET
    assert (receiver.headers[0]["Accept"], receiver.headers[0]["Content-Type"]) == ("application/json",) * 2
    assert envelope["data"]["events"][0]["client"]["ipChain"][0]["ip"] == "127.0.0.1"
    assert "request" not in envelope["data"]["events"][0]


async def test_events_of_the_system_come_without_the_members_they_lack(
    okta: httpx.AsyncClient, receiver: Receiver
) -> None:
    await verified_hook(okta, receiver)
    await okta.post("/control/memberships", json=[{"group": MANAGED_GROUP_ID, "user": MAYA, "action": "remove"}])
    await settled(okta)

    event = receiver.deliveries[0]["data"]["events"][0]
    assert event["client"] == {"ipChain": []}
    assert "device" not in event
    assert event["outcome"] == {"result": "SUCCESS"}


async def test_a_large_batch_is_split(okta: httpx.AsyncClient, receiver: Receiver) -> None:
    await verified_hook(okta, receiver)
    await put(okta, "/control/deliveries/settings", {"most_events": 2})
    changes = [
        {"group": MANAGED_GROUP_ID, "user": user, "action": action}
        for action in ("remove", "add")
        for user in (MAYA, OMAR)
    ]
    await okta.post("/control/memberships", json=changes)
    await settled(okta)

    assert sorted(len(uuids) for uuids in receiver.uuids()) == [2, 2]


async def test_nothing_is_delivered_to_a_hook_that_is_unverified_inactive_or_not_subscribed(
    okta: httpx.AsyncClient, receiver: Receiver
) -> None:
    hook_id = await verified_hook(okta, receiver, ["group.user_membership.add"])
    await leave(okta, MAYA)
    await okta.post(f"/api/v1/eventHooks/{hook_id}/lifecycle/deactivate")
    await okta.put(f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{MAYA}")

    assert await settled(okta) == []


@pytest.mark.parametrize(
    ("answers", "tried", "state"),
    [
        ([200], [200], "delivered"),
        ([503], [503, 204], "delivered"),
        ([500, 502], [500, 502], "failed"),
        ([400], [400], "failed"),
        ([401], [401], "failed"),
        ([429], [429], "failed"),
        ([302], [302], "failed"),
    ],
)
async def test_a_5xx_is_retried_once_and_anything_else_never(
    okta: httpx.AsyncClient, receiver: Receiver, answers: list[int], tried: list[int], state: str
) -> None:
    await verified_hook(okta, receiver)
    receiver.answers = answers
    await leave(okta, MAYA)
    (delivery,) = await settled(okta)

    assert [attempt["status"] for attempt in delivery["attempts"]] == tried
    assert delivery["state"] == state
    assert len({envelope["eventId"] for envelope in receiver.deliveries}) == 1


async def test_a_delivery_that_fails_shows_in_the_system_log_only(
    okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver
) -> None:
    hook_id = await verified_hook(okta, receiver)
    receiver.answers = [500, 500]
    await leave(okta, MAYA)
    await settled(okta)

    event = org.log.events[-1]
    assert (event["eventType"], event["outcome"]["result"]) == ("event_hook.delivery", "FAILURE")
    assert (event["outcome"]["reason"], event["target"][0]["id"]) == ("HTTP status 500", hook_id)
    assert len(receiver.deliveries) == 2


async def test_no_answer_in_time_is_retried_once(okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver) -> None:
    await verified_hook(okta, receiver)
    org.deliveries.timeout_seconds = 0.05
    receiver.answering.clear()
    await leave(okta, MAYA)
    (delivery,) = await settled(okta)

    assert [attempt["status"] for attempt in delivery["attempts"]] == [None, None]
    assert "0.05 seconds" in delivery["attempts"][0]["answer"]


async def test_a_dead_endpoint_is_tried_twice(okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver) -> None:
    hook_id = await verified_hook(okta, receiver)
    org.hook(hook_id).channel.config.uri = "http://127.0.0.1:1/events"
    await leave(okta, MAYA)
    (delivery,) = await settled(okta)

    assert [attempt["status"] for attempt in delivery["attempts"]] == [None, None]
    assert delivery["attempts"][0]["answer"].startswith("connection failed")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("duplicate", [[0], [0], [1]]), ("lose", [[1]])],
)
async def test_a_fault_strikes_the_first_delivery(
    okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver, kind: str, expected: list[list[int]]
) -> None:
    await verified_hook(okta, receiver)
    await each_event_alone(okta)
    await put(okta, "/control/faults", [{"kind": kind, "times": 1}])
    logged = len(org.log.events)
    await leave(okta, MAYA)
    await settled(okta)
    await leave(okta, OMAR)
    await settled(okta)

    uuids = [event["uuid"] for event in org.log.events[logged:]]
    assert receiver.uuids() == [[uuids[at] for at in delivery] for delivery in expected]
    assert len({envelope["eventId"] for envelope in receiver.deliveries}) == len(expected)


@pytest.mark.parametrize("kind", ["reorder", "delay"])
async def test_a_later_delivery_overtakes_one_that_a_fault_keeps_waiting(
    okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver, kind: str
) -> None:
    await verified_hook(okta, receiver)
    await each_event_alone(okta)
    waits: list[float] = []
    over = asyncio.Event()

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        await over.wait()

    org.controls.sleep = wait
    await put(okta, "/control/faults", [{"kind": kind, "times": 1, "seconds": 300}])
    logged = len(org.log.events)
    await leave(okta, MAYA)
    await leave(okta, OMAR)
    await receiver.received(1)
    over.set()
    await settled(okta)

    first, second = (event["uuid"] for event in org.log.events[logged:])
    assert receiver.uuids() == [[second], [first]]
    assert waits == [300]


async def test_a_swapped_delivery_goes_out_alone_when_no_other_comes(
    okta: httpx.AsyncClient, receiver: Receiver
) -> None:
    await verified_hook(okta, receiver)
    await put(okta, "/control/faults", [{"kind": "reorder", "times": 1, "seconds": 0}])
    await leave(okta, MAYA)
    await settled(okta)

    assert len(receiver.deliveries) == 1


async def test_held_deliveries_go_out_in_the_order_a_test_wants(
    okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver
) -> None:
    await verified_hook(okta, receiver)
    await each_event_alone(okta)
    await okta.post("/control/deliveries/hold")
    await leave(okta, MAYA)
    await leave(okta, OMAR)
    held = [delivery["state"] for delivery in await settled(okta)]
    last = org.log.events[-1]["uuid"]

    released = (await okta.post("/control/deliveries/release", json={"order": [last]})).json()
    shown = [
        (await okta.get("/control/deliveries", params={"state": state})).json()["deliveries"]
        for state in ("held", "delivered")
    ]

    assert held == ["held", "held"]
    assert receiver.uuids()[0] == [last]
    assert [delivery["state"] for delivery in released] == ["delivered", "delivered"]
    assert shown[0] == []
    assert {delivery["event_id"] for delivery in shown[1]} == {delivery["event_id"] for delivery in released}
    assert not (await okta.get("/control/deliveries")).json()["holding"]


async def test_the_preview_has_no_target_and_an_arbitrary_payload_goes_as_it_is(
    okta: httpx.AsyncClient, receiver: Receiver
) -> None:
    await verified_hook(okta, receiver)
    await okta.post("/control/deliveries", json={"preview": "group.user_membership.remove"})
    await okta.post("/control/deliveries", json={"payload": ["nonsense"]})

    preview = receiver.deliveries[0]["data"]["events"][0]
    assert (preview["target"], preview["actor"], preview["debugContext"]) == (None, None, None)
    assert preview["outcome"]["result"] == "Success"
    assert preview["transaction"]["type"] is None
    assert receiver.deliveries[1] == ["nonsense"]


async def test_a_logged_event_can_be_delivered_again(okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver) -> None:
    await verified_hook(okta, receiver)
    await leave(okta, MAYA)
    await settled(okta)
    answer = await okta.post("/control/deliveries", json={"uuids": [org.log.events[-1]["uuid"]]})

    assert answer.json()[0]["state"] == "delivered"
    assert receiver.uuids()[0] == receiver.uuids()[1]


async def test_ordering_a_delivery_without_a_hook_is_explained(okta: httpx.AsyncClient) -> None:
    answer = await okta.post("/control/deliveries", json={"payload": {}})

    body: dict[str, Any] = answer.json()
    assert answer.status_code == 400
    assert "no event hook is registered" in body["error"]
