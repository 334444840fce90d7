from typing import Any

import httpx
import pytest

from local.okta_org.org import OktaOrg

from .conftest import SECRET, Receiver, hook_body, verified_hook

HOOKS = "/api/v1/eventHooks"


async def test_a_new_hook_is_active_and_unverified_and_never_shows_its_secret(okta: httpx.AsyncClient) -> None:
    created = await okta.post(HOOKS, json=hook_body("https://example.com/api/okta/events"))
    shown = await okta.get(f"{HOOKS}/{created.json()['id']}")

    assert created.status_code == 200
    assert (created.json()["status"], created.json()["verificationStatus"]) == ("ACTIVE", "UNVERIFIED")
    assert SECRET not in created.text + shown.text
    assert shown.json()["channel"]["config"]["authScheme"] == {"type": "HEADER", "key": "Authorization"}


@pytest.mark.parametrize(
    "body",
    [
        hook_body("http://hooks.example.com/events"),
        hook_body("ftp://127.0.0.1/events"),
        hook_body("https://example.com", events=["event_hook.delivery"]),
        hook_body("https://example.com", events=["user.lifecycle.delete.completed"]),
        hook_body("https://example.com", events=[]),
        {**hook_body("https://example.com"), "name": ""},
        {"name": "x"},
    ],
)
async def test_a_hook_okta_would_refuse_is_refused(okta: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await okta.post(HOOKS, json=body)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000001")


async def test_verification_sends_challenge_secret_and_custom_headers_in_one_get(
    okta: httpx.AsyncClient, receiver: Receiver
) -> None:
    body = hook_body(receiver.url, headers=[{"key": "x-functions-key", "value": "abc"}])
    hook_id = (await okta.post(HOOKS, json=body)).json()["id"]

    answer = await okta.post(f"{HOOKS}/{hook_id}/lifecycle/verify")

    assert (answer.status_code, answer.json()["verificationStatus"]) == (200, "VERIFIED")
    assert receiver.methods == ["GET"]
    assert (receiver.headers[0]["Authorization"], receiver.headers[0]["x-functions-key"]) == (SECRET, "abc")


@pytest.mark.parametrize("trouble", [{"answers": [401, 401]}, {"echoes_challenge": False}, {"answers": [503, 503]}])
async def test_failed_verification_is_tried_twice_and_answered_with_400(
    okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver, trouble: dict[str, Any]
) -> None:
    hook_id = (await okta.post(HOOKS, json=hook_body(receiver.url))).json()["id"]
    for name, value in trouble.items():
        setattr(receiver, name, value)

    answer = await okta.post(f"{HOOKS}/{hook_id}/lifecycle/verify")

    assert answer.status_code == 400
    assert receiver.methods == ["GET", "GET"]
    assert org.hook(hook_id).verification_status == "UNVERIFIED"
    assert org.log.events[-1]["outcome"]["result"] == "FAILURE"


async def test_verification_that_is_not_answered_in_time_is_tried_twice_too(
    okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver
) -> None:
    hook_id = (await okta.post(HOOKS, json=hook_body(receiver.url))).json()["id"]
    org.deliveries.timeout_seconds = 0.1
    receiver.answering.clear()

    answer = await okta.post(f"{HOOKS}/{hook_id}/lifecycle/verify")

    assert answer.status_code == 400
    assert receiver.methods == ["GET", "GET"]
    assert "the endpoint did not answer in time" in org.log.events[-1]["outcome"]["reason"]


async def test_verification_gets_through_on_the_retry(okta: httpx.AsyncClient, receiver: Receiver) -> None:
    hook_id = (await okta.post(HOOKS, json=hook_body(receiver.url))).json()["id"]
    receiver.answers = [500]

    assert (await okta.post(f"{HOOKS}/{hook_id}/lifecycle/verify")).status_code == 200


async def test_replacing_a_hook_unverifies_it_only_when_its_channel_changes(
    okta: httpx.AsyncClient, org: OktaOrg, receiver: Receiver
) -> None:
    hook_id = await verified_hook(okta, receiver)
    body = hook_body(receiver.url)
    del body["channel"]["config"]["authScheme"]["value"]

    same = await okta.put(f"{HOOKS}/{hook_id}", json={**body, "name": "Renamed"})
    moved = await okta.put(f"{HOOKS}/{hook_id}", json=hook_body("https://example.com/elsewhere"))

    assert (same.json()["name"], same.json()["verificationStatus"]) == ("Renamed", "VERIFIED")
    assert moved.json()["verificationStatus"] == "UNVERIFIED"
    assert org.hook(hook_id).request_headers == {"Authorization": SECRET}


async def test_only_an_inactive_hook_can_be_deleted(okta: httpx.AsyncClient) -> None:
    hook_id = (await okta.post(HOOKS, json=hook_body("https://example.com"))).json()["id"]
    while_active = await okta.delete(f"{HOOKS}/{hook_id}")
    await okta.post(f"{HOOKS}/{hook_id}/lifecycle/deactivate")
    deleted = await okta.delete(f"{HOOKS}/{hook_id}")

    assert (while_active.status_code, deleted.status_code) == (400, 204)
    assert (await okta.get(HOOKS)).json() == []
