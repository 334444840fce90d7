"""The drift check is started dry every night, and by operators who say whether it acts."""

import json
from typing import Any

import azure.functions as func
import pytest

from clients.tables import Tables
from lifecycle.drift_evidence import Kind
from lifecycle.inputs import ReconcileInput
from tests.triggers.durable_client import FakeDurableClient
from triggers import drift


@pytest.fixture
def client() -> FakeDurableClient:
    return FakeDurableClient()


@pytest.fixture(autouse=True)
def _own_audit(audited: Tables) -> None:
    """Real tables, and settings."""


async def ask(client: FakeDurableClient, body: bytes = b"") -> func.HttpResponse:
    request = func.HttpRequest("POST", "http://localhost/api/members/reconcile", body=body)
    function = drift.start_drift_check._function.get_user_function()
    response: func.HttpResponse = await function.client_function(request, client)
    return response


async def fire(client: FakeDurableClient) -> None:
    timer: Any = None
    await drift.drift_check._function.get_user_function().client_function(timer, client)


@pytest.mark.parametrize(
    ("body", "applied"), [(b"", False), (b"{}", False), (b'{"apply": false}', False), (b'{"apply": true}', True)]
)
async def test_check_is_dry_unless_apply_is_asked_for(client: FakeDurableClient, body: bytes, applied: bool) -> None:
    response = await ask(client, body)

    (instance,) = client.instances
    assert response.status_code == 202
    assert json.loads(response.get_body())["id"] == instance
    assert instance.startswith("reconcile_members-")
    assert client.input_of(instance, ReconcileInput) == ReconcileInput(apply=applied, by="key")


@pytest.mark.parametrize(
    "body",
    [
        b"true",
        b"[]",
        b"{",
        b'{"apply": "true"}',
        b'{"apply": 1}',
        b'{"aply": true}',
        b'{"findings": ["gone"]}',
        b'{"members": [""]}',
    ],
)
async def test_malformed_body_is_refused_with_what_was_expected_and_starts_nothing(
    client: FakeDurableClient, body: bytes
) -> None:
    response = await ask(client, body)

    assert response.status_code == 400
    assert 'expected {"apply": false, "findings": ["past_due"], ' in json.loads(response.get_body())["detail"]
    assert client.inputs == {}


async def test_what_is_mended_may_be_limited_to_findings_and_people(client: FakeDurableClient) -> None:
    await ask(client, b'{"apply": true, "findings": ["disabled_by_others"], "members": ["maya.lin@contoso.com"]}')

    (instance,) = client.instances
    assert client.input_of(instance, ReconcileInput) == ReconcileInput(
        apply=True, findings=(Kind.DISABLED_BY_OTHERS,), members=("maya.lin@contoso.com",), by="key"
    )


async def test_check_that_cannot_be_started_is_a_503(client: FakeDurableClient) -> None:
    client.broken = True

    assert (await ask(client)).status_code == 503


async def test_nightly_check_only_reports_and_each_firing_is_a_check_of_its_own(client: FakeDurableClient) -> None:
    await fire(client)
    await fire(client)

    assert [client.input_of(instance, ReconcileInput).apply for instance in client.instances] == [False, False]


async def test_nightly_check_that_cannot_be_started_is_an_alarm(
    client: FakeDurableClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.broken = True

    await fire(client)

    (alarm,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "there is no drift check tonight" in alarm.getMessage()
    assert "Durable Functions was asked to" in alarm.getMessage()
