"""The drift check: compares Okta, the tenant and the app's own rows, and starts the flows that mend what is found."""

from datetime import datetime

import azure.durable_functions as df

from activities import drift
from activities.intake import start_instances
from lifecycle.drift_evidence import DriftCounts, Finding, ReadGroup
from lifecycle.drift_report import DriftReport, DriftStage, mail_start, people
from lifecycle.inputs import RECONCILE_MEMBERS, ReconcileInput, read_input
from lifecycle.intake import STARTED_AT_ONCE
from orchestrators.drift_run import DriftRun
from orchestrators.instance import Steps

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def reconcile_members(context: df.DurableOrchestrationContext) -> Steps[dict[str, object]]:
    """Input: lifecycle.inputs.ReconcileInput. Whatever could not be read ends the check with nothing started."""
    run, asked = DriftRun(context), read_input(ReconcileInput, RECONCILE_MEMBERS, context.get_input())
    began_at, counts, findings = run.now, DriftCounts(), tuple[Finding, ...]()
    with run.noting_why_incomplete():
        counts = yield from read_and_compare(run, began_at)
        if asked.apply:
            yield from start_flows(run, began_at, counts.findings, asked)
    yield from run.once(drift.forget_readings)  # if this fails, a later check forgets them
    about = people(counts.findings)
    with run.noting_why_incomplete():
        if counts.findings:
            findings = yield from run.step(DriftStage.SUMMING_UP, about, drift.list_first_findings)
        if counts.findings or run.reason:
            mail = mail_start(run.id, applied=asked.apply, count=counts.findings, findings=findings, reason=run.reason)
            yield from run.step(DriftStage.SUMMING_UP, about, start_instances, starts=(mail,))
    run.show(DriftStage.INCOMPLETE if run.reason else DriftStage.CHECKED, about=about, reason=run.reason)
    return DriftReport(run.id, asked.apply, run.reason, counts, findings).as_json()


def read_and_compare(run: DriftRun, began_at: datetime) -> Steps[DriftCounts]:
    groups = yield from run.step(DriftStage.FINDING_GROUPS, "all managed groups", drift.find_groups_to_check)
    read: tuple[ReadGroup, ...] = ()
    for group in groups:
        read += ((yield from run.step(DriftStage.READING_GROUP, group.name, drift.read_group, group=group)),)
    everything = "all accounts"
    counts = yield from run.step(
        DriftStage.COMPARING, everything, drift.compare_with_tenant, groups=read, began_at=began_at
    )
    yield from run.step(DriftStage.COMPARING, everything, drift.store_roster, groups=read)
    return counts


def start_flows(run: DriftRun, began_at: datetime, count: int, asked: ReconcileInput) -> Steps[None]:
    for first in range(0, count, STARTED_AT_ONCE):
        end = min(first + STARTED_AT_ONCE, count)
        about = f"{end} of {people(count)}"
        yield from run.step(
            DriftStage.STARTING, about, drift.start_mending, first=first, end=end, began_at=began_at, asked=asked
        )
