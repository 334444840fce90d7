"""The fence: only the run that owns a person, and the person's account, reads on and writes.

Every activity about a person begins with `owned_member`, every one that writes to the account with `owned_account`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

import wiring
from activities.activity import Call, StepFailed, Superseded
from activities.acts import carry_out
from clients.errors import ClientError
from lifecycle.accounts import Account
from lifecycle.members import JoinedGroup, LeftGroup, Member
from lifecycle.stages import Phase
from rows import accounts, members
from rows.stored import Stored


class Changes(TypedDict, total=False):
    """What an activity may change of a member; who owns the person is changed by a claim alone."""

    phase: Phase
    reason: str | None
    awaiting_command: str | None
    tries_again: bool
    pending: tuple[()]
    passed_over: bool
    held: bool
    released: bool
    left_groups: tuple[LeftGroup, ...]
    joined: tuple[JoinedGroup, ...]
    entra_user_id: str
    user_principal_name: str
    display_name: str | None
    manager_name: str | None
    manager_mail: str | None


@dataclass(frozen=True, slots=True)
class Owned:
    """A person and the account, both this run's. `etag` is None in a dry run, which writes nothing of the account."""

    member: Member
    account: Account
    etag: str | None


async def owned_member(call: Call) -> Member:
    """What is known of the person, if this run still owns it. Raises Superseded, or StepFailed when the row is gone."""
    return (await owned_row(call)).record


async def change_member(call: Call, **changes: Unpack[Changes]) -> Member:
    """Change the row this run owns; a change by somebody else in between raises Conflict, which a retry settles.

    Claims before this run's are forgotten: it waited until those runs had ended.
    """
    stored = await owned_row(call)
    claims = stored.record.claims
    own = next((number for number, claim in enumerate(claims) if claim.instance == call.instance), 0)
    changed = replace(stored.record, updated_at=call.at, claims=claims[own:], **changes)
    await members.replace(await wiring.tables(), changed, stored.etag)
    return changed


async def owned_account(call: Call) -> Owned:
    """The person and the account, if this run still owns both. Raises Superseded when it does not."""
    member = await owned_member(call)
    if member.entra_user_id is None:
        raise StepFailed("the Microsoft 365 account has not been found yet", permanent=True)
    stored = await accounts.find(await wiring.tables(), member.entra_user_id)
    if member.dry_run:  # it reads, and claims nothing
        name = member.user_principal_name or member.login
        account = stored.record if stored else Account(member.entra_user_id, name, member.okta_user_id, call.instance)
        return Owned(member, account, None)
    if stored is None:
        raise StepFailed(f"the row of {member.entra_user_id} is gone from the table {accounts.TABLE}", permanent=True)
    if stored.record.run != call.instance:
        raise Superseded(f"{stored.record.run} has taken the account over")
    return Owned(member, stored.record, stored.etag)


async def write_to_account(
    call: Call,
    act: str,
    write: Callable[[], Awaitable[str | None]],
    detail: str = "",
    *,
    sku_ids: Sequence[str] = (),
    no_news: type[ClientError] | None = None,
) -> bool:
    """As `carry_out`, for one write to the account: if both rows name this run at this very moment (step 7).

    The client gives up a minute later, so a copy of this activity that outlives its run does not write long after it.
    """
    member = (await owned_account(call)).member
    return await carry_out(call, member, act, write, detail, sku_ids=sku_ids, no_news=no_news)


async def store_account(call: Call, owned: Owned, account: Account) -> Owned:
    """Store what this run changed of the account, bound to the reading that found the run in its row.

    Raises Conflict when the row has changed since: the activity is then done again from its start.
    """
    own = next((number for number, claim in enumerate(account.claims) if claim.instance == call.instance), 0)
    changed = replace(account, claims=account.claims[own:], updated_at=call.at)
    if owned.etag is None:
        return replace(owned, account=changed)
    etag = await accounts.replace(await wiring.tables(), changed, owned.etag)
    return Owned(owned.member, changed, etag)


async def known_account(member: Member) -> Account | None:
    """What is known of the person's account, whoever owns it."""
    if member.entra_user_id is None:
        return None
    stored = await accounts.find(await wiring.tables(), member.entra_user_id)
    return stored.record if stored else None


async def owned_row(call: Call) -> Stored[Member]:
    """As `owned_member`, with the ETag for a change that depends on what was read."""
    stored = await members.find(await wiring.tables(), call.okta_user_id)
    if stored is None:
        reason = f"the row of {call.okta_user_id} is gone from the table {members.TABLE}"
        raise StepFailed(reason, permanent=True)
    if stored.record.instance != call.instance:
        raise Superseded(f"{stored.record.instance} has taken the person over")
    return stored
