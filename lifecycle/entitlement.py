"""Whether a person is entitled to Microsoft 365: what Okta says now decides, never what an event said then."""

from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Whether the user is entitled, why, and the managed groups the user is in (none unless entitled)."""

    entitled: bool
    reason: str
    groups: tuple[Group, ...] = ()

    @property
    def group_ids(self) -> tuple[str, ...]:
        return tuple(group.id for group in self.groups)


def judge_entitlement(
    status: str | None,
    groups: Iterable[Group],
    manages: ManagedGroup,
    *,
    deactivate_on_suspend: bool = False,
) -> Entitlement:
    """Judge by the user status (None: the user is gone) and every group the user is in.

    Raises UnknownStatus for a status outside Okta's list: nothing is taken away on a guess.
    """
    if status is None:
        return Entitlement(False, "the user no longer exists in Okta")
    if status not in KNOWN_STATUSES:
        raise UnknownStatus(f"Okta reports the user status {status!r}, which this version of Offstage does not know")
    if status == DEPROVISIONED:
        return Entitlement(False, "the user is deactivated in Okta")
    if status == SUSPENDED and deactivate_on_suspend:
        return Entitlement(False, "the user is suspended in Okta")
    managed = tuple(group for group in groups if manages(group.id, group.name))
    if managed:
        return Entitlement(True, f"the user is in {', '.join(sorted(group.name for group in managed))}", managed)
    return Entitlement(False, "the user is in no managed group")


def protected_as(logins: Iterable[str | None], protected: frozenset[str], mail_sender: str | None) -> str | None:
    """Why these logins and addresses of one person may not be touched, or None. Capitals make no difference."""
    known = {login.casefold() for login in logins if login}
    if known & protected:
        return "the account is listed in PROTECTED_LOGINS"
    if mail_sender and mail_sender.casefold() in known:
        return "the account is the mailbox that sends the mails (MAIL_SENDER)"
    return None
