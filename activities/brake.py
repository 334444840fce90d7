"""The brake on a wave of deactivations: one row that counts them."""

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.fence import owned_member
from clients.errors import Conflict
from lifecycle.brake import is_counted, let_through
from lifecycle.found_account import FoundAccount
from rows import state

bp = df.Blueprint()

# Runs of one wave meet at this row; each try that fails means that another one got through.
TRIES = 20


@activity(bp)
async def pass_brake(call: Call, *, found: FoundAccount) -> bool:
    """Whether this deactivation may go on; False when too many went through within the last hour.

    An account that we meant to be disabled before is not counted, nor one that was counted within the hour. Who was
    held stays held, whichever event comes next, until an operator releases the person, which holds for whichever run
    comes next too. A host that dies between counting and remembering counts one too many, which holds somebody rather
    than letting somebody through.
    """
    member = await owned_member(call)
    tables = await wiring.tables()
    if found.is_intended_disabled or member.released:
        return True
    if member.held:
        return False
    if is_counted(await state.find_pass(tables, found.entra_user_id), call.at):
        return True
    if not await _count(call):
        return False
    await state.note_pass(tables, found.entra_user_id, call.at)
    return True


async def _count(call: Call) -> bool:
    for attempt in range(1, TRIES + 1):
        try:
            return await _count_once(call)
        except Conflict:
            if attempt == TRIES:
                raise
    return False


async def _count_once(call: Call) -> bool:
    tables = await wiring.tables()
    known = await state.find_counts(tables)
    counts = let_through(known.record if known else {}, call.at, wiring.settings().max_deactivations_per_hour)
    if counts is None:
        return False
    await state.store_counts(tables, counts, known.etag if known else None)
    return True
