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
    """One reading of Okta: whether the user is entitled, why, and what that was judged by.

    `groups` are the managed groups the user is in; Okta keeps the memberships of a deactivated user. `status` is None
    when the user is gone. While `is_changing`, Okta is about to deactivate (or activate) the user.
    """

    entitled: bool
    reason: str
    groups: tuple[Group, ...] = ()
    status: str | None = None
    is_changing: bool = False

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
    reason = _why_not_entitled(status, deactivate_on_suspend=deactivate_on_suspend)
    if reason is None and managed:
        names = ", ".join(sorted(group.name for group in managed))
        return Entitlement(True, f"the user is in {names}", managed, status, is_changing)
    return Entitlement(False, reason or "the user is in no managed group", managed, status, is_changing)


def _why_not_entitled(status: str | None, *, deactivate_on_suspend: bool) -> str | None:
    if status is None:
        return "the user no longer exists in Okta"
    if status == DEPROVISIONED:
        return "the user is deactivated in Okta"
    if status == SUSPENDED and deactivate_on_suspend:
        return "the user is suspended in Okta"
    return None


def protected_as(logins: Iterable[str | None], protected: frozenset[str], mail_sender: str | None) -> str | None:
    """Why these logins and addresses of one person may not be touched, or None. Capitals make no difference."""
    known = {login.casefold() for login in logins if login}
    if known & protected:
        return "the account is listed in PROTECTED_LOGINS"
    if mail_sender and mail_sender.casefold() in known:
        return "the account is the mailbox that sends the mails (MAIL_SENDER)"
    return None
