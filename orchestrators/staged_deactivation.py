"""Staged deactivation: the flow of somebody who leaves a managed group, or is deactivated in Okta."""

import azure.durable_functions as df

from lifecycle.events import Flow
from orchestrators.course import follow_course
from orchestrators.instance import Steps
from orchestrators.run import run_flow

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def staged_deactivation(context: df.DurableOrchestrationContext) -> Steps[dict[str, str | None]]:
    """Input: lifecycle.inputs.EventInput. Whose way leads where is decided in `follow_course`."""
    return run_flow(context, Flow.DEACTIVATION, follow_course)
