"""A large delivery: its instances are started in chunks, after Okta has had its answer."""

import azure.durable_functions as df

from activities.intake import start_instances
from lifecycle.inputs import FAN_OUT, FanOutInput, read_input
from lifecycle.intake import chunks
from lifecycle.retries import retry_waits
from orchestrators.instance import Instance, Retries, Steps

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext) -> Steps[dict[str, int]]:
    """However long that takes: Okta has been told that these events are in good hands."""
    instance = Instance(context)
    starts = read_input(FanOutInput, FAN_OUT, context.get_input()).starts
    started = 0

    def show(reason: str | None) -> None:
        instance.show("starting", about=f"{started} of {len(starts)} people", reason=reason)

    for chunk in chunks(starts):
        retries = Retries(retry_waits(), instance.sleep, show)
        started += yield from instance.insist(retries, start_instances, starts=chunk)
    instance.show("started", about=f"{started} of {len(starts)} people")
    return {"started": started, "duplicate": len(starts) - started}
