"""What only a health check asks of Microsoft Graph: permissions in the app's own token, calls that change nothing.

Past the SDK, since no mail is ever sent from here, and it is asked seldom.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlsplit

import httpx
from azure.core.exceptions import AzureError

from clients.graph_errors import Ask, body_of, no_answer, refusal

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

# What Exchange answers a message without recipients, once it has found the mailbox and let the app in.
NO_RECIPIENTS = "ErrorInvalidRecipients"


class Credential(Protocol):
    async def get_token(self, *scopes: str) -> "AccessToken": ...


@dataclass(frozen=True, slots=True)
class Granted:
    """The application permissions that a token shows; `roles` is None when it shows none of them.

    `is_person`: it is the token of somebody who is signed in, not of the app.
    """

    roles: frozenset[str] | None
    is_person: bool = False


class GraphProbe:
    def __init__(
        self,
        base_url: str,
        credential: Credential,
        *,
        transport: httpx.AsyncBaseTransport | None,
        timeout: float = 10.0,
    ) -> None:
        self._base_url = base_url
        self._credential = credential
        self._scope = f"https://{urlsplit(base_url).hostname}/.default"
        self._http = httpx.AsyncClient(timeout=timeout, transport=transport)

    async def close(self) -> None:
        await self._http.aclose()

    async def read_granted(self) -> Granted:
        """What the app's own access token says about itself. Nothing is decided by it, so nobody checks its signature.

        https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
        """
        return _granted(await self._token(Ask("let the app in", "an identity")))

    async def list_one_user(self) -> datetime | None:
        """Returns what Graph's clock shows, as does the next one."""
        return await self._look("/users?$top=1&$select=id,accountEnabled", Ask("list a user", "User.Read.All"))

    async def list_skus(self) -> datetime | None:
        return await self._look("/subscribedSkus", Ask("list the subscribed SKUs", "LicenseAssignment.Read.All"))

    async def try_mailbox(self, sender: str) -> None:
        """Hand over a message without recipients, which cannot be sent. Raises what refuses a real one, too."""
        ask = Ask(
            f"take a message without recipients from {sender}",
            "Mail.Send (or the Exchange role Application Mail.Send for this mailbox)",
        )
        path = f"/users/{quote(sender, safe='')}/sendMail"
        body = {"message": {"subject": "Offstage: health check", "toRecipients": []}, "saveToSentItems": False}
        response = await self._send(ask, "POST", path, body)
        error = body_of(response).get("error")
        if response.status_code != 400 or not isinstance(error, dict) or error.get("code") != NO_RECIPIENTS:
            raise refusal(ask, response)

    async def _look(self, path: str, ask: Ask) -> datetime | None:
        response = await self._send(ask, "GET", path)
        if response.status_code != 200 or not body_of(response):
            raise refusal(ask, response)
        date = response.headers.get("Date")
        return parsedate_to_datetime(date) if date else None

    async def _send(self, ask: Ask, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._token(ask)}"}
        try:
            return await self._http.request(method, self._base_url + path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise no_answer(ask, error) from error

    async def _token(self, ask: Ask) -> str:
        try:
            return (await self._credential.get_token(self._scope)).token
        except AzureError as error:
            raise no_answer(ask, error) from error


def _granted(token: str) -> Granted:
    parts = token.split(".")
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = json.loads(text)
        roles = claims.get("roles")
    except (IndexError, ValueError, AttributeError):
        return Granted(None)  # not a JSON Web Token, which nobody promises
    is_person = "scp" in claims
    return Granted(None if is_person else frozenset(map(str, roles or ())), is_person)
