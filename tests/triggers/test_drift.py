"""The drift check is started dry every night, and by operators who say whether it acts."""

import json
from typing import Any

import azure.functions as func
import pytest

from clients.errors import Unavailable
from tests.triggers.durable_client import FakeDurableClient
from triggers import drift


class DurableClient(FakeDurableClient):
    def create_check_status_response(self, request: func.HttpRequest, instance: str) -> func.HttpResponse:
        return func.HttpResponse(json.dumps({"id": instance}), status_code=202)


@pytest.fixture
def client() -> DurableClient:
    return DurableClient()


async def ask(client: DurableClient, body: bytes = b"") -> func.HttpResponse:
    request = func.HttpRequest("POST", "http://localhost/api/members/reconcile", body=body)
    function = drift.start_drift_check._function.get_user_function()
    response: func.HttpResponse = await function.client_function(request, client)
    return response


async def fire(client: DurableClient) -> None:
    timer: Any = None
    await drift.drift_check._function.get_user_function().client_function(timer, client)


@pytest.mark.parametrize(
    ("body", "applied"), [(b"", False), (b"{}", False), (b'{"apply": false}', False), (b'{"apply": true}', True)]
)
async def test_check_is_dry_unless_apply_is_asked_for(client: DurableClient, body: bytes, applied: bool) -> None:
    response = await ask(client, body)

    ((instance, asked),) = client.inputs.items()
    assert response.status_code == 202
    assert json.loads(response.get_body()) == {"id": instance}
    assert (instance.startswith("reconcile_members-"), asked) == (True, {"apply": applied})


@pytest.mark.parametrize("body", [b"true", b"[]", b"{", b'{"apply": "true"}', b'{"apply": 1}', b'{"aply": true}'])
async def test_malformed_body_is_refused_with_what_was_expected_and_starts_nothing(
    client: DurableClient, body: bytes
) -> None:
    response = await ask(client, body)

    assert response.status_code == 400
    assert 'expected {"apply": false}, optional; ' in json.loads(response.get_body())["error"]
    assert client.inputs == {}


async def test_check_that_cannot_be_started_is_a_503(client: DurableClient) -> None:
    client.broken = True

    assert (await ask(client)).status_code == 503


async def test_nightly_check_only_reports_and_each_firing_is_a_check_of_its_own(client: DurableClient) -> None:
    await fire(client)
    await fire(client)

    assert list(client.inputs.values()) == [{"apply": False}] * 2


async def test_nightly_check_that_cannot_be_started_fails_visibly(client: DurableClient) -> None:
    client.broken = True

    with pytest.raises(Unavailable):
        await fire(client)
