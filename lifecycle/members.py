"""The row per person: who owns it, what was snapped, where it stands; and how a run becomes the owner."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lifecycle.events import Flow, LogEvent
from lifecycle.stages import Phase

MEMBERS = "Members"
PARTITION = "member"
TEXT_COLUMNS = {
    "login": "Login",
    "instance": "InstanceId",
    "event_uuid": "EventUuid",
    "display_name": "DisplayName",
    "group_id": "OktaGroupId",
    "group_name": "OktaGroupName",
    "entra_user_id": "EntraUserId",
    "user_principal_name": "UserPrincipalName",
    "manager_mail": "ManagerMail",
    "manager_name": "ManagerName",
    "reason": "LastError",
    "awaiting_command": "AwaitingCommand",
    "passed_brake": "PassedBrake",
}
TIME_COLUMNS = {"published": "Published", "due_at": "DueAt", "updated_at": "UpdatedAt"}
COLUMNS = {**TEXT_COLUMNS, **TIME_COLUMNS}
FLAG_COLUMNS = {"held": "Held", "kept": "LicensesKept", "dry_run": "DryRun"}  # there only if so
LIST_COLUMNS = {"joined": "JoinedGroups", "former": "FormerGroups", "pending": "Pending"}  # of words without a comma
# How a table keeps a text that may be longer than one column, and how it is read again.
Split = Callable[[str, str], Mapping[str, str]]
Join = Callable[[str, Mapping[str, Any]], str | None]

OPERATOR = "operator."  # begins the event type of what an operator asked for
# Enough to answer any claim that is repeated after a crash; older ones are long over.
REMEMBERED_CLAIMS = 20


@dataclass(frozen=True, slots=True)
class LeftGroup:
    """A managed group that was left while another one remains; its licenses go at `due_at`."""

    group_id: str
    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """What is known of one Okta user; `instance` is the one run that may write to the account."""

    okta_user_id: str
    login: str
    instance: str
    event_uuid: str
    published: datetime
    phase: Phase = Phase.CLAIMED
    claims: tuple[tuple[str, str | None], ...] = ()  # (instance, its predecessor), newest last
    display_name: str | None = None
    group_id: str | None = None
    group_name: str | None = None
    entra_user_id: str | None = None
    user_principal_name: str | None = None
    manager_mail: str | None = None
    manager_name: str | None = None
    due_at: datetime | None = None
    left_groups: tuple[LeftGroup, ...] = ()
    joined: tuple[str, ...] = ()  # ids of groups new to the person, whose licenses an activation has yet to give
    former: tuple[str, ...] = ()  # ids of groups the person was in and left: to join one of them is a return
    pending: tuple[str, ...] = ()  # the flows that began and have not come to their end
    held: bool = False  # the brake has stopped the person, and no operator has said `release`
    kept: bool = False  # an operator has said `keep`: the licenses stay until the person is entitled again
    dry_run: bool = False  # the run that owns the person began while DRY_RUN was on
    snapshot: str | None = None  # lifecycle.licenses, as JSON
    reason: str | None = None
    passed_brake: str | None = None  # the instance that was counted
    awaiting_command: str | None = None  # the external event an operator's command is raised as
    updated_at: datetime | None = None


def row_values(member: Member, split: Split) -> dict[str, Any]:
    """The row of a member; a member that has no value for a column has no such column."""
    values: dict[str, Any] = {"PartitionKey": PARTITION, "RowKey": member.okta_user_id, "Phase": member.phase.value}
    for name, column in COLUMNS.items():
        if getattr(member, name) is not None:
            values[column] = getattr(member, name)
    values |= {column: True for name, column in FLAG_COLUMNS.items() if getattr(member, name)}
    values |= split("Claims", json.dumps(member.claims))
    if member.left_groups:
        left = [[each.group_id, each.name, each.due_at.isoformat()] for each in member.left_groups]
        values |= split("LeftGroups", json.dumps(left))
    for name, column in LIST_COLUMNS.items():
        if getattr(member, name):
            values[column] = ",".join(getattr(member, name))
    if member.snapshot is not None:
        values |= split("Snapshot", member.snapshot)
    return values


def member_from(values: Mapping[str, Any], join: Join) -> Member:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    claims = json.loads(join("Claims", values) or "[]")
    left = json.loads(join("LeftGroups", values) or "[]")
    return Member(
        okta_user_id=values["RowKey"],
        phase=Phase(values["Phase"]),
        claims=tuple((instance, predecessor) for instance, predecessor in claims),
        left_groups=tuple(LeftGroup(group_id, name, datetime.fromisoformat(due)) for group_id, name, due in left),
        snapshot=join("Snapshot", values),
        held=bool(values.get("Held")),
        kept=bool(values.get("LicensesKept")),
        dry_run=bool(values.get("DryRun")),
        joined=_listed(values.get("JoinedGroups")),
        former=_listed(values.get("FormerGroups")),
        pending=_listed(values.get("Pending")),
        **known,
    )


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(word for word in (text or "").split(",") if word)


def with_left_group(left: tuple[LeftGroup, ...], group: LeftGroup) -> tuple[LeftGroup, ...]:
    """Add a group; one that was left before keeps its due time. The earliest due comes first."""
    if any(each.group_id == group.group_id for each in left):
        return left
    return tuple(sorted((*left, group), key=lambda each: each.due_at))


def still_left(left: tuple[LeftGroup, ...], group_ids: Iterable[str]) -> tuple[LeftGroup, ...]:
    """Those of the groups that the person is not in again."""
    present = frozenset(group_ids)
    return tuple(each for each in left if each.group_id not in present)


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim; `member` is the row to write, None when the claim stands already.

    `pending` are the flows that are under way for the person, this one included: whoever owns the person has to bring
    to its end what the truth still demands of them.
    """

    predecessor: str | None = None
    pending: tuple[str, ...] = ()
    member: Member | None = None


