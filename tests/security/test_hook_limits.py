"""What the event hook takes is bounded: in size, depth and number, and so is the work of saying no.

Work is counted in calls, which are the same on every machine; `make bench` has the seconds.
"""

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

import wiring
from settings import read_settings
from tests.triggers.durable_client import FakeDurableClient
from tests.triggers.test_okta_event_hook import ENVIRON, SECRET, payload, send

MEBIBYTE = 1024 * 1024
# What a delivery costs before its first event is looked at, and some room.
FEW_CALLS = 2000


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_settings(ENVIRON)
    monkeypatch.setattr(wiring, "settings", lambda: found)


@pytest.fixture
def client() -> FakeDurableClient:
    return FakeDurableClient()


def events(count: int, event: str) -> bytes:
    return b'{"data":{"events":[' + b",".join([event.encode()] * count) + b"]}}"


def distinct_leaves(count: int) -> bytes:
    leave = '{{"uuid":"{0:05}","published":"2026-01-01T00:00:00Z","eventType":"user.lifecycle.deactivate",'
    leave += '"target":[{{"type":"User","id":"00u{0:05}"}}]}}'
    return f'{{"data":{{"events":[{",".join(leave.format(number) for number in range(count))}]}}}}'.encode()


async def counted(client: FakeDurableClient, body: bytes) -> tuple[int, Any, int]:
    """The answer, and how many calls of functions it took."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        status, answer = await send(client, body)
    finally:
        sys.setprofile(None)
    return status, answer, calls


@pytest.mark.parametrize(
    "body",
    [
        b"[" * MEBIBYTE,
        b'{"data":' * 100_000,
        b'{"data":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a":' + b"9" * (MEBIBYTE - 10) + b"}",
        b'"' + b"\\ud800" * 170_000 + b'"',
        b" " * MEBIBYTE,
    ],
    ids=["open arrays", "open objects", "deep objects", "one huge number", "lone surrogates", "nothing but blanks"],
)
async def test_mebibyte_of_nonsense_is_a_400_after_a_few_calls(client: FakeDurableClient, body: bytes) -> None:
    status, answer, calls = await counted(client, body)

    assert (status, client.instances) == (400, {})
    assert len(json.dumps(answer)) < 1000
    assert calls < FEW_CALLS


async def test_hundred_thousand_empty_events_are_counted_and_start_nothing(client: FakeDurableClient) -> None:
    status, answer = await send(client, events(100_000, "{}"))

    assert (status, answer) == (200, {"started": [], "duplicate": 0, "ignored": 100_000})


async def test_mebibyte_of_real_events_starts_one_orchestration(client: FakeDurableClient) -> None:
    count = MEBIBYTE // len(distinct_leaves(1))

    status, answer = await send(client, distinct_leaves(count))

    assert status == 200
    assert len(answer["started"]) == len(client.instances) == 1
    assert len(client.inputs[answer["started"][0]]["starts"]) == count > 5000


@pytest.mark.parametrize(
    "body_of", [lambda count: events(count, "{}"), distinct_leaves], ids=["empty events", "real events"]
)
async def test_twice_the_events_take_twice_the_work(client: FakeDurableClient, body_of: Callable[[int], bytes]) -> None:
    *_, some = await counted(client, body_of(2000))
    *_, twice_as_many = await counted(FakeDurableClient(), body_of(4000))

    assert some < twice_as_many < 2 * some + FEW_CALLS


async def test_one_byte_more_than_a_mebibyte_is_a_413(client: FakeDurableClient) -> None:
    empty = events(0, "")

    at_the_limit = await send(client, empty + b" " * (MEBIBYTE - len(empty)))
    beyond = await send(client, empty + b" " * (MEBIBYTE - len(empty) + 1))

    assert (at_the_limit[0], beyond[0]) == (200, 413)


@pytest.mark.parametrize(
    "identity",
    [
        "a/b",
        "a\\b",
        "a#b",
        "a?b",
        "a\nb",
        "a\n",
        "a\x00b",
        "a" * 65,
        "a" * 2048,
        "\ud800",
        "",
        " ",
        "é",
        "a%2fb",
        "a'b",
    ],
)
async def test_ids_that_could_be_more_than_an_id_start_nothing(client: FakeDurableClient, identity: str) -> None:
    delivery = json.loads(payload("membership_remove"))
    as_uuid, as_user = delivery["data"]["events"]
    as_uuid["uuid"] = identity
    as_user["target"][0]["id"] = identity

    status, answer = await send(client, delivery)

    assert (status, answer["started"], client.instances) == (200, [], {})


async def test_authorization_that_is_no_utf8_is_a_401(client: FakeDurableClient) -> None:
    as_the_web_server_reads_bytes = b"\xff\xfe".decode("utf-8", "surrogateescape")

    status, _ = await send(client, b"{}", Authorization=as_the_web_server_reads_bytes)

    assert status == 401


@pytest.mark.parametrize("given", [f" {SECRET}", f"{SECRET}\n", f"{SECRET}\x00", SECRET.upper(), f"{SECRET},{SECRET}"])
async def test_nearly_the_secret_is_not_the_secret(client: FakeDurableClient, given: str) -> None:
    assert (await send(client, payload("empty_batch"), Authorization=given))[0] == 401
