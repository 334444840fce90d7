"""What we can do to a Microsoft 365 account. Each one reads, acts and reads back."""

from datetime import datetime

import azure.durable_functions as df

import wiring
from activities.accounts import last_look
from activities.activity import Call, StepFailed, activity
from activities.acts import is_dry_run, write_down
from activities.fence import Owned, owned_account, store_account, write_to_account
from clients.errors import ClientError
from clients.records import EntraUser
from lifecycle import licenses
from lifecycle.accounts import Intent, confirmed, intending, is_already, may_enable
from lifecycle.effects import Effect
from lifecycle.licenses import AssignedLicense
from lifecycle.members import Member

bp = df.Blueprint()

RULED_BY_DIRECTORY = "the account is synchronised from Active Directory; disable it there, then `skip`."


async def find_present(member: Member) -> EntraUser | None:
    """The account as it is now, or None when it is gone."""
    if member.entra_user_id is None:
        raise StepFailed("the Microsoft 365 account has not been found yet", permanent=True)
    return await (await wiring.graph()).read_user(member.entra_user_id)


async def present_account(member: Member, *, may_be_new: bool = False) -> EntraUser:
    """The account as it is now. Raises StepFailed when it is gone.

    One that was made a moment ago (`may_be_new`) may not be known everywhere in the tenant yet, which passes.
    """
    account = await find_present(member)
    if account is None:
        reason = f"the Microsoft 365 account {member.user_principal_name} no longer exists"
        raise StepFailed(reason, permanent=not may_be_new)
    return account


def assigned_licenses(account: EntraUser) -> tuple[AssignedLicense, ...]:
    return licenses.from_assignments(
        (each.sku_id, each.disabled_plans, each.assigned_by_group, each.state) for each in account.licenses
    )


@activity(bp)
async def disable_account(call: Call, *, looked_at: datetime | None = None) -> Effect:
    """Disable the account. Nothing is written when that was confirmed before this run and still reads so.

    `looked_at` is when this run claimed the account, and so looked at Okta.
    """
    owned = await owned_account(call)
    entra_user = await present_account(owned.member)
    await last_look(call, owned, entra_user, looked_at=looked_at)
    try:
        return await _set_enabled(call, owned, entra_user, Intent.DISABLED)
    except ClientError as error:
        if error.permanent and entra_user.on_premises_sync_enabled:
            raise StepFailed(f"{RULED_BY_DIRECTORY} {error}", permanent=True) from error
        raise


@activity(bp)
async def enable_account(call: Call, *, by_operator: bool = False) -> Effect:
    """Enable the account, unless somebody else disabled it and no operator says that it is to be enabled.

    Nothing is written when that was confirmed before this run and still reads so.
    """
    owned = await owned_account(call)
    entra_user = await present_account(owned.member, may_be_new=True)
    if not entra_user.account_enabled and not by_operator and not may_enable(owned.account):
        return Effect.NOT_OURS
    return await _set_enabled(call, owned, entra_user, Intent.ENABLED)


async def _set_enabled(call: Call, owned: Owned, entra_user: EntraUser, intent: Intent) -> Effect:
    """First the intent into the account's row, then the write, and confirmed when it was answered and reads so."""
    wanted = intent is Intent.ENABLED
    act = "enable_account" if wanted else "disable_account"
    if is_already(owned.account, intent, reads_enabled=entra_user.account_enabled):
        await write_down(call, owned.member, act, "already so")
        return Effect.ALREADY
    before = owned.account
    # An intent that was not confirmed may have been carried out by a write whose answer got lost.
    was_so = before.intent is None or (before.intent is intent and before.confirmed)
    is_changed = entra_user.account_enabled is not wanted or not was_so
    intended = intending(owned.account, intent, reads_enabled=entra_user.account_enabled, at=call.at)
    owned = await store_account(call, owned, intended)
    graph = await wiring.graph()
    if await write_to_account(call, act, lambda: graph.set_account_enabled(entra_user.id, enabled=wanted)):
        if (await present_account(owned.member, may_be_new=wanted)).account_enabled is not wanted:
            raise StepFailed(f"the account does not read as {intent} yet", permanent=False)
        await store_account(call, owned, confirmed(owned.account, call.at))
    return Effect.DONE if is_changed else Effect.ALREADY


@activity(bp)
async def check_intent(call: Call) -> bool:
    """Whether the account still reads as this run meant it to be, some minutes after a hand-over.

    A second copy of an activity of the run before may have written late; Graph has no conditional write. An account
    that is gone counts as disabled.
    """
    owned = await owned_account(call)
    if is_dry_run(owned.member) or owned.account.intent is None:
        return True
    entra_user = await find_present(owned.member)
    is_enabled = entra_user is not None and entra_user.account_enabled
    return is_enabled is (owned.account.intent is Intent.ENABLED)


@activity(bp)
async def revoke_sign_in_sessions(call: Call, *, looked_at: datetime | None = None) -> None:
    """Make every refresh token and session cookie of the account worthless. `looked_at` is as for disabling it."""
    owned = await owned_account(call)
    account = await present_account(owned.member)
    await last_look(call, owned, account, looked_at=looked_at)
    graph = await wiring.graph()
    await write_to_account(call, "revoke_sign_in_sessions", lambda: graph.revoke_sign_in_sessions(account.id))


@activity(bp)
async def ensure_usage_location(call: Call) -> Effect:
    """Give the account the usage location that licenses need: its own, Okta's country code, DEFAULT_USAGE_LOCATION."""
    member = (await owned_account(call)).member
    account = await present_account(member, may_be_new=True)
    if account.usage_location:
        return Effect.ALREADY
    okta = await wiring.okta()
    user = await okta.read_user(call.okta_user_id)
    country = (user.country_code if user else None) or wiring.settings().default_usage_location
    if not country:
        raise StepFailed(
            "the account has no usage location, the Okta user no country code, and DEFAULT_USAGE_LOCATION is not set;"
            " licenses cannot be assigned without one",
            permanent=True,
        )
    graph = await wiring.graph()
    await write_to_account(call, "set_usage_location", lambda: graph.set_usage_location(account.id, country), country)
    return Effect.DONE
