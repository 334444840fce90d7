"""Tell the operators something that concerns no one person: a mail that is sent once, however often it is asked for."""

import azure.durable_functions as df

from activities.mail import mail_notice
from lifecycle.retries import Failure
from orchestrators.attempts import Steps, persist

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def tell_operators(context: df.DurableOrchestrationContext) -> Steps:
    """Input: `kind` of notice (`lifecycle.mails.NOTICES`), its `facts`, and `about` in words for the status."""
    notice = context.get_input()

    def show(stage: str, reason: str | None = None) -> None:
        status = {"stage": stage, "user": notice["about"]}
        context.set_custom_status({**status, "reason": reason} if reason else status)

    show("telling_operators")
    outcome = yield from persist(context, mail_notice, notice, lambda reason: show("telling_operators", reason))
    if isinstance(outcome, Failure):
        show("needs_attention", outcome.reason)
        return {"phase": "needs_attention", "reason": outcome.reason}
    show("told")
    return {"phase": "told", "reason": outcome}
