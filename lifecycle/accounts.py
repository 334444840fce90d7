"""What is known of one Microsoft 365 account: who owns it, which run may write to it, and what we set out to do to it.

An account can belong to one Okta user after another. So all that concerns the account stands here and stays when the
owner changes; what concerns the person stands in `lifecycle.members`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lifecycle.members import JoinedGroup, LeftGroup


class Intent(StrEnum):
    """What we last set out to write to the account."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class AccountClaim:
    """One claim that was made: by which run, for which Okta user, and the run that stood there before."""

    instance: str
    okta_user_id: str
    predecessor: str | None
    written_at: datetime | None = None  # when the predecessor, or one before it, wrote to the row last


@dataclass(frozen=True, slots=True)
class FormerGroup:
    """A managed group that a person was in and left, and first when."""

    group_id: str
    left_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """One account, by its Entra object id. `owner` is an Okta user id; `run` is the one that may write."""

    entra_user_id: str
    user_principal_name: str
    owner: str
    run: str
    claims: tuple[AccountClaim, ...] = ()  # newest last; of runs that are not known to have ended
    intent: Intent | None = None
    confirmed: bool = False  # a write of the intent was answered, and a reading agreed
    disabled_by_us: bool = False
    newcomer: bool = False  # a person new to the managed groups, whose account may be disabled from the start
    snapshot: str | None = None  # lifecycle.licenses, as JSON, with what is taken and owed
    due_at: datetime | None = None
    kept: bool = False  # an operator has said `keep`: the licenses stay until the owner is entitled again
    former_groups: tuple[FormerGroup, ...] = ()  # to join one of them again is a return
    untold: tuple[str, ...] = ()  # SKUs that went, or are about to go, of which the manager may not know yet
    updated_at: datetime | None = None

    @property
    def is_intended_disabled(self) -> bool:
        return self.intent is Intent.DISABLED

    def claim_of(self, instance: str) -> AccountClaim | None:
        return next((claim for claim in self.claims if claim.instance == instance), None)


def claimed(
    known: Account | None, entra_user_id: str, user_principal_name: str, okta_user_id: str, instance: str, at: datetime
) -> Account:
    """The account with this run as the one that writes; the run that stood there is its predecessor."""
    former = known or Account(entra_user_id, user_principal_name, okta_user_id, instance)
    claim = AccountClaim(instance, okta_user_id, known.run if known else None, known.updated_at if known else None)
    return replace(
        former,
        user_principal_name=user_principal_name,
        owner=okta_user_id,
        run=instance,
        claims=(*former.claims, claim),
        updated_at=at,
    )


def intending(account: Account, intent: Intent, *, reads_enabled: bool, at: datetime) -> Account:
    """The account before a write: what we set out to write stands there first, unconfirmed unless it was so before.

    `disabled_by_us` is noted with the intent: the account reads enabled, or we meant it to be. A repetition, which
    reads it disabled because of us, never lowers that.
    """
    is_same = account.intent is intent
    ours = account.disabled_by_us or reads_enabled or account.intent is Intent.ENABLED
    return replace(
        account,
        intent=intent,
        confirmed=account.confirmed and is_same,
        disabled_by_us=ours if intent is Intent.DISABLED else account.disabled_by_us,
        updated_at=at,
    )


def confirmed(account: Account, at: datetime) -> Account:
    """The account after a write was answered and a reading agreed."""
    is_enabled = account.intent is Intent.ENABLED
    return replace(
        account,
        confirmed=True,
        disabled_by_us=account.disabled_by_us and not is_enabled,
        newcomer=account.newcomer and not is_enabled,
        updated_at=at,
    )


def is_already(account: Account, intent: Intent, *, reads_enabled: bool) -> bool:
    """Whether nothing has to be written: the same intent was confirmed before, and the reading agrees.

    A reading alone is never believed: replicas lag for minutes.
    """
    return account.intent is intent and account.confirmed and reads_enabled is (intent is Intent.ENABLED)


def may_enable(account: Account) -> bool:
    """Whether the app enables an account that reads disabled by itself: one that it disabled, or a newcomer's.

    What somebody else disabled stays disabled. An intent to enable that was never confirmed is carried on with: that
    write was already allowed, and what it did is not known.
    """
    is_under_way = account.intent is Intent.ENABLED and not account.confirmed
    return account.disabled_by_us or account.newcomer or is_under_way


def with_former_groups(former: Iterable[FormerGroup], left: Iterable[LeftGroup]) -> tuple[FormerGroup, ...]:
    """Add those that were left; each counts from when it was left first."""
    first_left = {each.group_id: each for each in former}
    for group in left:
        known = first_left.get(group.group_id)
        left_at = min(known.left_at, group.left_at) if known else group.left_at
        first_left[group.group_id] = FormerGroup(group.group_id, left_at)
    return tuple(first_left.values())


def still_new(joined: Iterable[JoinedGroup], former: Collection[FormerGroup]) -> tuple[JoinedGroup, ...]:
    """Those of the groups that the person joined before leaving them for the first time.

    Events come in any order, so it is their instants that tell a newcomer from a person who returns.
    """

    def is_return(group: JoinedGroup) -> bool:
        return any(each.group_id == group.group_id and each.left_at < group.published for each in former)

    return tuple(group for group in joined if not is_return(group))
