"""What is known of one person: which run acts, what was taken, where the person stands; and how a run takes over."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from lifecycle.events import Flow, LogEvent
from lifecycle.orders import GivenCommand, Outcome
from lifecycle.stages import Phase

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
class Claimed:
    """One claim that was made: by which run, and the run that owned the person before."""

    instance: str
    predecessor: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """What is known of one Okta user; `instance` is the one run that may write to the account."""

    okta_user_id: str
    login: str
    instance: str
    event_uuid: str
    published: datetime
    phase: Phase = Phase.CLAIMED
    claims: tuple[Claimed, ...] = ()  # newest last
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
    pending: tuple[Flow, ...] = ()  # the flows that began and have not come to their end
    held: bool = False  # the brake has stopped the person, and no operator has said `release`
    kept: bool = False  # an operator has said `keep`: the licenses stay until the person is entitled again
    dry_run: bool = False  # the run that owns the person began while DRY_RUN was on
    snapshot: str | None = None  # lifecycle.licenses, as JSON
    reason: str | None = None
    passed_brake: str | None = None  # the instance that was counted
    enabling: str | None = None  # the instance that found the account disabled and set out to enable it
    awaiting_command: str | None = None  # the external event by which the run's present wait is woken
    command: GivenCommand | None = None  # the last one that was accepted
    tries_again: bool = False  # the run needs attention, and tries by itself every hour
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


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim: the run that owned the person before, and the flows that are under way.

    `pending` has this flow too: whoever owns the person has to bring to its end what the truth still demands of them.
    """

    predecessor: str | None = None
    pending: tuple[Flow, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """The answer, and what to write about the person; None when the claim stands already.

    `not_carried_out` is the command that the displaced run had yet to take.
    """

    claim: Claim
    member: Member | None = None
    not_carried_out: GivenCommand | None = None


@dataclass(frozen=True, slots=True)
class GracePeriod:
    """Until when the licenses stay."""

    due_at: datetime


def decide_claim(
    known: Member | None,
    event: LogEvent,
    flow: Flow,
    instance: str,
    at: datetime,
    due_at: datetime | None = None,
    *,
    dry_run: bool = False,
) -> ClaimDecision:
    """Whoever claims last owns the person, whichever event is newer: the owner reads in Okta what is true.

    What the event says of a group is kept in the row, since a run that is displaced next does not come to act on it;
    `due_at` is when the licenses of a group go that was left now; `dry_run`, whether DRY_RUN is on. A claim that is
    repeated answers what it answered first, even when another run has claimed the person meanwhile.
    """
    for claimed in known.claims if known else ():
        if claimed.instance == instance:
            claim = Claim(claimed.predecessor, known.pending if known else ())
            return ClaimDecision(claim, None, _not_carried_out(known, claimed.predecessor))
    predecessor = known.instance if known else None
    former = _for_real(known) if known and known.dry_run and not dry_run else known
    member = _noting_group(_claimed(former, event, flow, instance, predecessor, at), event, flow, due_at)
    # What an earlier run has really begun has really to be brought to its end.
    is_real = not dry_run or (known is not None and bool(known.pending) and not known.dry_run)
    member = replace(member, dry_run=not is_real)
    return ClaimDecision(Claim(predecessor, member.pending), member, _not_carried_out(member, predecessor))


def _not_carried_out(member: Member | None, predecessor: str | None) -> GivenCommand | None:
    """The command that the run before was displaced by this claim from taking; the row keeps it until the next one."""
    given = member.command if member else None
    is_lost = given is not None and given.outcome is Outcome.NOT_CARRIED_OUT and given.instance == predecessor
    return given if is_lost else None


def _for_real(member: Member) -> Member:
    """Without what a dry run only pretended: nobody was disabled, so nobody passed the brake or waits for a date."""
    return replace(member, phase=Phase.CLAIMED, due_at=None, passed_brake=None, held=False, left_groups=())


def _claimed(
    known: Member | None, event: LogEvent, flow: Flow, instance: str, predecessor: str | None, at: datetime
) -> Member:
    if event.okta_user_id is None:
        raise ValueError(f"the event {event.uuid} names no user, so nobody can be claimed by it")
    former = known or Member(event.okta_user_id, event.login or "", instance, event.uuid, event.published)
    # What a leave is judged by goes on to whoever has to bring the leave to its end.
    carries_on = flow is Flow.ACTIVATION and Flow.DEACTIVATION in former.pending
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
        claims=(*former.claims, Claimed(instance, predecessor))[-REMEMBERED_CLAIMS:],
        pending=tuple(dict.fromkeys((*former.pending, flow))),
        reason=None,
        awaiting_command=None,
        command=_displaced(former.command),
        tries_again=False,
        updated_at=at,
    )


def _displaced(given: GivenCommand | None) -> GivenCommand | None:
    """No other run takes a command than the one it was given to: the operator saw another state of things."""
    return replace(given, outcome=Outcome.NOT_CARRIED_OUT) if given and given.is_outstanding else given


def is_of_operator(event: LogEvent) -> bool:
    """Whether an operator's word stands behind it (`lifecycle.commands.start_command_event`)."""
    return event.event_type.startswith(OPERATOR)


def _noting_group(member: Member, event: LogEvent, flow: Flow, due_at: datetime | None) -> Member:
    group_id = event.group_id
    if group_id is None:
        return member
    if flow is Flow.ACTIVATION:
        is_return = group_id in member.former and member.snapshot is not None
        return member if is_return else replace(member, joined=_with(member.joined, group_id))
    # A person who has not been given the licenses of a group yet counts as new to it.
    if group_id not in member.joined:
        member = replace(member, former=_with(member.former, group_id))
    if due_at is None:
        return member
    left = LeftGroup(group_id, event.group_name or group_id, due_at)
    return replace(member, left_groups=with_left_group(member.left_groups, left))


def _with(words: tuple[str, ...], word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*words, word)))
