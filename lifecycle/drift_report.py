"""What a drift check shows and leaves behind: stages, output, events that mend what it found, and its mail."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from lifecycle.audit import operator_actor
from lifecycle.drift_evidence import DriftCounts, Finding, Kind
from lifecycle.events import OURS, Flow, LogEvent, instance_id
from lifecycle.inputs import TELL_OPERATORS, EventInput, NoticeInput, Start, start_of
from lifecycle.members import ENABLE
from lifecycle.notices import DriftChecked, FoundDrift

# What the output shows; the table has them all.
FIRST_FINDINGS = 100
FIRST_IN_MAIL = 25
EVENT_TYPES = {Flow.ACTIVATION: "drift.activate", Flow.DEACTIVATION: "drift.deactivate"}


class DriftStage(StrEnum):
    """What the custom status of a drift check says; the last two are its ends."""

    FINDING_GROUPS = "finding_groups"
    READING_GROUP = "reading_group"
    COMPARING = "comparing"
    STARTING = "starting_flows"
    SUMMING_UP = "summing_up"
    CHECKED = "checked"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The output of a check: whether flows were started, why it is incomplete, and the first findings."""

    run: str
    applied: bool
    reason: str | None
    counts: DriftCounts
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, object]:
        counts = {name: count for name, count in asdict(self.counts).items() if name != "kinds"}
        if self.counts == DriftCounts():  # nothing was compared, so nobody was counted
            counts = {"findings": 0}
        return {
            "run": self.run,
            "apply": self.applied,
            "reason": self.reason,
            "counts": counts | dict(self.counts.kinds),
            "findings": [as_json(finding) for finding in self.findings],
        }


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, and the same order whenever the same is found."""
    gravity = list(Kind)
    return sorted(findings, key=lambda finding: (gravity.index(finding.kind), finding.login, finding.okta_user_id))


def count_kinds(findings: Iterable[Finding]) -> dict[str, int]:
    counted = Counter(finding.kind.value for finding in findings)
    return {kind.value: counted[kind.value] for kind in Kind}


def as_json(finding: Finding) -> dict[str, str | None]:
    """A finding as the output of the check shows it."""
    names = ("okta_user_id", "login", "started", "not_started")
    shown = {name: getattr(finding, name) for name in names}
    flow = finding.flow.value if finding.flow else None
    return {"kind": finding.kind.value, **shown, "finding": finding.words, "flow": flow}


def mending_start(finding: Finding, run: str, began_at: datetime, by: str | None = None) -> Start | None:
    """The flow that mends a finding; the same check starts it once. None when nothing may be done.

    `by` is the operator who asked for it. Its event is as old as the check's reading: whatever Okta tells of later is
    newer and wins.
    """
    if finding.flow is None:
        return None
    event = LogEvent(
        uuid=f"{uuid5(NAMESPACE_URL, f'{run}/{finding.okta_user_id}')}{OURS}drift",
        published=began_at,
        event_type=ENABLE if finding.kind is Kind.DISABLED_BY_OTHERS else EVENT_TYPES[finding.flow],
        okta_user_id=finding.okta_user_id,
        login=finding.login,
        group_id=finding.group_id,
        group_name=finding.group_name,
        actor=operator_actor(by) if by else None,
    )
    return start_of(finding.flow, instance_id(finding.flow, event), EventInput.of(event, found=True))


def mail_start(run: str, *, applied: bool, count: int, findings: Sequence[Finding], reason: str | None) -> Start:
    """The one mail to the operators."""
    shown = tuple(FoundDrift(each.login, each.words, each.not_started) for each in findings[:FIRST_IN_MAIL])
    notice = DriftChecked(run, applied, count, shown, reason)
    return start_of(TELL_OPERATORS, f"drift_checked-{run}", NoticeInput(notice=notice, about=run))


def people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"
