"""Deliver the mails that wait in the outbox: with growing waits, until all are sent or given up."""

import azure.durable_functions as df

from activities.outbox import send_waiting_mails
from lifecycle.retries import Failure
from orchestrators.attempts import Steps, persist

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def deliver_mails(context: df.DurableOrchestrationContext) -> Steps:
    """One instance at a time; the timer `empty_outbox` starts it while anything waits."""
    sent = 0

    def show(stage: str, reason: str | None = None) -> None:
        status = {"stage": stage, "user": f"{sent} mails"}
        context.set_custom_status({**status, "reason": reason} if reason else status)

    while True:
        show("sending")
        outcome = yield from persist(context, send_waiting_mails, {}, lambda reason: show("sending", reason))
        if isinstance(outcome, Failure):
            show("incomplete", outcome.reason)
            return {"sent": sent, "reason": outcome.reason}
        sent += outcome["sent"]
        if not outcome["more"]:
            show("sent")
            return {"sent": sent, "reason": None}
