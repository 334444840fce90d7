"""What an operator told a run: taken out of the person's row at the end of each wait."""

from dataclasses import replace

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.acts import write_down
from activities.fence import owned_row
from lifecycle.audit import OPERATOR_COMMAND
from lifecycle.commands import end_wait
from lifecycle.orders import Order, Outcome
from rows import members

bp = df.Blueprint()


@activity(bp)
async def take_order(call: Call, *, event: str, raised: Order | None) -> Order | None:
    """End the wait for this event, and answer the order of the row, or else the one that was raised with the event.

    No command is accepted for the wait from here on, and each that was accepted before is answered. Not called when a
    wait ends because another run takes the person over.
    """
    stored = await owned_row(call)
    ended = end_wait(stored.record, event, raised)
    if ended.member is not None:
        await members.replace(await wiring.tables(), replace(ended.member, updated_at=call.at), stored.etag)
    if ended.order is not None:
        await write_down(call, stored.record, OPERATOR_COMMAND, Outcome.CARRIED_OUT, ended.order.words)
    return ended.order
