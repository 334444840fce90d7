"""Who owns a person, and where the person stands."""

from dataclasses import replace
from datetime import datetime

import azure.durable_functions as df

import wiring
from activities.activity import Call, Superseded, activity, activity_with_client
from activities.acts import write_down
from activities.fence import Changes, change_member, known_account, owned_account, owned_member, store_account
from clients.durable import Durable
from lifecycle.accounts import with_former_groups
from lifecycle.audit import DONE, OPERATOR_COMMAND, operator_actor
from lifecycle.delays import due_at as due_after
from lifecycle.events import Flow
from lifecycle.inputs import EventInput
from lifecycle.members import Claim, GracePeriod, LeftGroup, Member, decide_claim, due_date, reminder_at, still_left
from lifecycle.orders import Outcome
from lifecycle.stages import Phase
from rows import members, state

bp = df.Blueprint()

DRY_RUN_ENDED = "a dry run (DRY_RUN): nothing was really changed"


@activity_with_client(bp)
async def claim_member(call: Call, durable: Durable, *, event: EventInput, flow: Flow) -> Claim:
    """Make this run the owner of the person, and say whom it displaced and what is under way.

    What catch-up has noted for it is of no use any more: from now on the run counts as one. Raises Superseded in a copy
    of this activity that outlives its run, whose claim may be forgotten: nobody would act for the person any more.
    """
    tables = await wiring.tables()
    known = await members.find(tables, call.okta_user_id)
    due = due_after(call.at, wiring.settings().delay_for(event.group_id, event.group_name))
    dry_run = wiring.settings().dry_run
    decision = decide_claim(
        known.record if known else None, event.event, flow, call.instance, call.at, due, dry_run=dry_run
    )
    if decision.member is not None:
        if known is None:
            await members.insert(tables, decision.member)
        elif await durable.is_finished(call.instance):  # asked after the row was read, which the write is bound to
            raise Superseded("the run has ended")
        else:
            await members.replace(tables, decision.member, known.etag)
    if given := decision.not_carried_out:
        outcome = f"{Outcome.NOT_CARRIED_OUT}: {call.instance} has taken the person over"
        by = operator_actor(given.order.by)
        claimed = decision.member or (known.record if known else None)
        await write_down(call, claimed, OPERATOR_COMMAND, outcome, given.order.words, by=by)
    await state.forget_noted(tables, call.instance)
    return decision.claim


@activity_with_client(bp)
async def supersede(call: Call, durable: Durable, *, predecessor: str) -> bool:
    """Tell the run that owned the person before to stop, and say whether it has ended.

    It is told each time this is asked: the event may have been lost, and once more does no harm.
    """
    await durable.raise_event(predecessor, "superseded")
    return await durable.is_finished(predecessor)


@activity(bp)
async def start_grace_period(call: Call, *, awaiting_command: str) -> GracePeriod | None:
    """Fix the instant at which the licenses go; one that was fixed for this leave stays.

    None is fixed when an operator has decided that the licenses stay (`kept`).
    """
    owned = await owned_account(call)
    if owned.account.kept:
        return None
    member, left = owned.member, owned.member.left_groups
    delay = wiring.settings().delay_for(member.group_id, member.group_name)
    due = due_date(owned.account.due_at, left, due_after(call.at, delay))
    former = with_former_groups(owned.account.former_groups, left)
    await store_account(call, owned, replace(owned.account, due_at=due, former_groups=former))
    await change_member(
        call, phase=Phase.GRACE_PERIOD, reason=None, awaiting_command=awaiting_command, held=False, released=False
    )
    return _grace_period(call, member, due)


@activity(bp)
async def end_grace_period(call: Call, *, group_ids: tuple[str, ...]) -> None:
    """Forget the instants at which licenses were to go: who leaves again has the whole delay again.

    `group_ids` are the managed groups the person is in.
    """
    owned = await owned_account(call)
    member, account = owned.member, owned.account
    former = with_former_groups(account.former_groups, member.left_groups)
    if account.due_at or account.kept or account.former_groups != former:
        await store_account(call, owned, replace(account, due_at=None, kept=False, former_groups=former, untold=()))
    staying = still_left(member.left_groups, group_ids)
    if member.held or member.released or member.left_groups != staying:
        await change_member(call, left_groups=staying, held=False, released=False)


