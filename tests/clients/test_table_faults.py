"""What Table Storage answers in trouble, by a scripted server: Azurite never does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from clients.errors import ClientError, Rejected, TablesRefused, Throttled, Unavailable
from clients.tables import Tables
from tests.clients.script import Script

ACCOUNT = "DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=c2VjcmV0"
CREATED = "POST /acc/Tables"
GET_ROW = "GET /acc/Rows(PartitionKey='p',RowKey='r')"
ROW = {"PartitionKey": "p", "RowKey": "r"}


@pytest.fixture
async def scripted(script: Script) -> AsyncIterator[Tables]:
    client = Tables(connection_string=f"{ACCOUNT};TableEndpoint={script.url}/acc;")
    yield client
    await client.close()


def fault(script: Script, request: str, status: int, code: str = "", **headers: str) -> None:
    body = {"odata.error": {"code": code, "message": {"lang": "en", "value": "No."}}} if code else None
    more = tuple({"x-ms-error-code": code, **headers}.items()) if code else tuple(headers.items())
    script.answer(request, body, status=status, headers=more)


async def test_a_table_that_is_being_deleted_is_unavailable_and_tried_again(script: Script, scripted: Tables) -> None:
    fault(script, CREATED, 409, "TableBeingDeleted")
    fault(script, CREATED, 409, "TableAlreadyExists")

    with pytest.raises(Unavailable):
        await scripted.ensure("Rows")
    await scripted.ensure("Rows")
    await scripted.ensure("Rows")


ANSWERS: list[tuple[int, str, type[ClientError]]] = [
    (503, "ServerBusy", Throttled),
    (429, "", Throttled),
    (500, "InternalError", Unavailable),
    (503, "", Unavailable),
    (500, "", Unavailable),
    (401, "InvalidAuthenticationInfo", TablesRefused),
    (403, "AuthenticationFailed", TablesRefused),
    (403, "AuthorizationPermissionMismatch", TablesRefused),
    (400, "InvalidInput", Rejected),
]


@pytest.mark.parametrize(("status", "code", "kind"), ANSWERS)
async def test_every_fault_is_an_error_of_ours_after_one_request(
    script: Script, scripted: Tables, status: int, code: str, kind: type[ClientError]
) -> None:
    fault(script, CREATED, 409, "TableAlreadyExists")
    fault(script, GET_ROW, status, code, **{"Retry-After": "60"})

    with pytest.raises(ClientError) as caught:
        await scripted.get("Rows", "p", "r")

    assert type(caught.value) is kind
    assert caught.value.permanent == (kind is Rejected)
    assert caught.value.retry_after == 60.0


async def test_a_refusal_names_the_key_and_the_role_and_that_it_may_pass(script: Script, scripted: Tables) -> None:
    fault(script, CREATED, 409, "TableAlreadyExists")
    fault(script, GET_ROW, 403, "AuthorizationPermissionMismatch")

    with pytest.raises(TablesRefused, match=r"TABLES_CONNECTION.*Storage Table Data Contributor.*tried again"):
        await scripted.get("Rows", "p", "r")


async def test_an_insert_whose_answer_was_lost_is_not_sent_again(script: Script, scripted: Tables) -> None:
    fault(script, CREATED, 409, "TableAlreadyExists")
    script.answer("POST /acc/Rows", fault="drop")

    with pytest.raises(Unavailable, match="gave no answer"):
        await scripted.insert("Rows", ROW)


async def test_a_replace_whose_answer_was_lost_is_not_sent_again_by_the_sdk(script: Script, scripted: Tables) -> None:
    fault(script, CREATED, 409, "TableAlreadyExists")
    for _ in range(2):  # aiohttp's own repetition
        script.answer("PUT /acc/Rows(PartitionKey='p',RowKey='r')", fault="drop")

    with pytest.raises(Unavailable, match="gave no answer"):
        await scripted.replace("Rows", ROW, "W/x")


async def test_a_read_whose_answer_was_lost_is_asked_again(script: Script, scripted: Tables) -> None:
    fault(script, CREATED, 409, "TableAlreadyExists")
    for _ in range(2):  # aiohttp's own repetition
        script.answer(GET_ROW, fault="drop")
    script.answer(GET_ROW, ROW | {"N": 1} | {"odata.etag": "W/x"})

    found = await scripted.get("Rows", "p", "r")

    assert found is not None
    assert (found.values["N"], found.etag) == (1, "W/x")


async def test_nobody_listening_is_unavailable() -> None:
    tables = Tables(connection_string=f"{ACCOUNT};TableEndpoint=http://127.0.0.1:1/acc;")

    with pytest.raises(Unavailable):
        await tables.insert("Rows", ROW)

    await tables.close()


async def test_an_identity_without_a_token_is_named_and_may_have_one_later() -> None:
    class Credential:
        async def get_token(self, *_: str, **__: Any) -> Any:
            raise ClientAuthenticationError("no managed identity")

        async def close(self) -> None:
            pass

    credential: Any = Credential()
    tables = Tables(endpoint="https://localhost:1", credential=credential)

    with pytest.raises(Unavailable, match=r"no managed identity.*Storage Table Data Contributor"):
        await tables.get("Rows", "p", "r")

    await tables.close()


def test_a_missing_address_is_named() -> None:
    with pytest.raises(ValueError, match="TABLES_CONNECTION or TABLES_ENDPOINT"):
        Tables()
    with pytest.raises(ValueError, match="TABLES_ENDPOINT"):
        Tables(endpoint="http://acme.table.core.windows.net")
