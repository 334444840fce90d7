"""Who may call: API tokens (SSWS) and OAuth service apps with a private key JWT.

https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/
"""

import re
import time
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

import jwt
from aiohttp import web
from jwt.types import Options

from local.okta_org import errors
from local.okta_org.model import OAuthClient
from local.okta_org.org import OktaOrg
from local.okta_org.system_log import Origin
from local.stand_in.sample_people import PEOPLE

TOKEN_PATH = "/oauth2/v1/token"
TOKEN_SECONDS = 3600
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Without a key to check the signature with, PyJWT checks a claim only when told to.
_CLAIM_CHECKS: Options = {
    "verify_aud": True,
    "verify_iss": True,
    "verify_exp": True,
    "require": ["exp", "aud", "iss", "sub"],
}
# The Okta SDK for Python leaves the space out; the org takes both.
_AUTHORIZATION = re.compile(r"(SSWS|Bearer) ?(\S+)")
_ADMIN = next(person for person in PEOPLE if person.is_privileged)


@dataclass(frozen=True, slots=True)
class AccessToken:
    client: OAuthClient
    scopes: frozenset[str]
    expires_at: float


class Doorkeeper:
    """Issues access tokens and tells who a request comes from."""

    def __init__(self, org: OktaOrg) -> None:
        self._org = org
        self._access_tokens: dict[str, AccessToken] = {}

    def admit(self, request: web.Request) -> Origin:
        """The origin to log for this request; E0000011 without a valid token, E0000006 without the scope."""
        match = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            raise errors.unauthorized()
        if match[2] == self._org.token:
            return _origin(request, _ADMIN_ACTOR, {"requestApiTokenId": "00T4localok7aToken15d7"})
        token = self._access_tokens.get(match[2])
        if match[1] != "Bearer" or token is None or token.expires_at < time.time():
            raise errors.unauthorized()
        if needed_scope(request) not in token.scopes:
            raise _insufficient_scope()
        client = token.client
        return _origin(request, (client.client_id, "PublicClientApp", client.client_id, client.name), {})

    async def issue(self, request: web.Request) -> web.Response:
        """POST /oauth2/v1/token with grant_type=client_credentials."""
        form = await request.post()
        if form.get("grant_type") != "client_credentials":
            return _oauth_error("unsupported_grant_type", "The authorization grant type is not supported.", 400)
        scopes = str(form.get("scope", "")).split()
        if not scopes:
            return _oauth_error("invalid_scope", "The scope request parameter must be provided.", 400)
        try:
            client = self._client_of(form, f"{request.scheme}://{request.host}{TOKEN_PATH}")
        except jwt.InvalidTokenError as error:
            return _oauth_error("invalid_client", f"The client_assertion is not valid: {error}", 401)
        if client.scopes is not None and not set(scopes) <= set(client.scopes):
            description = "One or more scopes are not configured for the authorization server resource."
            return _oauth_error("invalid_scope", description, 400)
        token = token_urlsafe(32)
        self._access_tokens[token] = AccessToken(client, frozenset(scopes), time.time() + TOKEN_SECONDS)
        answer = {"token_type": "Bearer", "expires_in": TOKEN_SECONDS, "access_token": token, "scope": " ".join(scopes)}
        return web.json_response(answer)

    def _client_of(self, form: Any, token_url: str) -> OAuthClient:
        if form.get("client_assertion_type") != JWT_BEARER:
            raise jwt.InvalidTokenError("client_assertion_type is missing")
        assertion = str(form.get("client_assertion", ""))
        claimed = jwt.decode(assertion, options={"verify_signature": False})
        client_id = str(claimed.get("sub", ""))
        client = self._org.state.oauth_clients.get(client_id) or OAuthClient(client_id=client_id, name=client_id)
        key = jwt.PyJWK(client.public_key) if client.public_key else ""
        jwt.decode(
            assertion,
            key,
            algorithms=["RS256", "RS384", "RS512", "ES256"],
            audience=token_url,
            issuer=client_id,
            options={**_CLAIM_CHECKS, "verify_signature": bool(client.public_key)},
        )
        return client


def needed_scope(request: web.Request) -> str:
    """okta.users.read for GET /api/v1/users..., okta.users.manage for the rest; likewise groups, logs and hooks."""
    area = request.path.removeprefix("/api/v1/").split("/")[0]
    return f"okta.{area}.{'read' if request.method == 'GET' else 'manage'}"


_ADMIN_ACTOR = (_ADMIN.okta_user_id, "User", _ADMIN.login, _ADMIN.display_name)


def _origin(request: web.Request, actor: tuple[str, str, str, str], detail: dict[str, str]) -> Origin:
    return Origin(
        *actor,
        transaction_type="WEB",
        transaction_detail=detail,
        ip_address=request.remote,
        user_agent=request.headers.get("User-Agent"),
        request_uri=request.path,
    )


def _insufficient_scope() -> errors.OktaError:
    refusal = errors.forbidden()
    description = "The access token provided does not contain the required scopes."
    refusal.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", error_description="{description}"'
    return refusal


def _oauth_error(code: str, description: str, status: int) -> web.Response:
    return web.json_response({"error": code, "error_description": description}, status=status)
