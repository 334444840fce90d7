"""A large delivery: its orchestrations are started in chunks, after Okta has had its answer."""

from itertools import chain, repeat
from typing import Any

import azure.durable_functions as df

from activities.intake import start_instances
from lifecycle.intake import chunks
from lifecycle.retries import LATER_WAIT, Failure, retry_waits
from orchestrators.attempts import Steps, attempt, call_of, until

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Steps:
    starts = context.get_input()
    started = 0
    for chunk in chunks(starts):
        started += yield from start_chunk(context, chunk)
        context.set_custom_status({"stage": "starting", "user": f"{started} of {len(starts)} people"})
    context.set_custom_status({"stage": "started", "user": f"{started} of {len(starts)} people"})
    return {"started": started, "duplicate": len(starts) - started}


def start_chunk(context: df.DurableOrchestrationContext, chunk: list[Any]) -> Steps:
    """Start a chunk, however long that takes: Okta has been told that these events are in good hands."""
    for wait in chain(retry_waits(), repeat(LATER_WAIT)):
        outcome = yield from attempt(context, start_instances, call_of(context, {"starts": chunk}))
        if not isinstance(outcome, Failure):
            return outcome
        again_at = context.current_utc_datetime + wait
        context.set_custom_status(
            {"stage": "starting", "user": f"{len(chunk)} people", "reason": until(again_at, outcome)}
        )
        yield context.create_timer(again_at)
