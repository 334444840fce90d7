"""The row per person: who owns it, what was snapped, where it stands; and which of two events may own it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lifecycle.events import LogEvent
from lifecycle.stages import Phase

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
    snapshot: str | None = None  # lifecycle.licenses, as JSON
    reason: str | None = None
    passed_brake: str | None = None  # the instance that was counted
    awaiting_command: str | None = None  # the external event an operator's command is raised as
    updated_at: datetime | None = None


def with_left_group(left: tuple[LeftGroup, ...], group: LeftGroup) -> tuple[LeftGroup, ...]:
    """Add a group; one that was left before keeps its due time. The earliest due comes first."""
    if any(each.group_id == group.group_id for each in left):
        return left
    return tuple(sorted((*left, group), key=lambda each: each.due_at))


def still_left(left: tuple[LeftGroup, ...], group_ids: Iterable[str]) -> tuple[LeftGroup, ...]:
    """Those of the groups that the person is not in again."""
    present = frozenset(group_ids)
    return tuple(each for each in left if each.group_id not in present)


class ClaimOutcome(StrEnum):
    CLAIMED = "claimed"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim; `member` is the row to write, None when nothing is to be written."""

    outcome: ClaimOutcome
    predecessor: str | None = None
    member: Member | None = None


def decide_claim(held: Member | None, event: LogEvent, instance: str, at: datetime) -> Claim:
    """Decide who owns the person from now on: the newest event, by `published` and then by `uuid`.

    A claim that is repeated answers what it answered first, even when a newer run has claimed the person meanwhile.
    """
    if held is None:
        return Claim(ClaimOutcome.CLAIMED, None, _claimed(None, event, instance, None, at))
    for claimant, predecessor in held.claims:
        if claimant == instance:
            return Claim(ClaimOutcome.CLAIMED, predecessor)
    if (event.published, event.uuid) < (held.published, held.event_uuid):
        return Claim(ClaimOutcome.STALE)
    return Claim(ClaimOutcome.CLAIMED, held.instance, _claimed(held, event, instance, held.instance, at))


def _claimed(held: Member | None, event: LogEvent, instance: str, predecessor: str | None, at: datetime) -> Member:
    if event.okta_user_id is None:
        raise ValueError(f"the event {event.uuid} names no user, so nobody can be claimed by it")
    former = held or Member(event.okta_user_id, event.login or "", instance, event.uuid, event.published)
    return replace(
        former,
        login=event.login or former.login,
        display_name=event.display_name or former.display_name,
        group_id=event.group_id,
        group_name=event.group_name,
        instance=instance,
        event_uuid=event.uuid,
        published=event.published,
        phase=Phase.CLAIMED,
        claims=(*former.claims, (instance, predecessor))[-REMEMBERED_CLAIMS:],
        reason=None,
        awaiting_command=None,
        updated_at=at,
    )
