"""Calling an activity from an orchestrator: one attempt, or attempts with growing waits on timers.

Not with the SDK's own retries: those know no growing waits, and no wait the other side asks for.
"""

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

import azure.durable_functions as df

from lifecycle.retries import Failure, next_wait, retry_waits

Steps = Generator[Any, Any, Any]


def attempt(context: df.DurableOrchestrationContext, activity: Callable[..., Any], call: dict[str, Any]) -> Steps:
    """Run an activity once. Returns its value, or the Failure it reported."""
    try:
        answer = yield context.call_activity(activity, call)
    except Exception as error:  # whatever an activity raised arrives here as a bare Exception
        return Failure(str(error).strip().splitlines()[0], permanent=False)
    return Failure(**answer["failure"]) if "failure" in answer else answer["value"]


def persist(
    context: df.DurableOrchestrationContext,
    activity: Callable[..., Any],
    details: dict[str, Any],
    show: Callable[[str], None],
) -> Steps:
    """Run an activity that concerns no one person until it is done, for a day at the most.

    Returns its value, or the Failure that stands; `show` is told why the next attempt waits.
    """
    waits = retry_waits()
    while True:
        outcome = yield from attempt(context, activity, call_of(context, details))
        wait = next(waits, None)
        if not isinstance(outcome, Failure) or outcome.permanent or wait is None:
            return outcome
        again_at = context.current_utc_datetime + next_wait(wait, outcome.retry_after)
        show(until(again_at, outcome))
        yield context.create_timer(again_at)


def call_of(
    context: df.DurableOrchestrationContext, details: dict[str, Any], *, okta_user_id: str = "", event_uuid: str = ""
) -> dict[str, Any]:
    """What every activity is given."""
    return {
        "instance": context.instance_id,
        "okta_user_id": okta_user_id,
        "event_uuid": event_uuid,
        "at": context.current_utc_datetime.isoformat(),
        "details": details,
    }


def until(again_at: datetime, failure: Failure) -> str:
    return f"{failure.reason}; next attempt at {again_at:%Y-%m-%d %H:%M:%S} UTC"
