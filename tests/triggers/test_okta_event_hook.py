"""What Okta, and anybody else, gets for what they send to the event hook."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

import wiring
from lifecycle.inputs import EventInput, FanOutInput
from settings import Settings, read_settings
from tests.triggers.durable_client import FakeDurableClient
from triggers.okta_event_hook import okta_event_hook

PAYLOADS = Path(__file__).parent.parent / "payloads"
SECRET = "a-secret-of-the-event-hook"
ENVIRON = {
    "OKTA_ORG_URL": "https://contoso.okta.com",
    "OKTA_API_TOKEN": "token",
    "OKTA_HOOK_SECRET": SECRET,
    "OKTA_HOOK_SECRET_PREVIOUS": "the-secret-before-that",
    "TABLES_CONNECTION": "UseDevelopmentStorage=true",
}
LEAVES = ["staged_deactivation-d41c7e80-9c21-11f0-b0de-15a9c4e77f11"]


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    found = read_settings(ENVIRON)
    monkeypatch.setattr(wiring, "settings", lambda: found)
    return found


@pytest.fixture
def client() -> FakeDurableClient:
    return FakeDurableClient()


async def send(client: FakeDurableClient, body: Any = b"", *, method: str = "POST", **headers: str) -> tuple[int, Any]:
    """Call the function as the worker does. Returns the status and the parsed body."""
    headers = {"Authorization": SECRET} | headers
    request = func.HttpRequest(method, "http://localhost:7071/api/okta/events", headers=headers, body=encode(body))
    handler = okta_event_hook._function.get_user_function().client_function
    response = await handler(request, client)
    return response.status_code, json.loads(response.get_body())


def encode(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def delivery_of(count: int) -> dict[str, Any]:
    """The sample removal, many times over, for as many users."""
    delivery: dict[str, Any] = json.loads(payload("membership_remove"))
    event = json.dumps(delivery["data"]["events"][0])
    delivery["data"]["events"] = [
        json.loads(event.replace("d41c7e80", f"{n:08x}").replace("00u7new3", f"00u{n:05}")) for n in range(count)
    ]
    return delivery


async def test_verification_challenge_is_answered(client: FakeDurableClient) -> None:
    answer = await send(client, method="GET", **{"x-okta-verification-challenge": "abc123"})

    assert answer == (200, {"verification": "abc123"})


async def test_removal_from_the_managed_group_starts_a_deactivation_per_user(client: FakeDurableClient) -> None:
    status, answer = await send(client, payload("membership_remove"))

    assert status == 200
    assert len(answer["started"]) == 2
    assert answer["started"][0] == LEAVES[0]
    assert client.input_of(LEAVES[0], EventInput).okta_user_id == "00u7new3Zp5Rt6Vb15d7"


async def test_delivery_alone_does_not_make_an_event_one_that_happened(client: FakeDurableClient) -> None:
    await send(client, payload("membership_remove"))

    assert [client.input_of(instance, EventInput).found for instance in client.instances] == [False, False]


@pytest.mark.parametrize(("ahead", "started"), [(timedelta(hours=1), 2), (timedelta(hours=1, seconds=1), 0)])
async def test_event_from_more_than_an_hour_ahead_is_left_to_the_log(
    client: FakeDurableClient, monkeypatch: pytest.MonkeyPatch, ahead: timedelta, started: int
) -> None:
    delivery = json.loads(payload("membership_remove"))
    now = datetime(2027, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(wiring, "now", lambda: now)
    for event in delivery["data"]["events"]:
        event["published"] = (now + ahead).isoformat()

    status, answer = await send(client, delivery)

    assert (status, len(answer["started"]), answer["ignored"]) == (200, started, 2 - started)


async def test_deleted_group_is_left_to_the_log(client: FakeDurableClient) -> None:
    assert await send(client, payload("group_deleted")) == (200, {"started": [], "duplicate": 0, "ignored": 1})


@pytest.mark.parametrize("word", ["Running", "Completed"])
async def test_delivery_of_an_event_that_the_log_did_not_have_is_a_duplicate(
    client: FakeDurableClient, word: str
) -> None:
    await send(client, payload("membership_remove"))
    client.instances = dict.fromkeys(client.instances, word)
    client.stages = dict.fromkeys(client.instances, "unseen" if word == "Completed" else "awaiting_log")

    assert await send(client, payload("membership_remove")) == (200, {"started": [], "duplicate": 2, "ignored": 0})


async def test_same_delivery_again_starts_nothing(client: FakeDurableClient) -> None:
    await send(client, payload("membership_remove"))

    assert await send(client, payload("membership_remove")) == (200, {"started": [], "duplicate": 2, "ignored": 0})


async def test_same_event_in_two_deliveries_at_the_same_time_is_started_once(client: FakeDurableClient) -> None:
    await send(client, payload("membership_remove"))
    client.blind = True

    assert await send(client, payload("membership_remove")) == (200, {"started": [], "duplicate": 2, "ignored": 0})


async def test_finished_instance_is_not_started_again(client: FakeDurableClient) -> None:
    await send(client, payload("membership_remove"))
    client.instances = dict.fromkeys(client.instances, "Completed")

    assert (await send(client, payload("membership_remove")))[1]["duplicate"] == 2


@pytest.mark.parametrize("name", ["preview", "empty_batch"])
async def test_delivery_that_says_nothing_is_accepted(client: FakeDurableClient, name: str) -> None:
    status, answer = await send(client, payload(name))

    assert (status, answer["started"]) == (200, [])


async def test_unknown_event_type_and_unmanaged_group_are_ignored(client: FakeDurableClient) -> None:
    delivery = json.loads(payload("membership_remove"))
    delivery["data"]["events"][0]["eventType"] = "user.session.start"
    delivery["data"]["events"][1]["target"][1] |= {"id": "00gOther", "displayName": "Another group"}

    assert await send(client, delivery) == (200, {"started": [], "duplicate": 0, "ignored": 2})


async def test_event_about_two_users_is_ignored_and_logged_and_the_others_start(
    client: FakeDurableClient, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = json.loads(payload("membership_remove"))
    second = delivery["data"]["events"][1]
    second["target"].append({"id": "00uOther", "type": "User", "alternateId": "ana@contoso.com"})

    assert await send(client, delivery) == (200, {"started": LEAVES, "duplicate": 0, "ignored": 1})
    (told,) = [each.message for each in caplog.records if each.levelname == "ERROR"]
    assert second["uuid"] in told
    assert "@" not in told


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], f"Bearer {SECRET}"])
async def test_wrong_secret_is_refused_before_the_body_is_looked_at(
    client: FakeDurableClient, method: str, secret: str
) -> None:
    status, _ = await send(client, payload("membership_remove"), method=method, Authorization=secret)

    assert (status, client.instances) == (401, {})


async def test_previous_secret_is_accepted_while_it_is_rotated(client: FakeDurableClient) -> None:
    status, _ = await send(client, payload("empty_batch"), Authorization="the-secret-before-that")

    assert status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, [], {}, {"data": {}}, {"data": {"events": [1]}}],
)
async def test_what_can_never_be_a_delivery_is_a_400(client: FakeDurableClient, body: Any) -> None:
    status, answer = await send(client, body)

    assert status == 400
    assert answer["detail"]


async def test_body_over_a_mebibyte_is_refused(client: FakeDurableClient) -> None:
    status, _ = await send(client, b" " * (2 * 1024 * 1024))

    assert status == 413


async def test_delivery_that_cannot_be_started_is_a_503_so_that_okta_repeats_it(client: FakeDurableClient) -> None:
    client.broken = True

    status, answer = await send(client, payload("membership_remove"))

    assert status == 503
    assert "deliver them again" in answer["detail"]


async def test_fifty_events_are_started_at_once(client: FakeDurableClient) -> None:
    _, answer = await send(client, delivery_of(50))

    assert len(answer["started"]) == 50


async def test_larger_delivery_is_handed_to_one_orchestration(client: FakeDurableClient) -> None:
    status, answer = await send(client, delivery_of(51))

    assert status == 200
    assert answer["started"] == ["fan_out-b7a7d9c4-0a11-4f0e-8d0c-3f1f5a6e9921"]
    assert len(client.input_of(answer["started"][0], FanOutInput).starts) == 51


async def test_larger_delivery_again_is_a_duplicate(client: FakeDurableClient) -> None:
    await send(client, delivery_of(51))

    assert (await send(client, delivery_of(51)))[1]["started"] == []
