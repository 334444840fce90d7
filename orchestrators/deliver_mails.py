"""Deliver the mails that wait in the outbox: with growing waits, until all are sent or given up."""

import azure.durable_functions as df

from activities.outbox import send_waiting_mails
from lifecycle.inputs import DELIVER_MAILS, DeliverInput, read_input
from lifecycle.retries import Failure, retry_waits
from orchestrators.instance import Instance, Retries, Steps

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def deliver_mails(context: df.DurableOrchestrationContext) -> Steps[dict[str, int | str | None]]:
    """One instance at a time; the timer `empty_outbox` starts it while anything waits."""
    read_input(DeliverInput, DELIVER_MAILS, context.get_input())
    instance, sent = Instance(context), 0

    def show(reason: str | None) -> None:
        instance.show("sending", about=f"{sent} mails", reason=reason)

    while True:
        outcome = yield from instance.persist(Retries(retry_waits(), instance.sleep, show), send_waiting_mails)
        if isinstance(outcome, Failure):
            instance.show("incomplete", about=f"{sent} mails", reason=outcome.reason)
            return {"sent": sent, "reason": outcome.reason}
        sent += outcome.sent
        if not outcome.more:
            instance.show("sent", about=f"{sent} mails")
            return {"sent": sent, "reason": None}
