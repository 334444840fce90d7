"""The mails: who is told what. Each answers what became of it (`lifecycle.mail_ledger.MailState`)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import azure.durable_functions as df

import wiring
from activities import records
from activities.mail_ledger import send_once
from activities.outcome import Call, reported
from lifecycle import mails
from lifecycle.licenses import friendly_name
from lifecycle.mails import Person
from lifecycle.members import Member

bp = df.Blueprint()


@bp.activity_trigger(input_name="call")
@reported
async def mail_account_disabled(call: Call) -> str:
    """Tell the manager that the account is disabled, and when the licenses go."""
    member = await records.owned_member(call)
    due = datetime.fromisoformat(call.details["due_at"])
    delay = wiring.settings().delay_for(member.group_id, member.group_name)
    mail = mails.account_disabled_mail(_person(member), member.manager_name, due, delay, call.details["reason"])
    # Told once of one date, by whichever run: who leaves the group and is then deactivated has left once.
    key = f"account_disabled-{due:%Y%m%dT%H%M%S}"
    return await send_once(call, member, "account_disabled", member.manager_mail, mail, key=key)


@bp.activity_trigger(input_name="call")
@reported
async def mail_licenses_removed(call: Call) -> str:
    """Tell the manager which licenses went, which stay, and which could not go."""
    member = await records.owned_member(call)
    names = await _names()
    mail = mails.licenses_removed_mail(
        _person(member),
        member.manager_name,
        removed=[names(sku_id) for sku_id in call.details["removed"]],
        inherited=[names(sku_id) for sku_id in call.details["inherited"]],
        failed=[(names(sku_id), reason) for sku_id, reason in call.details["refused"].items()],
        kept=[names(sku_id) for sku_id in call.details["kept"]],
        left_group=(left_group := call.details.get("left_group")),
    )
    key = f"{call.instance}-licenses_removed-{records.short_hash([left_group])}" if left_group else None
    return await send_once(call, member, "licenses_removed", member.manager_mail, mail, key=key)


@bp.activity_trigger(input_name="call")
@reported
async def mail_account_enabled(call: Call) -> str:
    """Tell the manager that the account is enabled, which licenses were given, and which were not."""
    member = await records.owned_member(call)
    names = await _names()
    given: list[str] = call.details["given"]
    mail = mails.account_enabled_mail(
        _person(member),
        member.manager_name,
        was_disabled=call.details["was_disabled"],
        given=[names(sku_id) for sku_id in given],
        waiting=[names(sku_id) for sku_id in call.details["no_seat"]],
        failed=[(names(sku_id), reason) for sku_id, reason in call.details["refused"].items()],
    )
    # Seats that come free later are told of in mails of their own, each with the licenses it tells of.
    key = None if call.details["was_disabled"] else f"{call.instance}-licenses_given-{records.short_hash(given)}"
    return await send_once(call, member, "account_enabled", member.manager_mail, mail, key=key)


@bp.activity_trigger(input_name="call")
@reported
async def mail_operators_about_seats(call: Call) -> str:
    """Tell the operators once which licenses wait for a free seat."""
    member = await records.owned_member(call)
    names = await _names()
    mail = mails.operators_seats_mail(
        _person(member), waiting=[names(sku_id) for sku_id in call.details["no_seat"]], instance=call.instance
    )
    return await send_once(call, member, "no_seat", wiring.settings().operators_email, mail)


@bp.activity_trigger(input_name="call")
@reported
async def mail_operators(call: Call) -> str:
    """Tell the operators that a run needs a person."""
    member = await records.owned_member(call)
    mail = mails.operators_attention_mail(
        _person(member),
        step=call.details["step"],
        reason=call.details["reason"],
        instance=call.instance,
        okta_user_id=call.okta_user_id,
    )
    kind = f"needs_attention-{call.details['awaiting_command']}"
    return await send_once(call, member, kind, wiring.settings().operators_email, mail)


@bp.activity_trigger(input_name="call")
@reported
async def mail_notice(call: Call) -> str:
    """Tell the operators something that concerns no one person; the same facts are told once."""
    kind, facts = call.details["kind"], call.details["facts"]
    mail = mails.NOTICES[kind](**facts)
    key = f"{kind}-{records.short_hash([f'{name}={value}' for name, value in facts.items()])}"
    nobody = replace(call, okta_user_id="")
    return await send_once(nobody, None, kind, wiring.settings().operators_email, mail, key=key)


def _person(member: Member) -> Person:
    return Person(member.display_name or member.login, member.login)


async def _names() -> Callable[[str], str]:
    """A function from skuId to the name people read."""
    graph = await wiring.graph()
    part_numbers: Mapping[str, str] = {sku.sku_id: sku.sku_part_number for sku in await graph.list_subscribed_skus()}
    return lambda sku_id: friendly_name(sku_id, wiring.sku_names(), part_numbers)
