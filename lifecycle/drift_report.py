"""What a drift check leaves behind: its rows, its output, the events that mend what it found, and its mail."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lifecycle.drift import Finding, Kind
from lifecycle.events import Flow, LogEvent, durable_input, instance_id
from lifecycle.intake import TELL_OPERATORS, Start

RECONCILE = "reconcile_members"
DRIFT = "Drift"
COLUMNS = {
    "kind": "Kind",
    "okta_user_id": "OktaUserId",
    "login": "Login",
    "words": "Finding",
    "flow": "Flow",
    "group_id": "OktaGroupId",
    "group_name": "OktaGroupName",
    "entra_user_id": "EntraUserId",
    "started": "StartedInstanceId",
    "not_started": "NotStarted",
}
# What the output shows; the table has them all.
FIRST_FINDINGS = 100
FIRST_IN_MAIL = 25
EVENT_TYPES = {Flow.ACTIVATION: "drift.activate", Flow.DEACTIVATION: "drift.deactivate"}


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, and the same order whenever the same is found."""
    gravity = list(Kind)
    return sorted(findings, key=lambda finding: (gravity.index(finding.kind), finding.login, finding.okta_user_id))


def count_kinds(findings: Iterable[Finding]) -> dict[str, int]:
    counted = Counter(finding.kind.value for finding in findings)
    return {kind.value: counted[kind.value] for kind in Kind}


def finding_values(run: str, number: int, found_at: datetime, finding: Finding) -> dict[str, Any]:
    """The row of a finding."""
    keys = {"PartitionKey": run, "RowKey": row_key(number), "FoundAt": found_at}
    return keys | {column: getattr(finding, name) for name, column in COLUMNS.items()}


def finding_from(values: Mapping[str, Any]) -> Finding:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    flow = Flow(known["flow"]) if known["flow"] else None
    return Finding(**known | {"kind": Kind(known["kind"]), "flow": flow})


def row_key(number: int) -> str:
    """Numbers that sort as texts do."""
    return f"{number:06}"


def as_json(finding: Finding) -> dict[str, str | None]:
    """A finding as the output of the check shows it."""
    names = ("okta_user_id", "login", "started", "not_started")
    shown = {name: getattr(finding, name) for name in names}
    flow = finding.flow.value if finding.flow else None
    return {"kind": finding.kind.value, **shown, "finding": finding.words, "flow": flow}


def mending_start(finding: Finding, run: str, began_at: datetime) -> Start | None:
    """The flow that mends a finding; the same check starts it once. None when nothing may be done.

    Its event is as old as the check's reading: whatever Okta tells of later is newer and wins.
    """
    if finding.flow is None:
        return None
    event = LogEvent(
        uuid=str(uuid5(NAMESPACE_URL, f"{run}/{finding.okta_user_id}")),
        published=began_at,
        event_type=EVENT_TYPES[finding.flow],
        okta_user_id=finding.okta_user_id,
        login=finding.login,
        group_id=finding.group_id,
        group_name=finding.group_name,
    )
    return Start(finding.flow.value, instance_id(finding.flow, event), durable_input(event))


def mail_start(run: str, *, applied: bool, count: int, findings: Sequence[dict[str, Any]], reason: str | None) -> Start:
    """The one mail to the operators."""
    shown = [[each["login"], each["finding"], each["not_started"]] for each in findings[:FIRST_IN_MAIL]]
    told = {"people": people(count), "findings": shown, "more": count - len(shown)}
    facts = {"run": run, "applied": applied, "reason": reason, **told}
    return Start(TELL_OPERATORS, f"drift_checked-{run}", {"kind": "drift_checked", "about": run, "facts": facts})


def people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"
