"""Tell the operators something that concerns no one person: a mail that is sent once, however often it is asked for."""

import azure.durable_functions as df

from activities.operator_mail import mail_notice
from lifecycle.inputs import TELL_OPERATORS, NoticeInput, read_input
from lifecycle.retries import Failure, retry_waits
from orchestrators.instance import Instance, Retries, Steps

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def tell_operators(context: df.DurableOrchestrationContext) -> Steps[dict[str, str]]:
    """Input: lifecycle.inputs.NoticeInput."""
    instance, told = Instance(context), read_input(NoticeInput, TELL_OPERATORS, context.get_input())

    def show(reason: str | None) -> None:
        instance.show("telling_operators", about=told.about, reason=reason)

    outcome = yield from instance.persist(Retries(retry_waits(), instance.sleep, show), mail_notice, notice=told.notice)
    if isinstance(outcome, Failure):
        instance.show("needs_attention", about=told.about, reason=outcome.reason)
        return {"phase": "needs_attention", "reason": outcome.reason}
    instance.show("told", about=told.about)
    return {"phase": "told", "reason": outcome.value}
