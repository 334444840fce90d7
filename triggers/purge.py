"""Purge: forgets the histories of finished runs, `HISTORY_DAYS` after they ended. Audit, members and mails stay."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle import system_log
from rows import state
from triggers.answers import until_next_run

# At night, when little else runs, and not at a full hour.
NIGHTLY = "0 50 2 * * *"
LONGEST = timedelta(minutes=5)  # half of the host's functionTimeout; the rest is purged the night after
BEFORE_ALL_RUNS = datetime(2020, 1, 1, tzinfo=UTC)
SHORTEST_WINDOW = timedelta(seconds=1)  # hosts keep these times in whole seconds
log = logging.getLogger("offstage.purge_histories")

bp = df.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule=NIGHTLY, use_monitor=True)
@bp.durable_client_input(client_name="client")
async def purge_histories(timer: func.TimerRequest, client: Any) -> None:
    with until_next_run("histories are purged at the next run"):
        stored = await state.find_place(await wiring.tables())
        place = stored.record if stored else None
        before = system_log.forget_before(place, datetime.now(UTC), wiring.settings().history_days)
        purged = await purge(wiring.durable(client), before)
        log.info("purged %d histories of runs that ended before %s", purged, f"{before:%Y-%m-%d %H:%M} UTC")


async def purge(durable: wiring.Durable, before: datetime) -> int:
    """Purge what ended before this; returns how many.

    The host's own bulk purge goes by when an instance was created. A deactivation lives as long as its delay, so it
    would lose its history the night after it ended, when people come to ask about it. So finished instances are listed,
    and those purged one by one whose last change is old enough. A list is cut off without a word and cannot be
    continued: where it is full, the window of creation times is halved.
    """
    purged, ends_at = 0, time.monotonic() + LONGEST.total_seconds()
    windows = [(BEFORE_ALL_RUNS, before)]
    while windows and time.monotonic() < ends_at:
        start, end = windows.pop()
        finished = await durable.list_finished(start, end)
        gone = await asyncio.gather(*(durable.purge(each.instance) for each in finished if each.updated_at < before))
        purged += sum(gone)
        if len(finished) >= durable.LONGEST_LIST:
            windows += [(start, end)] if any(gone) else halves(start, end)
    return purged


def halves(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The two halves of a window; none of one that is too short."""
    middle = start + (end - start) / 2
    return [(start, middle), (middle, end)] if end - start > SHORTEST_WINDOW else []
