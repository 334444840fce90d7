"""Timers. Each says why it runs when it runs; times are UTC."""

import logging
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.inputs import STORE_LICENSES, CatalogInput, start_of
from triggers.answers import until_next_run

# Once a day, before Europe begins to work, so that newcomers of the day find what was bought yesterday; and not at a
# full hour, when everybody's timers ask the same services.
DAILY_CATALOG = "0 20 4 * * *"
log = logging.getLogger("offstage.timers")

bp = df.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule=DAILY_CATALOG)
@bp.durable_client_input(client_name="client")
async def refresh_license_catalog(timer: func.TimerRequest, client: Any) -> None:
    """Store the licenses of every managed group; the date in the id makes a timer that fires twice start one run."""
    instance = f"{STORE_LICENSES}-{datetime.now(UTC):%Y%m%d}"
    with until_next_run("the license catalog is stored tomorrow; store it when what is named here works again"):
        is_new = await wiring.durable(client).start(start_of(STORE_LICENSES, instance, CatalogInput()))
        log.info("%s %s", "started" if is_new else "known already:", instance)
