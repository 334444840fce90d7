"""How we sign in to Okta: with a token or a key, at one address, and nothing else decides."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from clients.errors import ClientError, NotPermitted, Unavailable
from clients.okta import Okta
from tests.clients.okta_answers import TOKEN, user
from tests.clients.script import Script


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    encoding, format_ = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, format_, serialization.NoEncryption()).decode()


@pytest.fixture
async def service_app(script: Script, private_key: str) -> AsyncIterator[Okta]:
    client = Okta(script.url, client_id="0oa1", private_key=private_key)
    yield client
    await client.close()


def give_token(script: Script, token: str) -> None:
    answer = {"token_type": "Bearer", "expires_in": 3600, "access_token": token, "scope": "okta.users.read"}
    script.answer("POST /oauth2/v1/token", answer)


async def test_a_service_app_gets_one_token_with_its_key_and_uses_it(script: Script, service_app: Okta) -> None:
    give_token(script, "t1")
    script.answer("GET /api/v1/users/00u1", user())
    script.answer("GET /api/v1/users/00u1/groups", [])

    await service_app.read_user("00u1")
    await service_app.list_user_groups("00u1")

    form = parse_qs(script.seen[0].body)
    assert script.seen[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form["grant_type"] == ["client_credentials"]
    assert form["scope"] == ["okta.users.read okta.groups.read okta.logs.read"]
    assert form["client_assertion"][0].count(".") == 2
    assert [seen.headers["Authorization"] for seen in script.seen[1:]] == ["Bearer t1", "Bearer t1"]


async def test_a_service_app_takes_a_new_token_after_its_rights_were_refused(script: Script, service_app: Okta) -> None:
    give_token(script, "t1")
    script.answer("GET /api/v1/users/00u1", {"errorCode": "E0000006"}, status=403)
    give_token(script, "t2")
    script.answer("GET /api/v1/users/00u1", user())

    with pytest.raises(NotPermitted):
        await service_app.read_user("00u1")
    await service_app.read_user("00u1")

    assert script.seen[-1].headers["Authorization"] == "Bearer t2"


TOKEN_ANSWERS: list[tuple[int, object, type[ClientError]]] = [
    (401, {"error": "invalid_client", "error_description": "The client_assertion is invalid."}, NotPermitted),
    (400, {"error": "invalid_scope", "error_description": "Not granted."}, NotPermitted),
    (500, None, Unavailable),
    (200, {"token_type": "Bearer"}, Unavailable),
]


@pytest.mark.parametrize(("status", "json", "kind"), TOKEN_ANSWERS)
async def test_a_refused_token_is_an_error_of_ours(
    script: Script, service_app: Okta, status: int, json: object, kind: type[ClientError]
) -> None:
    script.answer("POST /oauth2/v1/token", json, status=status)

    with pytest.raises(kind):
        await service_app.read_user("00u1")


async def test_the_sdks_own_environment_does_not_override_ours(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ORGURL": "https://evil.example", "TOKEN": "x", "RATELIMIT_MAXRETRIES": "1"}.items():
        monkeypatch.setenv(f"OKTA_CLIENT_{name}", value)
    script.answer("GET /api/v1/users/00u1", user())
    okta = Okta(script.url, token=TOKEN)

    assert await okta.read_user("00u1")

    assert script.seen[0].headers["Authorization"] == f"SSWS {TOKEN}"
    await okta.close()


@pytest.mark.parametrize(
    "url", ["http://acme.okta.com", "acme.okta.com", "ftp://localhost", "", "https://a.okta.com/?x=y"]
)
def test_a_token_is_only_sent_over_https_or_to_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="OKTA_ORG_URL"):
        Okta(url, token=TOKEN)


def test_a_missing_credential_is_named() -> None:
    with pytest.raises(ValueError, match="OKTA_API_TOKEN, or OKTA_CLIENT_ID and OKTA_PRIVATE_KEY"):
        Okta("https://acme.okta.com")


@pytest.mark.parametrize("key", ["very-secret", "{'kty': 'very-secret'", '{"kty": "RSA", "n": "very-secret"}', "/"])
def test_a_key_that_is_none_is_named_but_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="OKTA_PRIVATE_KEY") as caught:
        Okta("https://acme.okta.com", client_id="0oa1", private_key=key)

    assert "very-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_token_for_one_scope_is_asked_for_apart_and_kept(script: Script, service_app: Okta) -> None:
    give_token(script, "hooks")
    script.answer("GET /api/v1/eventHooks", [])
    script.answer("GET /api/v1/eventHooks", [])

    for _ in range(2):
        await service_app.limited_to("okta.eventHooks.read").list_event_hooks()

    assert parse_qs(script.seen[0].body)["scope"] == ["okta.eventHooks.read"]
    assert [seen.headers["Authorization"] for seen in script.seen[1:]] == ["Bearer hooks", "Bearer hooks"]


async def test_a_scope_that_was_not_granted_is_told_as_such(script: Script, service_app: Okta) -> None:
    script.answer("POST /oauth2/v1/token", {"error": "invalid_scope"}, status=400)

    with pytest.raises(NotPermitted) as caught:
        await service_app.limited_to("okta.eventHooks.read").list_event_hooks()

    assert caught.value.code == "invalid_scope"
