"""What we can do to a Microsoft 365 account. Each one reads, acts and reads back."""

import azure.durable_functions as df

import wiring
from activities.activity import Call, StepFailed, activity
from activities.acts import carry_out, write_down
from activities.fence import change_member, owned_member
from activities.okta import require_not_entitled
from clients.records import EntraUser, OktaUser
from lifecycle import licenses
from lifecycle.effects import Effect
from lifecycle.entitlement import protected_as
from lifecycle.events import Flow
from lifecycle.licenses import AssignedLicense
from lifecycle.members import Member

bp = df.Blueprint()


@activity(bp)
async def find_account(call: Call, *, may_appear: bool = False) -> None:
    """Find the Entra user of an Okta user and remember its object id. Refuses protected and other people's accounts.

    With `may_appear` a missing account is waited for: who has just joined may be provisioned any moment.
    """
    member = await owned_member(call)
    okta = await wiring.okta()
    user = await okta.read_user(call.okta_user_id)
    names = (user.login, user.email) if user else (await _login_of_nobody_else(member.login),) * 2
    account = await _account(member.entra_user_id, *names, is_in_okta=user is not None, may_be_new=may_appear)
    if account is None:
        raise StepFailed(
            f"no Microsoft 365 account found for {member.login}: none has the user principal name or mail address"
            f" {' or '.join(sorted({name for name in names if name}))}",
            permanent=not may_appear,
        )
    await _refuse_account_of_another(account, user)
    known = (member.login, *names, account.user_principal_name, account.mail)
    if protection := protected_as(known, wiring.settings().protected_logins, wiring.settings().mail_sender):
        raise StepFailed(f"{protection}; it is never touched", permanent=True)
    await change_member(
        call,
        entra_user_id=account.id,
        user_principal_name=account.user_principal_name,
        display_name=user.full_name if user else account.display_name,
    )


async def _login_of_nobody_else(login: str) -> str:
    """The login of a user who is gone from Okta. It may have gone to a newcomer, whose account is none of ours."""
    okta = await wiring.okta()
    if other := await okta.read_user(login):
        raise StepFailed(f"the user is gone from Okta, and the login {login} is that of {other.id} now", permanent=True)
    return login


async def _refuse_account_of_another(account: EntraUser, user: OktaUser | None) -> None:
    """People may edit their own mail address in Okta, and so point at the account of somebody else."""
    name = account.user_principal_name
    if user is None or name.casefold() == user.login.casefold():
        return
    okta = await wiring.okta()
    owner = await okta.read_user(name)
    if owner and owner.id != user.id:
        reason = f"the account {name} that was found by the mail address {user.email} is that of another Okta user"
        raise StepFailed(f"{reason}, {owner.id}", permanent=True)


async def _account(
    known_id: str | None, login: str, email: str | None, *, is_in_okta: bool, may_be_new: bool
) -> EntraUser | None:
    """By the id found earlier, then the login as user principal name, then the Okta email, then the mail address.

    An account that was known and is gone may have been made again: it is the person's if it has the name that is the
    person's login in Okta. Any other name may belong to somebody else by now, and is asked for only where the account
    `may_be_new`.
    """
    graph = await wiring.graph()
    if known_id and (known := await graph.read_user(known_id)):
        return known
    is_any_name_good = known_id is None or may_be_new
    if (is_in_okta or is_any_name_good) and (account := await graph.read_user(login)):
        return account
    if email is None or not is_any_name_good:
        return None
    return await graph.read_user(email) or await graph.find_user_by_mail(email)


async def account_if_any(member: Member) -> EntraUser | None:
    """The account as it is now; None when it is gone. Raises StepFailed when it has not been found yet."""
    if member.entra_user_id is None:
        raise StepFailed("the Microsoft 365 account has not been found yet", permanent=True)
    return await (await wiring.graph()).read_user(member.entra_user_id)


async def is_made_again(call: Call) -> bool:
    """Whether the person has another account than the one that is gone, under the name that is the login in Okta."""
    user = await (await wiring.okta()).read_user(call.okta_user_id)
    return user is not None and await (await wiring.graph()).read_user(user.login) is not None


async def present_account(member: Member, *, may_be_new: bool = False) -> EntraUser:
    """The account as it is now. Raises StepFailed when it is gone.

    One that was made a moment ago (`may_be_new`) may not be known everywhere in the tenant yet, which passes.
    """
    account = await account_if_any(member)
    if account is None:
        reason = f"the Microsoft 365 account {member.user_principal_name} no longer exists"
        raise StepFailed(reason, permanent=not may_be_new)
    return account


def assigned_licenses(account: EntraUser) -> tuple[AssignedLicense, ...]:
    return licenses.from_assignments(
        (each.sku_id, each.disabled_plans, each.assigned_by_group, each.state) for each in account.licenses
    )


@activity(bp)
async def disable_account(call: Call) -> Effect:
    """Disable the account, unless it read as disabled.

    A reading is not believed where a run for a return made way a moment ago: it may be older than what that run did.
    """
    member = await owned_member(call)
    account = await present_account(member)
    if not account.account_enabled and Flow.ACTIVATION not in member.pending:
        await write_down(call, member, "disable_account", "already so")
        return Effect.ALREADY
    await require_not_entitled(call)
    graph = await wiring.graph()
    really = await carry_out(
        call, member, "disable_account", lambda: graph.set_account_enabled(account.id, enabled=False)
    )
    if really and (await present_account(member)).account_enabled:
        raise StepFailed("the account still reads as enabled after it was disabled", permanent=False)
    return Effect.DONE if account.account_enabled else Effect.ALREADY


@activity(bp)
async def revoke_sign_in_sessions(call: Call) -> None:
    """Make every refresh token and session cookie of the account worthless."""
    member = await owned_member(call)
    account = await present_account(member)
    graph = await wiring.graph()
    await carry_out(call, member, "revoke_sign_in_sessions", lambda: graph.revoke_sign_in_sessions(account.id))


@activity(bp)
async def enable_account(call: Call) -> Effect:
    """Enable the account, unless it read as enabled; not believed where a leave made way a moment ago.

    A run that found it disabled says so in the row before it writes: should the answer get lost, it writes again, and
    the account counts as enabled by this run, whatever it reads like by then.
    """
    member = await owned_member(call)
    account = await present_account(member, may_be_new=True)
    is_ours = member.enabling == call.instance
    if account.account_enabled and not is_ours and Flow.DEACTIVATION not in member.pending:
        await write_down(call, member, "enable_account", "already so")
        return Effect.ALREADY
    if not account.account_enabled and not is_ours:
        await change_member(call, enabling=call.instance)
        is_ours = True
    graph = await wiring.graph()
    really = await carry_out(
        call, member, "enable_account", lambda: graph.set_account_enabled(account.id, enabled=True)
    )
    if really and not (await present_account(member, may_be_new=True)).account_enabled:
        raise StepFailed("the account still reads as disabled after it was enabled", permanent=False)
    return Effect.DONE if is_ours else Effect.ALREADY


@activity(bp)
async def ensure_usage_location(call: Call) -> Effect:
    """Give the account the usage location that licenses need: its own, Okta's country code, DEFAULT_USAGE_LOCATION."""
    member = await owned_member(call)
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
    await carry_out(call, member, "set_usage_location", lambda: graph.set_usage_location(account.id, country), country)
    return Effect.DONE
