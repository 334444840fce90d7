"""Whether a person is entitled to Microsoft 365: what Okta says now decides, never what an event said then."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lifecycle.events import ManagedGroup

DEPROVISIONED = "DEPROVISIONED"
SUSPENDED = "SUSPENDED"
# https://developer.okta.com/docs/reference/api/users/#user-status, with ACTIVATING, which appears only in passing
KNOWN_STATUSES = frozenset(
    {
        "STAGED",
        "PROVISIONED",
        "ACTIVATING",
        "ACTIVE",
        "RECOVERY",
        "PASSWORD_EXPIRED",
        "LOCKED_OUT",
        SUSPENDED,
        DEPROVISIONED,
    }
)


class UnknownStatus(ValueError):
    """Okta answered with a user status this version does not know, so nothing may be concluded from it."""


@dataclass(frozen=True, slots=True)
class Group:
    """An Okta group. Names change and are not unique; ids are."""

    id: str
    name: str


class Cause(StrEnum):
    """Why a person is not entitled."""

    GONE = "gone"
    DEACTIVATED = "deactivated"
    SUSPENDED = "suspended"
    NO_GROUP = "no_group"


_WORDS = {
    Cause.GONE: "the user no longer exists in Okta",
    Cause.DEACTIVATED: "the user is deactivated in Okta",
    Cause.SUSPENDED: "the user is suspended in Okta",
    Cause.NO_GROUP: "the user is in no managed group",
}


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One reading of Okta: whether the user is entitled, why, and what that was judged by; `cause`: why not.

    `groups` are the managed groups the user is in; Okta keeps the memberships of a deactivated user. `status` is None
    when the user is gone. While `is_changing`, Okta is about to deactivate (or activate) the user.
    """

    entitled: bool
    reason: str
    groups: tuple[Group, ...] = ()
    status: str | None = None
    is_changing: bool = False
    cause: Cause | None = None

    @property
    def group_ids(self) -> tuple[str, ...]:
        return tuple(group.id for group in self.groups)

    @property
    def is_living(self) -> bool:
        """In Okta, and not deactivated."""
        return self.status not in (None, DEPROVISIONED)


def judge_entitlement(
    status: str | None,
    groups: Iterable[Group],
    manages: ManagedGroup,
    *,
    deactivate_on_suspend: bool = False,
    is_changing: bool = False,
) -> Entitlement:
    """Judge by the user status (None: the user is gone) and every group the user is in.

    Raises UnknownStatus for a status outside Okta's list: nothing is taken away on a guess.
    """
    if status is not None and status not in KNOWN_STATUSES:
        raise UnknownStatus(f"Okta reports the user status {status!r}, which this version of Offstage does not know")
    managed = tuple(group for group in groups if manages(group.id, group.name))
    cause = _why_not_entitled(status, deactivate_on_suspend=deactivate_on_suspend)
    if cause is None and managed:
        names = ", ".join(sorted(group.name for group in managed))
        return Entitlement(True, f"the user is in {names}", managed, status, is_changing)
    cause = cause or Cause.NO_GROUP
    return Entitlement(False, _WORDS[cause], managed, status, is_changing, cause)


def _why_not_entitled(status: str | None, *, deactivate_on_suspend: bool) -> Cause | None:
    if status is None:
        return Cause.GONE
    if status == DEPROVISIONED:
        return Cause.DEACTIVATED
    if status == SUSPENDED and deactivate_on_suspend:
        return Cause.SUSPENDED
    return None


def protected_as(logins: Iterable[str | None], protected: frozenset[str], mail_sender: str | None) -> str | None:
    """Why these logins and addresses of one person may not be touched, or None. Capitals make no difference."""
    known = {login.casefold() for login in logins if login}
    if known & protected:
        return "the account is listed in PROTECTED_LOGINS"
    if mail_sender and mail_sender.casefold() in known:
        return "the account is the mailbox that sends the mails (MAIL_SENDER)"
    return None
