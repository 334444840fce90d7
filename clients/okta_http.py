"""The HTTP client the Okta SDK is given, and what Okta's answers mean. Status and text are read here and nowhere else.

The SDK's own client has no timeout, sends `Authorization: SSWS<token>` without the space, turns a broken connection
into an AttributeError and an error without a body into a success. This one raises our errors instead; the SDK lets
them pass. It holds one session, opened on the loop of the first request.
"""

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from yarl import URL

from clients.errors import (
    ClientError,
    NotFound,
    NotPermitted,
    Rejected,
    Throttled,
    Unavailable,
    retry_after_seconds,
)

RESOURCE_NOT_FOUND = "E0000007"
_NOT_PERMITTED_CODES = frozenset({"invalid_client", "invalid_scope", "unauthorized_client", "access_denied"})
_PERMISSIONS = (
    "Check OKTA_API_TOKEN (its owner needs at least a read-only administrator role), or that the service app of"
    " OKTA_CLIENT_ID has okta.users.read, okta.groups.read, okta.logs.read and such a role."
)


class OktaHttpClient:
    """The SDK's plug-in point `httpClient`: it makes one of these, calls `send_request`, and reads the answer."""

    def __init__(self, http_config: Mapping[str, Any]) -> None:
        # They win over those of the single request, among which is the broken Authorization.
        self._headers: dict[str, str] = http_config["headers"]
        self._timeout = aiohttp.ClientTimeout(total=http_config["requestTimeout"])
        self._session: aiohttp.ClientSession | None = None

    async def send_request(self, request: Mapping[str, Any]) -> tuple[Any, aiohttp.ClientResponse, str, None]:
        """Send it once. Raises an error of ours for everything but a success with a JSON body."""
        asked = f"{request['method']} {URL(request['url'], encoded=True).path}"
        try:
            response, text = await self._exchange(request)
        except (aiohttp.ClientError, TimeoutError) as error:
            detail = str(error) or f"no answer within {self._timeout.total:g} s"
            raise Unavailable("okta", asked, code=type(error).__name__, detail=detail) from error
        body = _json(text) if response.content_type.endswith("json") else None
        if response.status != 200 or body is None:
            raise okta_error(asked, response.status, response.headers, body)
        return response.request_info, response, text, None

    async def _exchange(self, request: Mapping[str, Any]) -> tuple[aiohttp.ClientResponse, str]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        async with self._session.request(
            request["method"],
            URL(request["url"], encoded=True),
            headers={**request["headers"], **self._headers} | _form_headers(request),
            data=request["form"] or None,
            allow_redirects=False,
        ) as response:
            return response, await response.text(errors="replace")

    @staticmethod
    def check_response_for_error(_url: str, _response: object, _body: str) -> tuple[None, None]:
        """Part of the plug-in point. What arrives here is a success: `send_request` raised for the rest."""
        return None, None

    async def close_session(self) -> None:
        if self._session is not None:
            await self._session.close()


def _form_headers(request: Mapping[str, Any]) -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded"} if request["form"] else {}


def _json(text: str) -> dict[str, Any] | list[Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict | list) else None


def okta_error(asked: str, status: int, headers: Mapping[str, str], body: object) -> ClientError:
    """Turn an answer that is no usable success into one error of ours."""
    fields = body if isinstance(body, dict) else {}
    code = str(fields.get("errorCode") or fields.get("error") or "")
    kind, advice = _kind_of(status, code)
    return kind(
        "okta",
        asked,
        status=status,
        code=code,
        detail=_detail(fields) or "the answer had no readable body",
        advice=advice,
        retry_after=_retry_after(status, headers),
        request_id=headers.get("X-Okta-Request-Id"),
    )


def _kind_of(status: int, code: str) -> tuple[type[ClientError], str | None]:
    if status == 429:
        return Throttled, None
    if status < 300 or status == 408 or status >= 500:
        return Unavailable, None  # a success that cannot be read is none
    if status in (401, 403) or code in _NOT_PERMITTED_CODES:
        return NotPermitted, _PERMISSIONS
    if status == 404 and code == RESOURCE_NOT_FOUND:
        return NotFound, None
    if status == 404 or status < 400:
        # Not Okta's words for "no such user": the address is wrong, and nobody must be taken for gone because of it.
        return Rejected, "Check OKTA_ORG_URL."
    return Rejected, None


def _detail(fields: Mapping[str, Any]) -> str:
    causes = [
        str(cause.get("errorSummary", "")) for cause in fields.get("errorCauses") or () if isinstance(cause, dict)
    ]
    summary = str(fields.get("errorSummary") or fields.get("error_description") or "")
    return "; ".join(text for text in (summary, *causes) if text)


def _retry_after(status: int, headers: Mapping[str, str]) -> float | None:
    """The wait until the rate limit's window begins anew: https://developer.okta.com/docs/reference/rl-best-practices/."""
    reset = headers.get("X-Rate-Limit-Reset", "")
    if status != 429 or not reset.isdigit():
        return retry_after_seconds(headers.get("Retry-After"))
    # One second more, since both instants are in whole seconds.
    return max(1.0, int(reset) - _server_time(headers) + 1)


def _server_time(headers: Mapping[str, str]) -> float:
    """Okta's own clock, since ours may differ."""
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()
