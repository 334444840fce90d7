"""The outbox: mails that could not be sent when they were written are sent as soon as they can be."""

import logging
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.intake import Start
from lifecycle.mail_ledger import DELIVER_MAILS, OUTBOX, OUTBOX_PARTITION

EVERY_MINUTE = "20 * * * * *"
log = logging.getLogger("offstage.outbox")

bp = df.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule=EVERY_MINUTE, use_monitor=False)
@bp.durable_client_input(client_name="client")
async def empty_outbox(timer: func.TimerRequest, client: Any) -> None:
    """Start the delivery if anything waits and no delivery is under way: its instance always has the same id."""
    try:
        tables = await wiring.tables()
        waiting = await tables.query_page(OUTBOX, "PartitionKey eq @mail", {"mail": OUTBOX_PARTITION}, None, 1)
        if waiting.rows and await wiring.durable(client).start_again(Start(DELIVER_MAILS, DELIVER_MAILS, {})):
            log.info("mails wait to be sent; started %s", DELIVER_MAILS)
    except wiring.ClientError as error:
        log.error("the outbox is looked into again in a minute: %s", error)
