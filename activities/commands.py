"""What an operator told a run: taken out of the person's row at the end of each wait."""

from dataclasses import replace

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.acts import write_down
from activities.fence import owned_account, owned_row, store_account
from activities.members import set_due_at
from lifecycle.audit import OPERATOR_COMMAND, operator_actor
from lifecycle.commands import end_wait
from lifecycle.members import LeftGroup, Member
from lifecycle.orders import Command, Order, Outcome
from lifecycle.stages import Phase
from rows import members

bp = df.Blueprint()


@activity(bp)
async def take_order(call: Call, *, event: str, raised: Order | None) -> Order | None:
    """End the wait for this event, and answer the order of the row, or else the one that was raised with the event.

    No command is accepted for the wait from here on, and each that was accepted before is answered. Not called when a
    wait ends because another run takes the person over. What an operator decides stands in the rows before the wait is
    over, so that it holds for whichever run comes next.
    """
    stored = await owned_row(call)
    ended = end_wait(stored.record, event, raised)
    if ended.member is not None:
        left = ended.member.left_groups
        if ended.order is not None and stored.record.phase is Phase.GRACE_PERIOD:
            left = await _decide(call, ended.order, left)
        ended_at = replace(ended.member, updated_at=call.at, left_groups=left)
        await members.replace(await wiring.tables(), _released(ended_at, ended.order), stored.etag)
    if ended.order is not None:
        by = operator_actor(ended.order.by)
        await write_down(call, stored.record, OPERATOR_COMMAND, Outcome.CARRIED_OUT, ended.order.words, by=by)
    return ended.order


def _released(member: Member, order: Order | None) -> Member:
    """Whom an operator lets go on is held by no run that comes next."""
    if order is None or order.command is not Command.RELEASE or member.phase is not Phase.HELD:
        return member
    return replace(member, phase=Phase.CLAIMED, reason=None, held=False, released=True)


async def _decide(call: Call, order: Order, left: tuple[LeftGroup, ...]) -> tuple[LeftGroup, ...]:
    """Write an operator's decision into the account's row. Returns the groups that were left, as they stand by it."""
    if order.command is Command.KEEP:
        owned = await owned_account(call)
        await store_account(call, owned, replace(owned.account, kept=True))
    if order.command is Command.REMOVE_NOW:
        return await set_due_at(call, call.at, order.by)
    if order.command is Command.EXTEND and order.until is not None:
        return await set_due_at(call, order.until, order.by)
    return left
