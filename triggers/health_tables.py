"""The health checks of the app's own tables, and of the timers that leave their places in them."""

import wiring
from lifecycle.health import Check, failed, judge_catch_up, judge_drift_check, ok
from rows import state

TABLES = "Tables"


async def check_tables() -> tuple[Check, ...]:
    """Write a row and read it back; then how far catch-up and the drift check are. Raises ClientError."""
    tables, now = await wiring.tables(), wiring.now()
    if await state.write_probe(tables, now) < now:
        return (failed(TABLES, "a row that was written came back as an older one", "Report it to Azure's support."),)
    place = await state.find_place(tables)
    return (
        ok(TABLES, "a row was written and read back"),
        judge_catch_up(place.record if place else None, now),
        judge_drift_check(await state.find_drift_check(tables), now),
    )
