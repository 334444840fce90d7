"""Who owns a person, and where the person stands."""

from datetime import datetime

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity, activity_with_client
from activities.acts import write_down
from activities.fence import Changes, change_member, owned_member
from clients.durable import Durable
from lifecycle.audit import DONE, OPERATOR_COMMAND
from lifecycle.delays import due_at as due_after
from lifecycle.events import Flow
from lifecycle.inputs import EventInput
from lifecycle.members import Claim, GracePeriod, Member, decide_claim, still_left
from lifecycle.orders import Outcome
from lifecycle.stages import Phase
from rows import members, state

bp = df.Blueprint()

DRY_RUN_ENDED = "a dry run (DRY_RUN): nothing was really changed"


@activity(bp)
async def claim_member(call: Call, *, event: EventInput, flow: Flow) -> Claim:
    """Make this run the owner of the person, and say whom it displaced and what is under way.

    What catch-up has noted for it is of no use any more: from now on the run counts as one.
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
        else:
            await members.replace(tables, decision.member, known.etag)
    if given := decision.not_carried_out:
        outcome = f"{Outcome.NOT_CARRIED_OUT}: {call.instance} has taken the person over"
        await write_down(call, known.record if known else None, OPERATOR_COMMAND, outcome, given.order.words)
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
    """Fix the instant at which the licenses go; one that was fixed by an earlier run for this leave stays.

    None is fixed when an operator has decided that the licenses stay (`kept`).
    """
    member = await owned_member(call)
    if member.kept:
        return None
    delay = wiring.settings().delay_for(member.group_id, member.group_name)
    due = member.due_at or due_after(call.at, delay)
    await change_member(
        call, phase=Phase.GRACE_PERIOD, due_at=due, reason=None, awaiting_command=awaiting_command, held=False
    )
    return GracePeriod(due)


@activity(bp)
async def end_grace_period(call: Call, *, group_ids: tuple[str, ...]) -> None:
    """Forget the instants at which licenses were to go: who leaves again has the whole delay again.

    `group_ids` are the managed groups the person is in.
    """
    member = await owned_member(call)
    left = still_left(member.left_groups, group_ids)
    if member.due_at or member.held or member.kept or member.left_groups != left:
        await change_member(call, due_at=None, left_groups=left, held=False, kept=False)


@activity(bp)
async def change_due_at(call: Call, *, due_at: datetime, awaiting_command: str) -> GracePeriod:
    """Set another instant at which the licenses go, as an operator asked."""
    member = await owned_member(call)
    if due_at != member.due_at:
        await write_down(call, member, "change_due_at", DONE, f"the licenses go on {due_at.isoformat()}")
    await change_member(call, due_at=due_at, awaiting_command=awaiting_command)
    return GracePeriod(due_at)


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
    await change_member(call, **changes)


@activity(bp)
async def finish_keeping_licenses(call: Call, *, reason: str) -> None:
    """Record that an operator has decided that the licenses stay, which holds for later leaves as well."""
    changes = _over(await owned_member(call), Phase.NOT_CURRENT, reason)
    changes["kept"] = True
    await change_member(call, **changes)


def _over(member: Member, phase: Phase, reason: str | None) -> Changes:
    shown = "; ".join(filter(None, (DRY_RUN_ENDED, reason))) if member.dry_run else reason
    return Changes(
        phase=phase, reason=shown, awaiting_command=None, tries_again=False, due_at=None, pending=(), held=False
    )
