"""The drift check: compares Okta, the tenant and the app's own rows, and starts the flows that mend what is found."""

from typing import Any

import azure.durable_functions as df

from activities import drift
from activities.intake import start_instances
from lifecycle.drift import DriftStage
from lifecycle.drift_report import mail_start, people
from lifecycle.intake import STARTED_AT_ONCE
from orchestrators.attempts import Steps, attempt, call_of
from orchestrators.drift_run import DriftRun

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def reconcile_members(context: df.DurableOrchestrationContext) -> Steps:
    """Input: `apply`, whether the flows are started. Whatever could not be read ends the check with nothing started."""
    run, applied = DriftRun(context), bool((context.get_input() or {}).get("apply", False))
    counts: dict[str, int] = {"findings": 0}
    findings: list[dict[str, Any]] = []
    with run.noting_why_incomplete():
        counts = yield from read_and_compare(run)
        if applied:
            yield from start_flows(run, counts["findings"])
    # If this fails, a later check forgets them.
    yield from attempt(context, drift.forget_readings, call_of(context, {}))
    about = people(counts["findings"])
    with run.noting_why_incomplete():
        if counts["findings"]:
            findings = yield from run.step(DriftStage.SUMMING_UP, about, drift.list_first_findings)
        if counts["findings"] or run.reason:
            mail = mail_start(run.id, applied=applied, count=counts["findings"], findings=findings, reason=run.reason)
            starts = [[mail.flow, mail.instance, mail.input]]
            yield from run.step(DriftStage.SUMMING_UP, about, start_instances, starts=starts)
    run.show(DriftStage.INCOMPLETE if run.reason else DriftStage.CHECKED, about, run.reason)
    return {"run": run.id, "apply": applied, "reason": run.reason, "counts": counts, "findings": findings}


def read_and_compare(run: DriftRun) -> Steps:
    groups = yield from run.step(DriftStage.FINDING_GROUPS, "all managed groups", drift.find_groups_to_check)
    read = []
    for group in groups:
        reading = yield from run.step(DriftStage.READING_GROUP, group["name"], drift.read_group, group=group)
        read.append({**group, **reading})
    return (yield from run.step(DriftStage.COMPARING, "all accounts", drift.compare_with_tenant, groups=read))


def start_flows(run: DriftRun, count: int) -> Steps:
    for first in range(0, count, STARTED_AT_ONCE):
        end = min(first + STARTED_AT_ONCE, count)
        yield from run.step(DriftStage.STARTING, f"{end} of {people(count)}", drift.start_mending, first=first, end=end)
