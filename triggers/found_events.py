"""Taking up events that Okta's System Log has, so that none falls between a run that looks for it and catch-up.

An event whose run is still looking, or has given up looking, is noted before the place in the log moves on. The run
reads that note before it asks the log; one that ended without its event is started again by the log, and by it alone.
"""

import asyncio
from itertools import compress

import wiring
from lifecycle.confirming import LogStanding, standing_of
from lifecycle.events import Flow
from lifecycle.inputs import Start
from lifecycle.intake import chunks
from rows import state


async def take_up_all(starts: tuple[Start, ...], durable: wiring.Durable) -> list[str]:
    """Take up what a page of the log asks for; returns what was started. Raises ClientError."""
    started: list[str] = []
    for chunk in chunks(starts):
        is_new = await asyncio.gather(*(take_up(start, durable) for start in chunk))
        started += compress((start.instance for start in chunk), is_new)
    return started


async def take_up_noted(durable: wiring.Durable) -> list[str]:
    """Start what was noted and has no run; forget what has one. Returns what was started. Raises ClientError."""
    tables = await wiring.tables()
    started = []
    async for start in state.every_noted(tables):
        if await take_up(start, durable):
            started.append(start.instance)
        elif await standing(start, durable) is LogStanding.HAS_RUN:
            await state.forget_noted(tables, start.instance)
    return started


async def take_up(start: Start, durable: wiring.Durable) -> bool:
    """Start the run of an event, unless it has one; a run that has not found its event is told of it by a note."""
    stands = await standing(start, durable)
    if stands is None:
        if await durable.start(start):
            return True
        stands = await standing(start, durable)  # a delivery of the event came at the same moment
    if stands in (None, LogStanding.HAS_RUN):
        return False
    await state.note(await wiring.tables(), start)
    return stands is LogStanding.UNSEEN and await durable.start_again(start)


async def standing(start: Start, durable: wiring.Durable) -> LogStanding | None:
    """How the run of an event stands; None when there is none. A notice to the operators looks for nothing."""
    status = await durable.status(start.instance)
    if status is None:
        return None
    if start.flow not in set(Flow):
        return LogStanding.HAS_RUN
    stage = status.custom_status.get("stage")
    return standing_of(stage if isinstance(stage, str) else None, is_finished=status.is_finished)
