import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.okta_org.auth import JWT_BEARER
from local.okta_org.org import DEFAULT_TOKEN, OktaOrg

CLIENT_ID = "0oa8svc2Wq4Er6Ty15d7"
PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize("form", ["SSWS {}", "SSWS{}", "Bearer {}", "Bearer{}"])
async def test_the_api_token_is_taken_with_and_without_the_space(okta: httpx.AsyncClient, form: str) -> None:
    answer = await okta.get("/api/v1/users", headers={"Authorization": form.format(DEFAULT_TOKEN)})

    assert answer.status_code == 200


@pytest.mark.parametrize("value", ["", "SSWS", "SSWS wrong", "Basic x", "Bearer unknown", DEFAULT_TOKEN])
async def test_any_other_token_is_refused_with_okta_s_words(okta: httpx.AsyncClient, value: str) -> None:
    answer = await okta.get("/api/v1/users", headers={"Authorization": value})

    assert answer.status_code == 401
    assert (answer.json()["errorCode"], answer.json()["errorSummary"]) == ("E0000011", "Invalid token provided")


async def token_answer(okta: httpx.AsyncClient, scope: str, **claims: Any) -> httpx.Response:
    url = f"{okta.base_url}/oauth2/v1/token".replace("//oauth2", "/oauth2")
    payload = {"aud": url, "iss": CLIENT_ID, "sub": CLIENT_ID, "exp": int(time.time()) + 300, **claims}
    form = {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": jwt.encode(payload, PRIVATE_KEY, algorithm="RS256"),
    }
    return await okta.post("/oauth2/v1/token", data=form)


async def register_key(okta: httpx.AsyncClient, private_key: rsa.RSAPrivateKey) -> None:
    public_key = jwt.algorithms.RSAAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
    body = {"clientId": CLIENT_ID, "name": "HR Sync", "publicKey": public_key}
    (await okta.post("/control/oauth_clients", json=body)).raise_for_status()


async def test_a_service_app_gets_a_token_for_its_assertion_and_acts_under_its_name(
    okta: httpx.AsyncClient, org: OktaOrg
) -> None:
    await register_key(okta, PRIVATE_KEY)
    answer = (await token_answer(okta, "okta.users.read okta.users.manage")).json()
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}

    await okta.post("/api/v1/users/maya.lin@contoso.com/lifecycle/suspend", headers=bearer)

    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    actor = org.log.events[-1]["actor"]
    assert (actor["type"], actor["id"], actor["displayName"]) == ("PublicClientApp", CLIENT_ID, "HR Sync")


async def test_a_token_without_the_scope_is_refused(okta: httpx.AsyncClient) -> None:
    token = (await token_answer(okta, "okta.users.read")).json()["access_token"]

    answer = await okta.get("/api/v1/groups", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["errorCode"]) == (403, "E0000006")
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("claims", [{"aud": "https://elsewhere"}, {"exp": 1}, {"iss": "another"}])
async def test_an_assertion_with_a_wrong_claim_is_refused(okta: httpx.AsyncClient, claims: dict[str, Any]) -> None:
    answer = await token_answer(okta, "okta.users.read", **claims)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_an_assertion_signed_with_another_key_than_the_registered_one_is_refused(
    okta: httpx.AsyncClient,
) -> None:
    await register_key(okta, rsa.generate_private_key(public_exponent=65537, key_size=2048))

    assert (await token_answer(okta, "okta.users.read")).status_code == 401


async def test_a_token_request_without_scope_is_refused(okta: httpx.AsyncClient) -> None:
    answer = await token_answer(okta, "")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
