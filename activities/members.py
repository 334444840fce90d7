"""Who owns a person, and where the person stands."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import wiring
from activities import records
from activities.outcome import Call, reported
from lifecycle.delays import due_at
from lifecycle.events import from_durable_input
from lifecycle.members import LeftGroup, decide_claim, still_left, with_left_group
from lifecycle.stages import Phase

bp = df.Blueprint()

DRY_RUN_ENDED = "a dry run (DRY_RUN): nothing was really changed"


@bp.activity_trigger(input_name="call")
@reported
async def claim_member(call: Call) -> dict[str, Any]:
    """Make this run the owner of the person, and say whom it displaced and what is under way."""
    row = await records.read_row(call.okta_user_id)
    held = records.member_from(row.values) if row else None
    event = from_durable_input(call.details["event"])
    due = due_at(call.at, wiring.settings().delay_for(event.group_id, event.group_name))
    dry_run = wiring.settings().dry_run
    claim = decide_claim(held, event, call.details["flow"], call.instance, call.at, due, dry_run=dry_run)
    if claim.member is not None:
        tables = await wiring.tables()
        values = records.member_values(claim.member)
        if row is None:
            await tables.insert(records.MEMBERS, values)
        else:
            await tables.replace(records.MEMBERS, values, row.etag)
    return {"predecessor": claim.predecessor, "pending": list(claim.pending)}


@bp.activity_trigger(input_name="call")
@bp.durable_client_input(client_name="client")
@reported
async def supersede(call: Call, client: Any) -> dict[str, Any]:
    """Tell the run that owned the person before to stop, and say whether it has.

    It is told each time this is asked: the event may have been lost, and once more does no harm.
    """
    durable = wiring.durable(client)
    predecessor = call.details["predecessor"]
    await durable.raise_event(predecessor, "superseded")
    return {"finished": await durable.is_finished(predecessor)}


@bp.activity_trigger(input_name="call")
@reported
async def start_grace_period(call: Call) -> dict[str, Any]:
    """Fix the instant at which the licenses go; one that was fixed by an earlier run for this leave stays.

    None is fixed when an operator has decided that the licenses stay (`kept`).
    """
    member = await records.owned_member(call)
    if member.kept:
        return {"kept": True}
    delay = wiring.settings().delay_for(member.group_id, member.group_name)
    due = member.due_at or due_at(call.at, delay)
    command = call.details["awaiting_command"]
    marks = {"phase": Phase.GRACE_PERIOD, "due_at": due, "reason": None, "awaiting_command": command}
    await records.change_member(call, **marks, held=False)
    return {"due_at": due.isoformat()}


@bp.activity_trigger(input_name="call")
@reported
async def end_grace_period(call: Call) -> None:
    """Forget the instants at which licenses were to go: who leaves again has the whole delay again."""
    member = await records.owned_member(call)
    left = still_left(member.left_groups, call.details.get("group_ids", []))
    if member.due_at or member.held or member.kept or member.left_groups != left:
        await records.change_member(call, due_at=None, left_groups=left, held=False, kept=False)


@bp.activity_trigger(input_name="call")
@reported
async def change_due_at(call: Call) -> dict[str, Any]:
    """Set another instant at which the licenses go, as an operator asked."""
    member = await records.owned_member(call)
    due = datetime.fromisoformat(call.details["due_at"])
    if due != member.due_at:
        await records.audit(call, member, "change_due_at", "done", f"the licenses go on {due.isoformat()}")
    await records.change_member(call, due_at=due, awaiting_command=call.details["awaiting_command"])
    return {"due_at": due.isoformat()}


@bp.activity_trigger(input_name="call")
@reported
async def mark_member(call: Call) -> None:
    """Record where the person stands. With `over`, the run ends: its grace period and what was pending go.

    With `kept`, an operator has decided that the licenses stay, which holds for later leaves as well.
    """
    member = await records.owned_member(call)
    reason = call.details.get("reason")
    if call.details.get("over") and member.dry_run:
        reason = "; ".join(filter(None, (DRY_RUN_ENDED, reason)))
    changes: dict[str, Any] = {
        "phase": Phase(call.details["phase"]),
        "reason": reason,
        "awaiting_command": call.details.get("awaiting_command"),
    }
    if call.details.get("over"):
        changes |= {"due_at": None, "pending": (), "held": False}
    if call.details.get("kept"):
        changes["kept"] = True
    if changes["phase"] is Phase.UNLICENSED:
        changes["left_groups"] = ()  # their licenses went with all the others
    await records.change_member(call, **changes)


@bp.activity_trigger(input_name="call")
@reported
async def note_left_group(call: Call) -> bool:
    """Whether the group of this run's event was left; the claim has remembered it, and when its licenses go."""
    member = await records.owned_member(call)
    if member.group_id is None or member.group_id in call.details["group_ids"]:
        return False
    if not await _exists(member.group_id):
        return False
    due = due_at(call.at, wiring.settings().delay_for(member.group_id, member.group_name))
    group = LeftGroup(member.group_id, member.group_name or member.group_id, due)
    left = with_left_group(member.left_groups, group)
    if left != member.left_groups:  # a run that claimed before claims remembered groups
        await records.change_member(call, left_groups=left)
    return True


async def _exists(group_id: str) -> bool:
    """A group that was deleted in Okta was not left by anybody."""
    return await (await wiring.okta()).find_group(group_id) is not None


@bp.activity_trigger(input_name="call")
@reported
async def next_left_group(call: Call) -> dict[str, Any] | None:
    """The left group that falls due first; groups the person is in again, and deleted ones, are forgotten."""
    member = await records.owned_member(call)
    away = still_left(member.left_groups, call.details["group_ids"])
    left = tuple([each for each in away if await _exists(each.group_id)])
    if not left:
        if member.left_groups:
            await records.change_member(call, left_groups=())
        return None
    reason = f"left {left[0].name}, whose licenses go on {left[0].due_at:%Y-%m-%d %H:%M} UTC"
    await records.change_member(call, left_groups=left, phase=Phase.ACTIVE, reason=reason)
    return {"group_id": left[0].group_id, "name": left[0].name, "due_at": left[0].due_at.isoformat()}


@bp.activity_trigger(input_name="call")
@reported
async def forget_left_group(call: Call) -> None:
    """The licenses of a left group are gone."""
    member = await records.owned_member(call)
    await records.change_member(call, left_groups=still_left(member.left_groups, [call.details["group_id"]]))
