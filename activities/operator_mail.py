"""The mails to operators: where a person is needed. Each answers what became of it."""

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.fence import owned_member
from activities.mail import person_of
from activities.mail_ledger import send_once
from lifecycle import operator_mails
from lifecycle.licenses import friendly_name
from lifecycle.mail_ledger import MailState, is_in_other_hands, short_hash
from lifecycle.notices import Notice, notice_key
from lifecycle.operator_mails import HeldWave
from lifecycle.stages import Phase
from rows import mails, members

bp = df.Blueprint()

FIRST_HELD = 10
COUNTED = 1000  # one page; what is more is said to be more


@activity(bp)
async def mail_operators_about_seats(call: Call, *, no_seat: tuple[str, ...]) -> MailState:
    """Tell the operators once which licenses wait for a free seat."""
    member = await owned_member(call)
    skus = {sku.sku_id: sku.sku_part_number for sku in await (await wiring.graph()).list_subscribed_skus()}
    waiting = [friendly_name(sku_id, wiring.sku_names(), skus) for sku_id in no_seat]
    settings, person = wiring.settings(), person_of(member)
    mail = operator_mails.seats_mail(settings.letterhead, person, waiting=waiting, instance=call.instance)
    return await send_once(call, member, "no_seat", settings.operators_email, mail)


@activity(bp)
async def mail_operators(call: Call, *, step: str, reason: str, awaiting_command: str) -> MailState:
    """Tell the operators that a run needs a person."""
    member, settings = await owned_member(call), wiring.settings()
    mail = operator_mails.attention_mail(
        settings.letterhead,
        person_of(member),
        step=step,
        reason=reason,
        instance=call.instance,
        okta_user_id=call.okta_user_id,
    )
    return await send_once(call, member, f"needs_attention-{awaiting_command}", settings.operators_email, mail)


@activity(bp)
async def mail_wave_held(call: Call, *, hour: str) -> MailState:
    """Tell the operators who is held by now: once in this hour, whichever of the held runs comes first."""
    tables, key = await wiring.tables(), f"wave_held-{short_hash([hour])}"
    known = await mails.find(tables, "", key)
    if known is not None and is_in_other_hands(known.record, call.instance):
        return known.record.state
    found = await members.page(tables, Phase.HELD, None, COUNTED)
    held = sorted(found.records, key=lambda member: member.updated_at or call.at)
    if not held:
        return MailState.OUTDATED  # all were released meanwhile
    people = [person_of(member) for member in held[:FIRST_HELD]]
    wave = HeldWave(held[0].updated_at or call.at, len(held), people, more_than=found.continuation is not None)
    mail = operator_mails.wave_held_mail(wiring.settings().letterhead, wave)
    return await send_once(call, None, "wave_held", wiring.settings().operators_email, mail, key=key)


@activity(bp)
async def mail_notice(call: Call, *, notice: Notice) -> MailState:
    """Tell the operators something that concerns no one person; the same facts are told once."""
    settings = wiring.settings()
    mail = operator_mails.notice_mail(settings.letterhead, notice)
    return await send_once(call, None, notice.kind, settings.operators_email, mail, key=notice_key(notice))
