"""The outbox: mails that could not be sent when they were written are sent as soon as they can be."""

import logging
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.inputs import DELIVER_MAILS, DeliverInput, start_of
from rows import outbox
from triggers.answers import until_next_run

EVERY_MINUTE = "20 * * * * *"
log = logging.getLogger("offstage.outbox")

bp = df.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule=EVERY_MINUTE, use_monitor=False)
@bp.durable_client_input(client_name="client")
async def empty_outbox(timer: func.TimerRequest, client: Any) -> None:
    """Start the delivery if anything waits and no delivery is under way: its instance always has the same id."""
    with until_next_run("the outbox is looked into again in a minute"):
        waiting = await outbox.oldest(await wiring.tables(), 1)
        delivery = start_of(DELIVER_MAILS, DELIVER_MAILS, DeliverInput())
        if waiting.records and await wiring.durable(client).start_again(delivery):
            log.info("mails wait to be sent; started %s", DELIVER_MAILS)
