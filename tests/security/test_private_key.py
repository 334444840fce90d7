"""The key of an Okta service app, and the tokens it is given, stay out of errors and logs whatever Okta answers."""

import logging
import traceback
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from clients.errors import ClientError
from clients.okta import Okta
from local.okta_org.org import OktaOrg
from local.okta_org.server import make_app
from local.stand_in.server import serving

TOKEN_PATH = "^/oauth2/v1/token$"
FAULTS = [
    {"kind": "status", "status": 401, "match": {"path": TOKEN_PATH}},
    {"kind": "status", "status": 500, "empty_body": True, "match": {"path": TOKEN_PATH}},
    {"kind": "drop", "match": {"path": TOKEN_PATH}},
    {"kind": "status", "status": 401, "match": {"path": "^/api/v1/users"}},
    {"kind": "drop", "match": {"path": "^/api/v1/users"}},
]


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    encoding, format_ = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, format_, serialization.NoEncryption()).decode()


@pytest.fixture
async def org() -> AsyncIterator[httpx.AsyncClient]:
    async with serving(make_app(OktaOrg())) as url, httpx.AsyncClient(base_url=url) as control:
        yield control


@pytest.mark.parametrize("fault", FAULTS, ids=["no token: 401", "no token: 500", "no token: dropped", "401", "dropped"])
async def test_key_and_tokens_are_in_no_error_and_no_log(
    org: httpx.AsyncClient, private_key: str, fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (await org.put("/control/faults", json=[fault])).raise_for_status()
    okta = Okta(str(org.base_url), client_id="0oaPlanted", private_key=private_key)

    with pytest.raises(ClientError) as raised:
        await okta.read_user("00uAnybody")
    await okta.close()

    said = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + caplog.text
    secrets = [line for line in private_key.splitlines() if not line.startswith("-----")]
    assert [line for line in secrets if line in said] == []
    assert not any(word in said for word in ("Bearer ", "client_assertion", "eyJ"))


@pytest.mark.parametrize("cut", [100, 900, 1500])
def test_half_a_key_is_refused_without_being_quoted(private_key: str, cut: int) -> None:
    half = private_key[:cut]

    with pytest.raises(ValueError, match="OKTA_PRIVATE_KEY") as raised:
        Okta("https://contoso.okta.com", client_id="0oa1", private_key=half)

    said = "".join(traceback.format_exception(raised.value))
    assert [line for line in half.splitlines()[1:] if line in said] == []
