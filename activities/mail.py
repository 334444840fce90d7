"""The mails: who is told what. Each answers what became of it."""

from collections.abc import Callable, Mapping
from datetime import datetime

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.fence import known_account, owned_member
from activities.mail_ledger import send_once
from lifecycle import mails
from lifecycle.licenses import Assignment, Removal, RemovalPlan, friendly_name
from lifecycle.mail_ledger import MailState, short_hash
from lifecycle.mails import PersonName
from lifecycle.members import Member
from lifecycle.notices import Notice, notice_key

bp = df.Blueprint()


@activity(bp)
async def mail_account_disabled(call: Call, *, due_at: datetime, reason: str) -> MailState:
    """Tell the manager that the account is disabled, why, and when the licenses go."""
    member = await owned_member(call)
    delay = wiring.settings().delay_for(member.group_id, member.group_name)
    mail = mails.account_disabled_mail(_person(member), member.manager_name, due_at, delay, reason)
    # Told once of one date, by whichever run: who leaves the group and is then deactivated has left once.
    key = f"account_disabled-{due_at:%Y%m%dT%H%M%S}"
    return await send_once(call, member, "account_disabled", member.manager_mail, mail, key=key)


@activity(bp)
async def mail_licenses_removed(
    call: Call, *, plan: RemovalPlan, removal: Removal, left_group: str | None = None
) -> MailState:
    """Tell the manager which licenses went, which stay, and which could not go; with which group, if with one.

    Those count too that a run took which was displaced before it could say so.
    """
    member = await owned_member(call)
    name = await _license_names()
    removed = removal.removed
    if removal.account_deleted:
        plan = RemovalPlan((), (), ())  # nothing stays where there is no account
    elif left_group is None and (account := await known_account(member)):
        removed += tuple(sku_id for sku_id in account.untold if sku_id not in plan.remove)
    mail = mails.licenses_removed_mail(
        _person(member),
        member.manager_name,
        removed=[name(sku_id) for sku_id in removed],
        inherited=[name(sku_id) for sku_id in plan.inherited],
        failed=[(name(sku_id), reason) for sku_id, reason in removal.refused.items()],
        out_of_scope=[name(sku_id) for sku_id in plan.out_of_scope],
        left_group=left_group,
        account_deleted=removal.account_deleted,
    )
    key = f"{call.instance}-licenses_removed-{short_hash([left_group])}" if left_group else None
    return await send_once(call, member, "licenses_removed", member.manager_mail, mail, key=key)


@activity(bp)
async def mail_account_enabled(call: Call, *, was_disabled: bool, assignment: Assignment) -> MailState:
    """Tell the manager that the account is enabled, which licenses were given, and which were not."""
    member = await owned_member(call)
    name = await _license_names()
    mail = mails.account_enabled_mail(
        _person(member),
        member.manager_name,
        was_disabled=was_disabled,
        given=[name(sku_id) for sku_id in assignment.given],
        waiting=[name(sku_id) for sku_id in assignment.no_seat],
        failed=[(name(sku_id), reason) for sku_id, reason in assignment.refused.items()],
    )
    # Seats that come free later are told of in mails of their own, each with the licenses it tells of.
    key = None if was_disabled else f"{call.instance}-licenses_given-{short_hash(assignment.given)}"
    return await send_once(call, member, "account_enabled", member.manager_mail, mail, key=key)


@activity(bp)
async def mail_operators_about_seats(call: Call, *, no_seat: tuple[str, ...]) -> MailState:
    """Tell the operators once which licenses wait for a free seat."""
    member = await owned_member(call)
    name = await _license_names()
    mail = mails.operators_seats_mail(
        _person(member), waiting=[name(sku_id) for sku_id in no_seat], instance=call.instance
    )
    return await send_once(call, member, "no_seat", wiring.settings().operators_email, mail)


@activity(bp)
async def mail_operators(call: Call, *, step: str, reason: str, awaiting_command: str) -> MailState:
    """Tell the operators that a run needs a person."""
    member = await owned_member(call)
    mail = mails.operators_attention_mail(
        _person(member), step=step, reason=reason, instance=call.instance, okta_user_id=call.okta_user_id
    )
    kind = f"needs_attention-{awaiting_command}"
    return await send_once(call, member, kind, wiring.settings().operators_email, mail)


@activity(bp)
async def mail_notice(call: Call, *, notice: Notice) -> MailState:
    """Tell the operators something that concerns no one person; the same facts are told once."""
    to, mail = wiring.settings().operators_email, mails.notice_mail(notice)
    return await send_once(call, None, notice.kind, to, mail, key=notice_key(notice))


def _person(member: Member) -> PersonName:
    return PersonName(member.display_name or member.login, member.login)


async def _license_names() -> Callable[[str], str]:
    """A function from skuId to the name people read."""
    graph = await wiring.graph()
    part_numbers: Mapping[str, str] = {sku.sku_id: sku.sku_part_number for sku in await graph.list_subscribed_skus()}
    return lambda sku_id: friendly_name(sku_id, wiring.sku_names(), part_numbers)
