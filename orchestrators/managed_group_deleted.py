"""A managed group was deleted in Okta. Nobody is deactivated for it; the operators are told."""

import azure.durable_functions as df

from activities.mail import mail_operators_about_deleted_group
from lifecycle.retries import Failure
from orchestrators.attempts import Steps, persist

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def managed_group_deleted(context: df.DurableOrchestrationContext) -> Steps:
    event = context.get_input()
    group = {"group_id": event["group_id"], "group_name": event["group_name"]}
    named = {"stage": "telling_operators", "user": f"the group {event['group_name']}"}
    context.set_custom_status(named)
    outcome = yield from persist(
        context,
        mail_operators_about_deleted_group,
        group,
        lambda reason: context.set_custom_status({**named, "reason": reason}),
    )
    if isinstance(outcome, Failure):
        context.set_custom_status({**named, "stage": "needs_attention", "reason": outcome.reason})
        return {"phase": "needs_attention", "reason": outcome.reason}
    context.set_custom_status({**named, "stage": "told"})
    return {"phase": "told", "reason": outcome}
