"""Starting the orchestrations of a delivery that is too large to be started while Okta waits."""

from typing import Any

import azure.durable_functions as df

import wiring
from activities.outcome import Call, reported
from lifecycle.intake import Start

bp = df.Blueprint()


@bp.activity_trigger(input_name="call")
@bp.durable_client_input(client_name="client")
@reported
async def start_instances(call: Call, client: Any) -> int:
    """Start a chunk of orchestrations, those known already excepted; returns how many were new."""
    new = await wiring.durable(client).start_all([Start(*start) for start in call.details["starts"]])
    return sum(new)
