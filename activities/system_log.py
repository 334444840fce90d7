"""Looking for a delivered event in Okta's System Log."""

import logging

import azure.durable_functions as df

import wiring
from activities import log_readings
from activities.activity import Call, activity
from lifecycle.confirming import as_found
from lifecycle.events import Flow
from lifecycle.inputs import EventInput, read_input
from rows import state

log = logging.getLogger("offstage.system_log")

bp = df.Blueprint()


@activity(bp)
async def find_in_log(call: Call, *, event: EventInput, flow: Flow, exact: bool) -> EventInput | None:
    """The event as catch-up has noted it, or as the log has it; None when there is none that starts this flow.

    `exact` asks the log for this event alone.
    """
    if noted := await state.find_noted(await wiring.tables(), call.instance):
        return read_input(EventInput, flow, noted.input)
    readings = log_readings.readings
    find = readings.find_exactly if exact else readings.find
    entry = await find(event.uuid, event.published, call.at)
    settings = wiring.settings()
    on_suspend = settings.deactivate_on_suspend
    return as_found(entry, flow, settings.manages, deactivate_on_suspend=on_suspend) if entry else None


@activity(bp)
async def report_unseen(call: Call, *, event: EventInput) -> None:
    """Raise the alarm: whoever delivered this event knows the hook's secret, or Okta's log has lost it."""
    log.error(
        "%s was delivered and is not in Okta's System Log: nothing was done (%s of %s, published at %s)",
        call.instance,
        event.event_type,
        event.okta_user_id,
        event.published.isoformat(),
    )
