"""What can go wrong outside, as one small tree: every error says whether a retry can help.

Messages are for operators: the system, what was asked of it, what came back and what to do. They never hold secrets.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar, Literal

System = Literal["okta", "graph", "tables", "durable"]

_NAMES: dict[System, str] = {
    "okta": "Okta",
    "graph": "Microsoft Graph",
    "tables": "Table Storage",
    "durable": "Durable Functions",
}

# What httpx calls a request that never left (`code` is its class where there is no status).
_BEFORE_THE_REQUEST = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "no_token"})


class ClientError(Exception):
    """The base of all errors that `clients` raises for what a vendor's system answered."""

    permanent: ClassVar[bool] = True
    advice: ClassVar[str] = "Read what came back and correct it before trying again."

    def __init__(
        self,
        system: System,
        asked: str,
        *,
        status: int | None = None,
        code: str = "",
        detail: str = "",
        advice: str | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(system, asked)
        self.system: System = system
        self.asked = asked
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.request_id = request_id
        self._advice = advice or self.advice

    @property
    def may_have_happened(self) -> bool:
        """Whether what was asked may have been done all the same: it went out, and nobody knows what became of it."""
        if self.status is None:
            return self.code not in _BEFORE_THE_REQUEST
        return self.status >= 500 and self.status != 503

    @property
    def found(self) -> str:
        """What came back, without what to do about it."""
        return f"{_NAMES[self.system]} was asked to {self.asked} and {self._answer()}"

    @property
    def cure(self) -> str:
        """What to do about it."""
        return self._advice

    def __str__(self) -> str:
        return f"{self.found}. {self.cure}"

    def _answer(self) -> str:
        status = "gave no answer" if self.status is None else f"answered {self.status}"
        shown = " ".join(part for part in (status, self.code) if part)
        detail = f": {self.detail.rstrip('. ')}" if self.detail else ""
        request = f" (request id {self.request_id})" if self.request_id else ""
        return f"{shown}{detail}{request}"


class NotFound(ClientError):
    """What was named does not exist."""

    advice = "Check that it still exists and that the name is right."


class NotPermitted(ClientError):
    """401 or 403: the app's own rights are missing or refused."""

    advice = "Check the credential and the permissions of the app."


class PrivilegedUser(NotPermitted):
    """The tenant refuses the change, most likely because the account holds a privileged role."""


class TablesRefused(NotPermitted):
    """401 or 403 of the app's own tables, as while a key is changed or a role is on its way.

    Never final: a run that gave up because of it would have no row by which anybody could see it.
    """

    permanent = False
    advice = (
        "Check TABLES_CONNECTION (was the account's key changed?), or that the app's identity has the role Storage"
        " Table Data Contributor, which reaches the tables some minutes after it was given. It is tried again later."
    )


class Rejected(ClientError):
    """The request can never succeed as it is."""


class NoSeats(Rejected):
    """No unit of a subscription is free."""

    advice = "Buy units or free some; then retry."

    sku_id: str | None = None


class NotAssigned(Rejected):
    """The user does not have the license that should be removed."""

    advice = "Nothing is left to remove; read the licenses again."


class Inherited(Rejected):
    """The license comes from an Entra group and cannot be removed from the user."""

    advice = "Take the user out of the Entra group that assigns the license."


class UsageLocationNeeded(Rejected):
    """Licenses need a valid usage location first."""

    advice = "Give the user a usage location (a two-letter country code)."


class PlanConflict(Rejected):
    """Service plans depend on, or exclude, each other."""

    advice = "Assign or remove the licenses that belong together in one step, or turn off the conflicting plans."


class Throttled(ClientError):
    """Too many requests; `retry_after` says in how many seconds to come back, where the vendor told."""

    permanent = False
    advice = "Nothing to do: it is tried again later."


class Unavailable(ClientError):
    """No answer, a broken one, or a fault on the vendor's side."""

    permanent = False
    advice = (
        "Nothing to do: it is tried again later. If it lasts, check the address, the network and the vendor's status."
    )


class Conflict(ClientError):
    """Somebody else wrote meanwhile, or the row exists already: read again, then decide again."""

    permanent = False
    advice = "Nothing to do: it is read again and decided again."


def retry_after_seconds(header: str | None) -> float | None:
    """The seconds that a `Retry-After` header asks to wait; it may hold a number or an HTTP date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except ValueError:
        return None
