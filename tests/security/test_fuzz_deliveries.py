"""Whatever is delivered: an answer below 500, never an exception, and nothing started under an unsafe id."""

import asyncio
import copy
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.functions as func
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wiring
from settings import read_settings
from tests.security.conftest import PLANTED, SecuredStack
from tests.triggers.durable_client import FakeDurableClient
from tests.triggers.test_okta_event_hook import ENVIRON, SECRET
from triggers.okta_event_hook import okta_event_hook

SAMPLES = [json.loads(file.read_text()) for file in sorted((Path(__file__).parents[1] / "payloads").glob("*.json"))]
SAFE_INSTANCE = re.compile(r"[a-z_]+-[A-Za-z0-9_.:-]{1,64}")
LOOP = asyncio.Runner()  # a loop of its own for each of hundreds of examples takes longer than the examples
IN_PROCESS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OVER_HTTP = settings(max_examples=200, deadline=None)

# A delivery that has grown is not made to grow again: sizes are the matter of test_hook_limits.py.
MOST_PLACES = 300
# Lone surrogates too: JSON may carry them, and no UTF-8 writer after us accepts them.
texts = st.text(st.characters(codec=None, categories=None), max_size=40) | st.sampled_from(
    ["\ud800", "a\r\nSet-Cookie: b", "x' or 1 eq 1", "<script>", "../..", "me", "\x00", "=1+1", "{{7*7}}", "SUCCESS"]
)
numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(10**4000), 1e308, math.inf, math.nan])
scalars = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5), max_leaves=25
)
instants = st.datetimes().map(lambda at: f"{at.isoformat()}Z") | st.sampled_from(
    ["9999-12-31T23:59:59.999-23:59", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z", "2026"]
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member of a document."""
    if way:
        yield way
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from places(member, (*way, name))


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A sample delivery with some members replaced, doubled, buried or gone."""
    delivery = copy.deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 6))):
        ways = list(places(delivery))
        if not ways or len(ways) > MOST_PLACES:
            break
        *way, last = draw(st.sampled_from(ways))
        holder = delivery
        for name in way:
            holder = holder[name]
        mutate(draw, holder, last)
    return delivery


def mutate(draw: st.DrawFn, holder: Any, name: Any) -> None:
    match draw(st.sampled_from(["replace", "replace", "instant", "remove", "repeat", "bury"])):
        case "replace":
            holder[name] = draw(anything)
        case "instant":
            holder[name] = draw(instants)
        case "remove":
            del holder[name]
        case "repeat" if isinstance(holder, list):
            holder.extend(copy.deepcopy(holder[name]) for _ in range(draw(st.integers(1, 60))))
        case _:
            for _ in range(draw(st.integers(1, 200))):
                holder[name] = [holder[name]]


bodies = st.one_of(anything, mutated(), mutated(), mutated()).map(json.dumps).map(str.encode) | st.binary(max_size=200)


@pytest.fixture(autouse=True)
def app_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_settings(ENVIRON)
    monkeypatch.setattr(wiring, "settings", lambda: found)


def deliver(body: bytes, client: FakeDurableClient) -> func.HttpResponse:
    request = func.HttpRequest("POST", "http://x/api/okta/events", headers={"Authorization": SECRET}, body=body)
    handler = okta_event_hook._function.get_user_function().client_function
    response: func.HttpResponse = LOOP.run(handler(request, client))
    return response


@IN_PROCESS
@given(body=bodies)
def test_any_delivery_is_answered_and_starts_only_what_has_a_safe_id(body: bytes) -> None:
    client = FakeDurableClient()

    response = deliver(body, client)

    assert response.status_code in (200, 400, 413), response.get_body()
    answer = json.loads(response.get_body())
    assert "Traceback" not in str(answer)
    assert all(SAFE_INSTANCE.fullmatch(instance) for instance in client.instances), client.instances
    if response.status_code == 200:
        assert answer["started"] == list(client.instances)
        json.dumps(client.inputs, ensure_ascii=False).encode()  # what is started can be stored
    else:
        assert client.instances == {}


@IN_PROCESS
@given(body=bodies)
def test_same_delivery_again_starts_nothing_more(body: bytes) -> None:
    client = FakeDurableClient()
    deliver(body, client)
    before = dict(client.instances)

    deliver(body, client)

    assert client.instances == before


def test_running_host_never_answers_with_a_500(secured_stack: SecuredStack) -> None:
    secret = {"Authorization": PLANTED["OKTA_HOOK_SECRET"]}
    log = secured_stack.data / "logs/host.log"
    before = log.stat().st_size

    with httpx.Client(base_url=secured_stack.host_url, headers=secret, timeout=10) as sender:

        @OVER_HTTP
        @given(body=bodies)
        def check(body: bytes) -> None:
            answer = sender.post("/api/okta/events", content=body)
            assert answer.status_code in (200, 400, 413), answer.text
            assert "Traceback" not in answer.text

        check()

    assert "Traceback" not in log.read_text()[before:]
