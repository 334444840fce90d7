"""What would happen to somebody who left now, by the rules of the flows themselves. Everything is only read."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import wiring
from activities.accounts import find_entra_user, judge_owner
from activities.activity import StepFailed
from activities.managers import Manager, first_who_can_read
from activities.microsoft365 import assigned_licenses
from activities.okta import read_person
from clients.errors import ClientError
from clients.records import EntraUser, OktaUser
from lifecycle.delays import due_at
from lifecycle.entitlement import Cause, Entitlement, protected_as
from lifecycle.licenses import RemovalPlan, friendly_name, plan_removal
from lifecycle.mails import Mail, PersonName, Reader, account_disabled_mail
from lifecycle.members import Member
from lifecycle.ownership import Whose
from local.admin.shown import Failed
from rows import accounts, catalog
from rows import members as member_rows


@dataclass(frozen=True)
class Foresight:
    """What is known of one person. `hindrance` says why a run would stop and ask, if it would."""

    login: str
    okta_user_id: str
    entitled: bool
    why: str
    phase: str | None
    account: str | None = None
    account_enabled: bool | None = None
    claimed_by: tuple[str, ...] = ()
    hindrance: str | None = None
    licenses_go: tuple[str, ...] = ()
    licenses_stay: tuple[str, ...] = ()
    go_at: datetime | None = None
    told: str | None = None
    subject: str | None = None
    mail: str | None = None


async def foresee(login: str) -> Foresight:
    """Raises Failed for somebody whom Okta does not know, or where a system gives no answer."""
    try:
        user = await (await wiring.okta()).read_user(login)
        if user is None:
            raise Failed(f"Okta knows nobody by {login!r}.")
        return await _foresee(user)
    except (ClientError, StepFailed) as error:
        raise Failed(str(error)) from None


async def foresee_group(name: str) -> AsyncIterator[Foresight]:
    """Everybody who is in a group of Okta, one after the other."""
    try:
        okta = await wiring.okta()
        group = await okta.find_group(name)
        if group is None:
            raise Failed(f"Okta has no group {name!r}; capitals count.")
        async for user in okta.list_group_members(group.id):
            yield await _foresee(user)
    except (ClientError, StepFailed) as error:
        raise Failed(str(error)) from None


async def _foresee(user: OktaUser) -> Foresight:
    _, entitlement = await read_person(user.id)
    tables, now = await wiring.tables(), wiring.now()
    stored = await member_rows.find(tables, user.id)
    member = stored.record if stored else Member(user.id, user.login, "preview", "preview", now)
    entra_user = await find_entra_user(member, user)
    known = Foresight(
        user.login, user.id, entitlement.entitled, entitlement.reason, str(member.phase) if stored else None
    )
    return await _with_account(known, member, user, entitlement, entra_user)


async def _with_account(
    known: Foresight, member: Member, user: OktaUser, entitlement: Entitlement, entra_user: EntraUser | None
) -> Foresight:
    if entra_user is None:
        return replace(known, hindrance="no Microsoft 365 account found by login, known id or mail address")
    tables = await wiring.tables()
    row = await accounts.find(tables, entra_user.id)
    account = row.record if row else None
    verdict = await judge_owner(member, user, entra_user, account)
    plan = plan_removal(assigned_licenses(entra_user), wiring.settings().license_scope, await _cataloged())
    go_at = (account.due_at if account else None) or _date(entitlement)
    licenses_go = await _names(plan.remove)
    manager = await first_who_can_read(user, entra_user.id)
    mail = _mail(user, manager, entitlement, go_at, licenses_go)
    return replace(
        known,
        account=entra_user.user_principal_name,
        account_enabled=entra_user.account_enabled,
        claimed_by=tuple(f"{owner.login} ({owner.okta_user_id})" for owner in verdict.owners),
        hindrance=_protection(user, entra_user) or _whose(verdict.whose),
        licenses_go=licenses_go,
        licenses_stay=await _names(_staying(plan)),
        go_at=go_at,
        told=manager.mail if manager else wiring.settings().operators_email,
        subject=mail.subject,
        mail=mail.text,
    )


def _protection(user: OktaUser, entra_user: EntraUser) -> str | None:
    settings = wiring.settings()
    names = (user.login, user.email, entra_user.user_principal_name, entra_user.mail)
    return protected_as(names, settings.protected_logins, settings.mail_sender)


def _whose(whose: Whose) -> str | None:
    return {
        Whose.MINE: None,
        Whose.THEIRS: "the account belongs to somebody else",
        Whose.UNCLEAR: "several living users may own the account, and nothing tells them apart",
    }[whose]


def _date(entitlement: Entitlement) -> datetime:
    """Who leaves several groups with different delays has the latest of their dates."""
    settings, now = wiring.settings(), wiring.now()
    delays = [settings.delay_for(group.id, group.name) for group in entitlement.groups] or [settings.delay]
    return max(due_at(now, delay) for delay in delays)


def _mail(
    user: OktaUser, manager: Manager | None, entitlement: Entitlement, go_at: datetime, licenses_go: Sequence[str]
) -> Mail:
    """The one that says that the account is disabled, to the manager or, where there is none, to the operators."""
    settings = wiring.settings()
    return account_disabled_mail(
        settings.letterhead,
        PersonName(user.full_name, user.login),
        Reader(manager.name if manager else None, no_manager=manager is None),
        due_at=go_at,
        delay=None,
        cause=entitlement.cause or Cause.NO_GROUP,
        licenses=licenses_go,
    )


def _staying(plan: RemovalPlan) -> tuple[str, ...]:
    return (*plan.inherited, *plan.out_of_scope)


async def _cataloged() -> frozenset[str]:
    return frozenset(entry.sku_id for entry in await catalog.read(await wiring.tables()))


async def _names(sku_ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(friendly_name(sku_id, wiring.sku_names(), {}) for sku_id in sku_ids)
