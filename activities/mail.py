"""The mails, each with a ledger row, so that a repeated step does not send the same mail again.

A host that dies exactly between sending and recording sends the mail a second time: Graph offers no way to tell.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import azure.durable_functions as df

import wiring
from activities import records
from activities.outcome import Call, reported
from clients.errors import ClientError, Conflict
from lifecycle import mails
from lifecycle.licenses import friendly_name
from lifecycle.mails import Mail, Person
from lifecycle.members import Member

bp = df.Blueprint()

SENDING = "sending"
SENT = "sent"
RECORDED = "recorded"  # MAIL_SENDER is empty, or a dry run: kept in the ledger, not sent
NOBODY = "nobody to tell"
FAILED = "failed"


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
    return await _send(call, member, "account_disabled", member.manager_mail, mail, key=key)


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
    return await _send(call, member, "licenses_removed", member.manager_mail, mail, key=key)


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
    return await _send(call, member, "account_enabled", member.manager_mail, mail, key=key)


@bp.activity_trigger(input_name="call")
@reported
async def mail_operators_about_seats(call: Call) -> str:
    """Tell the operators once which licenses wait for a free seat."""
    member = await records.owned_member(call)
    names = await _names()
    mail = mails.operators_seats_mail(
        _person(member), waiting=[names(sku_id) for sku_id in call.details["no_seat"]], instance=call.instance
    )
    return await _send(call, member, "no_seat", wiring.settings().operators_email, mail)


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
    return await _send(call, member, kind, wiring.settings().operators_email, mail)


@bp.activity_trigger(input_name="call")
@reported
async def mail_notice(call: Call) -> str:
    """Tell the operators something that concerns no one person; the same facts are told once."""
    kind, facts = call.details["kind"], call.details["facts"]
    mail = mails.NOTICES[kind](**facts)
    key = f"{kind}-{records.short_hash([f'{name}={value}' for name, value in facts.items()])}"
    nobody = replace(call, okta_user_id="")
    return await _send(nobody, None, kind, wiring.settings().operators_email, mail, key=key)


def _person(member: Member) -> Person:
    return Person(member.display_name or member.login, member.login)


async def _names() -> Callable[[str], str]:
    """A function from skuId to the name people read."""
    graph = await wiring.graph()
    part_numbers: Mapping[str, str] = {sku.sku_id: sku.sku_part_number for sku in await graph.list_subscribed_skus()}
    return lambda sku_id: friendly_name(sku_id, wiring.sku_names(), part_numbers)


async def _send(
    call: Call, member: Member | None, kind: str, to: str | None, mail: Mail, *, key: str | None = None
) -> str:
    """Send a mail once per run, or once per `key`. Returns what became of it: sent, recorded, or nobody to tell."""
    ledger: dict[str, Any] = {
        "PartitionKey": records.partition(call),
        "RowKey": key or f"{call.instance}-{kind}",
        "At": call.at,
        "InstanceId": call.instance,
        "Recipient": to or "",
        "Subject": mail.subject,
        "Text": mail.text,
    }
    tables = await wiring.tables()
    try:
        await tables.insert(records.MAILS, ledger | {"State": SENDING, "Attempts": 1})
    except Conflict:
        row = await tables.get(records.MAILS, ledger["PartitionKey"], ledger["RowKey"])
        if row and (row.values["State"] in (SENT, RECORDED, NOBODY) or row.values["InstanceId"] != call.instance):
            return str(row.values["State"])  # done, or another run is at it
        ledger |= {"Attempts": (row.values["Attempts"] if row else 0) + 1}
    try:
        state = await _deliver(call, member, kind, to, mail)
    except ClientError as error:
        await tables.upsert(records.MAILS, {"Attempts": 1} | ledger | {"State": FAILED, "Error": str(error)})
        raise
    await tables.upsert(records.MAILS, {"Attempts": 1} | ledger | {"State": state})
    return state


async def _deliver(call: Call, member: Member | None, kind: str, to: str | None, mail: Mail) -> str:
    settings = wiring.settings()
    if not to:
        await records.audit(call, member, f"mail_{kind}", NOBODY)
        return NOBODY
    if not (sender := settings.mail_sender):
        await records.audit(call, member, f"mail_{kind}", "recorded, not sent (MAIL_SENDER is empty)")
        return RECORDED
    graph = await wiring.graph()
    really = await records.carry_out(
        call, member, f"mail_{kind}", lambda: graph.send_mail(sender, to, mail.subject, mail.html)
    )
    return SENT if really else RECORDED
