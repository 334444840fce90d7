"""The mails to managers: who is told what about a person. Each answers what became of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.fence import known_account, owned_member
from activities.mail_ledger import send_once
from lifecycle import delays, licenses, mails
from lifecycle.entitlement import Cause
from lifecycle.licenses import Assignment, LicenseScope, Removal, RemovalPlan
from lifecycle.mail_ledger import MailState, Part, short_hash
from lifecycle.mail_rendering import called
from lifecycle.mails import Mail, PersonName, Reader, Removed
from lifecycle.members import LeftGroup, Member
from rows import catalog

bp = df.Blueprint()

NOBODY_WAITS_WITHIN = timedelta(hours=1)


@activity(bp)
async def mail_account_disabled(call: Call, *, due_at: datetime, cause: Cause | None) -> MailState:
    """Tell the manager that the account is disabled, why, and when which licenses go."""
    member = await owned_member(call)
    mail = mails.account_disabled_mail(
        wiring.settings().letterhead,
        person_of(member),
        _reader(member),
        due_at=due_at,
        delay=wiring.settings().delay_for(member.group_id, member.group_name),
        cause=cause,
        licenses=await _licenses_that_go(member),
    )
    # Told once of one date, by whichever run: who leaves the group and is then deactivated has left once.
    return await _tell(call, member, "account_disabled", mail, key=f"account_disabled-{_stamp(due_at)}")


@activity(bp)
async def mail_reminder(call: Call, *, due_at: datetime) -> MailState:
    """Remind the manager of the date, once of each."""
    member = await owned_member(call)
    going = await _licenses_that_go(member)
    mail = mails.reminder_mail(
        wiring.settings().letterhead, person_of(member), _reader(member), due_at=due_at, licenses=going
    )
    return await _tell(call, member, "reminder", mail, key=f"reminder-{_stamp(due_at)}")


@activity(bp)
async def mail_date_changed(call: Call, *, due_at: datetime, change: str) -> MailState:
    """Tell the manager that the licenses go on another date; `change` names the change, which is told once."""
    member = await owned_member(call)
    going = await _licenses_that_go(member)
    mail = mails.date_changed_mail(
        wiring.settings().letterhead, person_of(member), _reader(member), due_at=due_at, licenses=going
    )
    return await _tell(call, member, "date_changed", mail, key=f"{call.instance}-date_changed-{change}")


@activity(bp)
async def mail_licenses_kept(call: Call) -> MailState:
    """Tell the manager that the licenses stay after all."""
    member = await owned_member(call)
    mail = mails.licenses_kept_mail(wiring.settings().letterhead, person_of(member), _reader(member))
    return await _tell(call, member, "licenses_kept", mail)


@activity(bp)
async def mail_licenses_removed(
    call: Call, *, plan: RemovalPlan, removal: Removal, left_group: LeftGroup | None = None, early: bool = False
) -> MailState:
    """Tell the manager which licenses went, which stay, and which could not go; with which group, if with one.

    Those count too that a run took which was displaced before it could say so.
    """
    member = await owned_member(call)
    removed = removal.removed
    if left_group is None and not removal.account_deleted and (account := await known_account(member)):
        removed += tuple(sku_id for sku_id in account.untold if sku_id not in plan.remove)
    name = await _names_of((*removed, *removal.refused, *plan.inherited, *plan.out_of_scope))
    found = Removed(
        removed=[name[sku_id] for sku_id in removed],
        failed=[name[sku_id] for sku_id in removal.refused],
        inherited=[name[sku_id] for sku_id in plan.inherited],
        out_of_scope=[name[sku_id] for sku_id in plan.out_of_scope],
        left_group=_known_name(left_group),
        early=early,
        account_deleted=removal.account_deleted,
    )
    mail = mails.licenses_removed_mail(wiring.settings().letterhead, person_of(member), _reader(member), found)
    key = _key_of_left_group(left_group, removal) if left_group else None
    return await _tell(call, member, "licenses_removed", mail, key=key)


def _key_of_left_group(left: LeftGroup, removal: Removal) -> str:
    """The same is told once of one leave, by whichever run."""
    told = short_hash([left.group_id, *removal.removed, *(f"{sku_id} refused" for sku_id in removal.refused)])
    return f"licenses_removed-{_stamp(left.left_at)}-{told}"


@activity(bp)
async def mail_account_enabled(call: Call, *, was_disabled: bool, assignment: Assignment) -> MailState:
    """Tell the manager that the account is enabled, which licenses were given, and which were not."""
    member = await owned_member(call)
    name = await _names_of((*assignment.given, *assignment.no_seat, *assignment.refused))
    mail = mails.account_enabled_mail(
        wiring.settings().letterhead,
        person_of(member),
        _reader(member),
        was_disabled=was_disabled,
        given=[name[sku_id] for sku_id in assignment.given],
        waiting=[name[sku_id] for sku_id in assignment.no_seat],
        failed=[name[sku_id] for sku_id in assignment.refused],
    )
    # Seats that come free later are told of in mails of their own, each with the licenses it tells of.
    key = None if was_disabled else f"{call.instance}-licenses_given-{short_hash(assignment.given)}"
    return await _tell(call, member, "account_enabled", mail, key=key)


def person_of(member: Member) -> PersonName:
    return PersonName(member.display_name or member.login, member.login)


def _reader(member: Member) -> Reader:
    return Reader(member.manager_name, no_manager=member.manager_mail is None)


async def _tell(call: Call, member: Member, kind: str, mail: Mail, *, key: str | None = None) -> MailState:
    """Send a mail to the manager; where nobody was found, to the operators."""
    settings, reader = wiring.settings(), _reader(member)
    to = member.manager_mail or settings.operators_email
    delay_ends_at = delays.due_at(call.at, settings.delay_for(member.group_id, member.group_name))
    # In a delay that is over so soon, as in a trial, a mail that waits would come too late.
    if to is None or delay_ends_at - call.at <= NOBODY_WAITS_WITHIN:
        return await send_once(call, member, kind, to, mail, key=key)
    part = Part(to, reader.name, reader.no_manager, called(person_of(member)), mail.summary)
    return await send_once(call, member, kind, to, mail, key=key, part=part)


async def _licenses_that_go(member: Member) -> list[str] | None:
    """The names of the licenses that go when the delay is over, as the snapshot has them; None when there is none."""
    account = await known_account(member)
    if account is None or account.snapshot is None:
        return None
    scope, cataloged = wiring.settings().license_scope, frozenset[str]()
    if scope is LicenseScope.CATALOG:
        cataloged = frozenset(entry.sku_id for entry in await catalog.read(await wiring.tables()))
    present = licenses.not_taken(licenses.from_json(account.snapshot))
    going = licenses.plan_removal(present, scope, cataloged).remove
    name = await _names_of(going)
    return [name[sku_id] for sku_id in going]


async def _names_of(sku_ids: Iterable[str]) -> Mapping[str, str]:
    """By skuId the name people read; empty where nobody knows one. The tenant is asked for new products alone."""
    wanted, shipped = tuple(sku_ids), wiring.sku_names()
    part_numbers: Mapping[str, str] = {}
    if any(sku_id.lower() not in shipped for sku_id in wanted):
        skus = await (await wiring.graph()).list_subscribed_skus()
        part_numbers = {sku.sku_id: sku.sku_part_number for sku in skus}
    names = {sku_id: licenses.friendly_name(sku_id, shipped, part_numbers) for sku_id in wanted}
    return {sku_id: name if name != sku_id else "" for sku_id, name in names.items()}


def _known_name(group: LeftGroup | None) -> str | None:
    """Empty where the log gave the group's id for want of a name."""
    if group is None:
        return None
    return group.name if group.name != group.group_id else ""


def _stamp(due_at: datetime) -> str:
    return f"{due_at:%Y%m%dT%H%M%S}"