def decide_claim(
    held: Member | None,
    event: LogEvent,
    flow: str,
    instance: str,
    at: datetime,
    due_at: datetime | None = None,
    *,
    dry_run: bool = False,
) -> Claim:
    """Whoever claims last owns the person, whichever event is newer: the owner reads in Okta what is true.

    What the event says of a group is kept in the row, since a run that is displaced next does not come to act on it;
    `due_at` is when the licenses of a group go that was left now; `dry_run`, whether DRY_RUN is on. A claim that is
    repeated answers what it answered first, even when another run has claimed the person meanwhile.
    """
    for claimant, predecessor in held.claims if held else ():
        if claimant == instance:
            return Claim(predecessor, held.pending if held else ())
    predecessor = held.instance if held else None
    known = _for_real(held) if held and held.dry_run and not dry_run else held
    member = _noting_group(_claimed(known, event, flow, instance, predecessor, at), event, flow, due_at)
    # What an earlier run has really begun has really to be brought to its end.
    is_real = not dry_run or (held is not None and bool(held.pending) and not held.dry_run)
    member = replace(member, dry_run=not is_real)
    return Claim(predecessor, member.pending, member)


def _for_real(member: Member) -> Member:
    """Without what a dry run only pretended: nobody was disabled, so nobody passed the brake or waits for a date."""
    return replace(member, phase=Phase.CLAIMED, due_at=None, passed_brake=None, held=False, left_groups=())


def _claimed(
    held: Member | None, event: LogEvent, flow: str, instance: str, predecessor: str | None, at: datetime
) -> Member:
    if event.okta_user_id is None:
        raise ValueError(f"the event {event.uuid} names no user, so nobody can be claimed by it")
    former = held or Member(event.okta_user_id, event.login or "", instance, event.uuid, event.published)
    # What a leave is judged by goes on to whoever has to bring the leave to its end.
    carries_on = flow == Flow.ACTIVATION and Flow.DEACTIVATION in former.pending
    group = (former.group_id, former.group_name) if carries_on else (event.group_id, event.group_name)
    return replace(
        former,
        login=event.login or former.login,
        display_name=event.display_name or former.display_name,
        group_id=group[0],
        group_name=group[1],
        held=former.held or former.phase is Phase.HELD,
        kept=former.kept and not is_of_operator(event),
        instance=instance,
        event_uuid=event.uuid,
        published=max(event.published, former.published),
        phase=Phase.CLAIMED,
        claims=(*former.claims, (instance, predecessor))[-REMEMBERED_CLAIMS:],
        pending=tuple(dict.fromkeys((*former.pending, flow))),
        reason=None,
        awaiting_command=None,
        updated_at=at,
    )


def is_of_operator(event: LogEvent) -> bool:
    """Whether an operator's word stands behind it (`lifecycle.commands.beginning_event`)."""
    return event.event_type.startswith(OPERATOR)


def _noting_group(member: Member, event: LogEvent, flow: str, due_at: datetime | None) -> Member:
    group_id = event.group_id
    if group_id is None:
        return member
    if flow == Flow.ACTIVATION:
        is_return = group_id in member.former and member.snapshot is not None
        return member if is_return else replace(member, joined=_with(member.joined, group_id))
    if group_id not in member.joined:  # who is still owed what it gives has not really been in it
        member = replace(member, former=_with(member.former, group_id))
    if due_at is None:
        return member
    left = LeftGroup(group_id, event.group_name or group_id, due_at)
    return replace(member, left_groups=with_left_group(member.left_groups, left))


def _with(words: tuple[str, ...], word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*words, word)))