@activity(bp)
async def change_due_at(call: Call, *, due_at: datetime, awaiting_command: str) -> GracePeriod:
    """Set another instant at which the licenses go, if it is another, and say which event brings the next command."""
    left = await set_due_at(call, due_at)
    member = await change_member(
        call, phase=Phase.GRACE_PERIOD, reason=None, awaiting_command=awaiting_command, left_groups=left
    )
    return _grace_period(call, member, due_at)


def _grace_period(call: Call, member: Member, due_at: datetime) -> GracePeriod:
    settings = wiring.settings()
    delay_ends_at = due_after(call.at, settings.delay_for(member.group_id, member.group_name))
    return GracePeriod(due_at, reminder_at(due_at, delay_ends_at, settings.remind_before_days, call.at))


async def set_due_at(call: Call, due_at: datetime, by: str | None = None) -> tuple[LeftGroup, ...]:
    """Write the instant into the account's row. Returns the groups that were left, none of which has a later one: the
    run that comes next would go by that. `by` is the operator who wants it so."""
    owned = await owned_account(call)
    if due_at != owned.account.due_at:
        words, actor = f"the licenses go on {due_at.isoformat()}", operator_actor(by) if by else None
        await write_down(call, owned.member, "change_due_at", DONE, words, by=actor)
    await store_account(call, owned, replace(owned.account, due_at=due_at))
    return tuple(replace(group, due_at=min(group.due_at, due_at)) for group in owned.member.left_groups)


@activity(bp)
async def mark_held(call: Call, *, reason: str, awaiting_command: str) -> None:
    """Record that the brake has stopped the person, and which event releases the person."""
    await change_member(call, phase=Phase.HELD, reason=reason, awaiting_command=awaiting_command)


@activity(bp)
async def mark_needs_attention(call: Call, *, reason: str, awaiting_command: str, tries_again: bool = False) -> None:
    """Record that an operator is needed, and which event brings the answer; `tries_again`: without one, too."""
    await change_member(
        call, phase=Phase.NEEDS_ATTENTION, reason=reason, awaiting_command=awaiting_command, tries_again=tries_again
    )


@activity(bp)
async def finish_member(call: Call, *, phase: Phase, reason: str | None) -> None:
    """Record how the run ended: its grace period and what was under way are over."""
    member = await owned_member(call)
    changes = _over(member, phase, reason)
    if phase is Phase.UNLICENSED:
        changes["left_groups"] = ()  # their licenses went with all the others
    await _close_account(call, member, kept=False)
    await change_member(call, **changes)


@activity(bp)
async def pass_over(call: Call, *, reason: str) -> None:
    """Record that the person is not under management, as far as is known by now.

    A leave is remembered: an event that comes later from the log may say that the person was.
    """
    member = await owned_member(call)
    changes = _over(member, Phase.NOT_CURRENT, reason)
    changes["passed_over"] = member.passed_over or Flow.DEACTIVATION in member.pending
    await change_member(call, **changes)


@activity(bp)
async def finish_keeping_licenses(call: Call, *, reason: str) -> None:
    """Record that an operator has decided that the licenses stay, which holds for later leaves as well."""
    member = await owned_member(call)
    await _close_account(call, member, kept=True)
    await change_member(call, **_over(member, Phase.NOT_CURRENT, reason))


async def _close_account(call: Call, member: Member, *, kept: bool) -> None:
    """The date is over, if the account is this run's."""
    account = await known_account(member)
    if account is None or account.run != call.instance or member.dry_run:
        return
    if account.due_at is not None or (kept and not account.kept):
        owned = await owned_account(call)
        await store_account(
            call, owned, replace(owned.account, due_at=None, kept=owned.account.kept or kept, untold=())
        )


def _over(member: Member, phase: Phase, reason: str | None) -> Changes:
    shown = "; ".join(filter(None, (DRY_RUN_ENDED, reason))) if member.dry_run else reason
    return Changes(
        phase=phase,
        reason=shown,
        awaiting_command=None,
        tries_again=False,
        pending=(),
        passed_over=False,
        held=False,
        released=False,
    )
