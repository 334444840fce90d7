"""Drift: where Okta, the tenant and the app's own rows disagree about a person, and which flow would mend it.

Wanted minus present in both directions, judged person by person on what was read of the three.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from lifecycle import licenses
from lifecycle.accounts import Account, may_enable
from lifecycle.drift_evidence import Check, Entitled, Evidence, Finding, Kind
from lifecycle.events import Flow
from lifecycle.members import LeftGroup, Member
from lifecycle.retries import RETRIES_END_AFTER
from lifecycle.stages import Phase

# An event that was claimed so shortly before the check began is just being worked on.
RECENT = timedelta(minutes=5)
# Phases in which a run has to be alive; and those in which it only waits for a date, so that nobody is at work.
AWAITS_RUN = frozenset({Phase.CLAIMED, Phase.HELD, Phase.GRACE_PERIOD, Phase.NEEDS_ATTENTION})
ASLEEP = frozenset({Phase.GRACE_PERIOD, Phase.ACTIVE})
_LONGEST_REASON = 200


def is_at_work(member: Member, began_at: datetime, *, is_living: bool) -> bool:
    """Whether somebody is just acting on the person, so that what was read may be half of a change."""
    return is_fresh(member, began_at) or (is_living and member.phase not in ASLEEP)


def is_fresh(row: Member | Account | None, began_at: datetime) -> bool:
    """Whether the row was written since the check began, or shortly before."""
    return row is not None and row.updated_at is not None and row.updated_at > began_at - RECENT


def judge(evidence: Evidence, check: Check) -> Finding | None:
    """What is wrong about one person, if anything. Whatever is found with a living run is found without one too.

    An account is judged with the person it belongs to, never by the row of somebody who had it before.
    """
    member = evidence.member
    if member is not None and (
        is_at_work(member, check.began_at, is_living=evidence.is_living) or is_fresh(evidence.own, check.began_at)
    ):
        return _of_standstill(member, evidence, check)
    if evidence.entitled is not None:
        return _of_entitled(evidence.entitled, evidence, check)
    if evidence.is_of_another or (evidence.known is not None and evidence.own is None):
        return None
    if member is None:
        return _of_unseen(evidence) if evidence.on_roster else None
    return _of_leaver(member, evidence, check)


def _of_unseen(evidence: Evidence) -> Finding | None:
    """Whoever was in a managed group last night and is not any more, without any event that was seen."""
    if evidence.account is None or not evidence.account.enabled:
        return None
    words = "was in a managed group at the last check and is not any more, but the account is enabled"
    return _finding(Kind.LEFT_UNSEEN, evidence, words, Flow.DEACTIVATION)


def _of_standstill(member: Member, evidence: Evidence, check: Check) -> Finding | None:
    """A run at work writes to the row now and then; one that is kept from it by trouble tries for a day, and parks."""
    is_none_of_ours = evidence.entitled is None and _was_never_managed(member, evidence)
    if member.updated_at is None or member.updated_at + RETRIES_END_AFTER > check.began_at or is_none_of_ours:
        return None
    if member.phase is not Phase.CLAIMED and not is_waiting_for_a_seat(member):
        return None
    state = "missing" if evidence.account is None else "enabled" if evidence.account.enabled else "disabled"
    words = f"stands at {member.phase.value} since {_date(member.updated_at)}; the account is {state}"
    finding = _finding(Kind.NO_PROGRESS, evidence, words, None, (member.group_id, member.group_name))
    return replace(finding, not_started=f"the run {member.instance} is alive; its status says what keeps it")


def is_waiting_for_a_seat(member: Member) -> bool:
    """Whether the run goes on by itself, although it needs attention: it writes to the row every hour."""
    return member.phase is Phase.NEEDS_ATTENTION and member.tries_again


def _of_entitled(person: Entitled, evidence: Evidence, check: Check) -> Finding | None:
    member, account = evidence.member, evidence.account
    is_in = f"is in {', '.join(person.groups)}"
    if account and not account.enabled:
        words = f"{is_in}, but the account is disabled"
        if evidence.known is not None and may_enable(evidence.known):
            return _finding(Kind.ENTITLED_BUT_DISABLED, evidence, words, Flow.ACTIVATION)
        words += ", not by Offstage"
        return _finding(Kind.DISABLED_BY_OTHERS, evidence, words, Flow.ACTIVATION)
    if owed := _owed(person, evidence):
        words = f"{is_in}, but was not given back {', '.join(map(check.sku_name, owed))}"
        return _finding(Kind.LICENSES_OWED, evidence, words, Flow.ACTIVATION)
    if member is None or evidence.is_living:
        return None
    if member.left_groups:
        return _of_left_group(member.left_groups[0], member, evidence, check)
    return _of_unfinished(member, evidence) if _awaits_run(evidence) else None


def _of_left_group(left: LeftGroup, member: Member, evidence: Evidence, check: Check) -> Finding:
    kind = Kind.PAST_DUE if left.due_at <= check.began_at else Kind.NO_LIVING_INSTANCE
    words = f"the licenses of {left.name}, which was left, go on {_date(left.due_at)}, but {_run_is_gone(member)}"
    return _finding(kind, evidence, words, Flow.DEACTIVATION, (left.group_id, left.name))


def _of_unfinished(member: Member, evidence: Evidence) -> Finding:
    """What only began to take something away ends itself when it finds the person entitled, and gives nothing."""
    words = _without_run(member, evidence)
    if member.pending and Flow.ACTIVATION not in member.pending:
        group = (member.group_id, member.group_name)
        return _finding(Kind.NO_LIVING_INSTANCE, evidence, words, Flow.DEACTIVATION, group)
    return _finding(Kind.NO_LIVING_INSTANCE, evidence, words, Flow.ACTIVATION)


def _was_never_managed(member: Member, evidence: Evidence) -> bool:
    """Whether nothing says that the person was ever in a managed group, or that the account is any of our business."""
    traces = (member.group_id, member.left_groups, member.joined, evidence.own and evidence.own.intent)
    return evidence.on_roster is None and not any(traces)


def _of_leaver(member: Member, evidence: Evidence, check: Check) -> Finding | None:
    if _was_never_managed(member, evidence):
        return None
    group, account, due_at = (member.group_id, member.group_name), evidence.account, evidence.due_at
    # A living run may try for a day what cannot be done just now, and then it parks.
    patience = RETRIES_END_AFTER if evidence.is_living else timedelta()
    if due_at and due_at + patience <= check.began_at:
        run = f"the run {member.instance} waits still" if evidence.is_living else _run_is_gone(member)
        words = f"the licenses were to go on {_date(due_at)}, but {run}"
        return _finding(Kind.PAST_DUE, evidence, words, Flow.DEACTIVATION, group)
    if not evidence.is_living and _awaits_run(evidence):
        return _finding(Kind.NO_LIVING_INSTANCE, evidence, _without_run(member, evidence), Flow.DEACTIVATION, group)
    # In a dry run the account of everybody in the grace period is enabled, since nobody disabled it.
    if account and account.enabled and not (evidence.is_living and check.dry_run):
        words = f"is not entitled to Microsoft 365 any more, but the account is enabled{_last_reason(member)}"
        return _finding(Kind.NOT_ENTITLED_BUT_ENABLED, evidence, words, Flow.DEACTIVATION, group)
    return None


def _owed(person: Entitled, evidence: Evidence) -> list[str]:
    """The SKUs that were taken and not given back, unless they only went with a group the person is not in again."""
    if evidence.known is None or evidence.account is None:
        return []
    direct = {each.sku_id for each in evidence.account.licenses if each.direct}
    owed = licenses.owed(licenses.from_json(evidence.known.snapshot), frozenset(person.group_ids))
    return [each.sku_id for each in owed if each.sku_id not in direct]


def _awaits_run(evidence: Evidence) -> bool:
    member = evidence.member
    if member is None:
        return False
    return member.phase in AWAITS_RUN or evidence.due_at is not None or bool(member.pending)


def _without_run(member: Member, evidence: Evidence) -> str:
    due = f", and the licenses go on {_date(evidence.due_at)}" if evidence.due_at else ""
    return f"stands at {member.phase.value}{due}, but {_run_is_gone(member)}"


def _run_is_gone(member: Member) -> str:
    return f"the run {member.instance} is not alive{_last_reason(member)}"


def _last_reason(member: Member) -> str:
    return f" (it ended with: {member.reason[:_LONGEST_REASON]})" if member.reason else ""


def _date(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _finding(
    kind: Kind, evidence: Evidence, words: str, flow: Flow | None, group: tuple[str | None, str | None] = (None, None)
) -> Finding:
    return Finding(
        kind=kind,
        okta_user_id=evidence.person.okta_user_id,
        login=evidence.person.login,
        words=words,
        flow=flow,
        group_id=group[0],
        group_name=group[1],
        entra_user_id=evidence.account.id if evidence.account else None,
    )
