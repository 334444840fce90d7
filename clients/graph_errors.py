"""What Microsoft Graph's answers mean. Status and text are read here and nowhere else."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
from azure.core.exceptions import AzureError, ClientAuthenticationError

from clients.errors import (
    ClientError,
    Conflict,
    Inherited,
    NoSeats,
    NotAssigned,
    NotFound,
    NotPermitted,
    PlanConflict,
    PrivilegedUser,
    Rejected,
    Throttled,
    Unavailable,
    UsageLocationNeeded,
    retry_after_seconds,
)

# assignLicense answers every refusal with 400 Request_BadRequest; only the English text tells them apart.
_LICENSE_REFUSALS: tuple[tuple[str, type[Rejected]], ...] = (
    ("does not have a corresponding license", NotAssigned),
    ("inherited from a group membership", Inherited),
    ("does not have any available licenses", NoSeats),
    ("countviolation", NoSeats),
    ("invalid usage location", UsageLocationNeeded),
    ("prohibitedinusagelocationviolation", UsageLocationNeeded),
    ("depends on the service plan", PlanConflict),
    ("mutually exclusive", PlanConflict),
    ("conflicts with service plan", PlanConflict),
    ("mutuallyexclusiveviolation", PlanConflict),
    ("dependencyviolation", PlanConflict),
)
_MAILBOX_CODES = frozenset({"ErrorInvalidUser", "MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"})
_IDENTITY = "Check the app's identity: the managed identity, who is logged in on this machine, or GRAPH_ACCESS_TOKEN."
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request in an operator's words: "Microsoft Graph was asked to …", and the permission that it needs."""

    to: str
    permission: str
    is_sensitive: bool = False


def refusal(ask: Ask, response: httpx.Response) -> ClientError:
    """Turn an answer that is no success, or one that cannot be meant for us, into one error of ours."""
    error = _error_of(response)
    code, detail = str(error.get("code") or ""), str(error.get("message") or "")
    texts = " ".join((detail, *(str(each.get("code")) for each in error.get("details") or ()))).lower()
    kind, advice = _kind_of(ask, response.status_code, code, texts)
    inner = error.get("innerError") or {}
    found = kind(
        "graph",
        ask.to,
        status=response.status_code,
        code=code,
        detail=detail or _unreadable(response),
        advice=advice,
        retry_after=retry_after_seconds(response.headers.get("retry-after")),
        request_id=inner.get("request-id") or response.headers.get("request-id"),
    )
    if isinstance(found, NoSeats) and (sku := _GUID.search(detail)):
        found.sku_id = sku.group().lower()
    return found


def no_answer(ask: Ask, error: httpx.HTTPError | AzureError | TimeoutError) -> ClientError:
    """Turn what came instead of an answer, from the network or from the credential, into one error of ours."""
    if isinstance(error, ClientAuthenticationError):
        # DefaultAzureCredential words every trouble so, an identity endpoint that is busy for a moment included.
        return Unavailable("graph", ask.to, code="no_token", detail=_first_line(error), advice=_IDENTITY)
    return Unavailable("graph", ask.to, code=type(error).__name__, detail=_first_line(error))


def body_of(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; empty for anything else, such as a proxy's page."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _error_of(response: httpx.Response) -> dict[str, Any]:
    error = body_of(response).get("error")
    return error if isinstance(error, dict) else {}


def _unreadable(response: httpx.Response) -> str:
    kind = response.headers.get("content-type", "no content type")
    return f"a body that is not what Graph sends ({kind}, {len(response.content)} bytes)"


def _kind_of(ask: Ask, status: int, code: str, texts: str) -> tuple[type[ClientError], str | None]:
    """Which error an answer is, and what to do where the error's own advice does not say it."""
    if status == 429:
        return Throttled, None
    if status < 400 or status == 408 or status >= 500:
        return Unavailable, None  # Graph redirects none of our requests, and a success without its body is none
    if status in (409, 412, 423):
        return Conflict, None
    if status in (401, 403):
        return _not_permitted(ask, status, code)
    if code in _MAILBOX_CODES:
        return Rejected, "Give MAIL_SENDER a user or shared mailbox in Exchange Online."
    if status == 404:
        # Any other 404 is not about the user: the address is wrong, and nobody must be taken for gone because of it.
        return (NotFound, None) if code == "Request_ResourceNotFound" else (Rejected, "Check GRAPH_BASE_URL.")
    return next((kind for text, kind in _LICENSE_REFUSALS if text in texts), Rejected), None


def _not_permitted(ask: Ask, status: int, code: str) -> tuple[type[ClientError], str]:
    if status == 403 and ask.is_sensitive and code == "Authorization_RequestDenied":
        # Graph answers both cases with the same code and text.
        return PrivilegedUser, (
            f"If the app has {ask.permission}, with admin consent, then the account holds a privileged role and an"
            " administrator has to make this change."
        )
    if status == 401:
        return NotPermitted, _IDENTITY
    return NotPermitted, f"Check that the app has {ask.permission}, with admin consent."


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
