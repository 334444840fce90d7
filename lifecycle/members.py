"""What is known of one person: which run acts, where the person stands, groups left and joined; how runs take over."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lifecycle.audit import Cause
from lifecycle.events import Flow, LogEvent
from lifecycle.orders import GivenCommand, Outcome
from lifecycle.stages import Phase

HANDED_OVER = "account.handed_over"  # the event type of a run that is started for the owner of an account
ANOTHER_DATE = timedelta(minutes=1)
ENABLE = "operator.enable"  # the event type of a run that enables what somebody else disabled, as an operator asked
OPERATOR = "operator."  # begins the event type of what an operator asked for


@dataclass(frozen=True, slots=True)
class LeftGroup:
    """A managed group that was left, and first when; its licenses go at `due_at`."""

    group_id: str
    name: str
    due_at: datetime
    left_at: datetime
    removed: tuple[str, ...] = ()  # SKUs that went, or are about to go, of which the manager may not know yet


@dataclass(frozen=True, slots=True)
class JoinedGroup:
    """A managed group that was joined, and first when; its licenses are still to be given if the person is new."""

    group_id: str
    published: datetime


@dataclass(frozen=True, slots=True)
class NewestEvent:
    """The newest event of the person by the time Okta published it, whichever run brought it."""

    published: datetime
    event_type: str
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """One claim that was made: by which run, and the run that owned the person before."""

    instance: str
    predecessor: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """What is known of one Okta user; `instance` is the one run that acts for the person."""

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
    cause: Cause | None = None  # the event that the run is for
    newest: NewestEvent | None = None
    left_groups: tuple[LeftGroup, ...] = ()  # whose licenses have not gone yet
    joined: tuple[JoinedGroup, ...] = ()  # whose licenses an activation has yet to give
    pending: tuple[Flow, ...] = ()  # the flows that began and have not come to their end
    passed_over: bool = False  # a leave was none of our business: the person was not under management, as far as known
    held: bool = False  # the brake has stopped the person, and no operator has said `release`
    released: bool = False  # an operator has said `release`, and the account has yet to be disabled
    dry_run: bool = False  # the run that owns the person began while DRY_RUN was on
    reason: str | None = None
    awaiting_command: str | None = None  # the external event by which the run's present wait is woken
    command: GivenCommand | None = None  # the last one that was accepted
    tries_again: bool = False  # the run needs attention, and tries by itself every hour
    updated_at: datetime | None = None


def with_left_group(left: tuple[LeftGroup, ...], group: LeftGroup) -> tuple[LeftGroup, ...]:
    """Add a group; one that was left before keeps its due time. The earliest due comes first."""
    known = next((each for each in left if each.group_id == group.group_id), group)
    first = replace(known, left_at=min(known.left_at, group.left_at))
    others = (each for each in left if each.group_id != group.group_id)
    return tuple(sorted((*others, first), key=lambda each: each.due_at))


def still_left(left: tuple[LeftGroup, ...], group_ids: Iterable[str]) -> tuple[LeftGroup, ...]:
    """Those of the groups that the person is not in again."""
    present = frozenset(group_ids)
    return tuple(each for each in left if each.group_id not in present)


def with_removed(left: tuple[LeftGroup, ...], group_id: str, removed: tuple[str, ...]) -> tuple[LeftGroup, ...]:
    """Note what goes with one of the groups."""
    return tuple(replace(each, removed=removed) if each.group_id == group_id else each for each in left)


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
class Standing:
    """Of a person who is entitled: whether the event's group was left, and whether anything is owed to the person."""

    is_left: bool
    is_owed: bool


@dataclass(frozen=True, slots=True)
class GracePeriod:
    """Until when the licenses stay, and when the manager is reminded of it; None when not, or not any more."""

    due_at: datetime
    remind_at: datetime | None = None


def due_date(known: datetime | None, left: Iterable[LeftGroup], delay_ends_at: datetime) -> datetime:
    """When the licenses of a person go who is not entitled any more.

    The delay begins when the account is disabled (`delay_ends_at`). A date that was fixed stays (`known`): a second
    leave does not start the delay over. Who left several groups has the latest of their dates, whatever the order of
    the events; one that is later by seconds, since the groups were left one after the other, is no other date.
    """
    fixed = known or delay_ends_at
    latest = max([fixed, *(group.due_at for group in left)])
    return latest if latest - fixed >= ANOTHER_DATE else fixed


def reminder_at(due_at: datetime, delay_ends_at: datetime, days_before: int, now: datetime) -> datetime | None:
    """When the manager is reminded of a date: only in a delay that is longer than twice that, and only of what lies
    ahead.

    `delay_ends_at` is when the whole delay would be over that begins now: a run that takes over in the middle of a long
    delay reminds as the one before would have done.
    """
    before = timedelta(days=days_before)
    at = due_at - before
    is_long = max(due_at, delay_ends_at) - now > 2 * before
    return at if days_before and is_long and at > now else None


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
    return replace(member, phase=Phase.CLAIMED, held=False, released=False, left_groups=())


def _claimed(
    known: Member | None, event: LogEvent, flow: Flow, instance: str, predecessor: str | None, at: datetime
) -> Member:
    if event.okta_user_id is None:
        raise ValueError(f"the event {event.uuid} names no user, so nobody can be claimed by it")
    former = known or Member(event.okta_user_id, event.login or "", instance, event.uuid, event.published)
    # What a leave is judged by goes on to whoever has to bring the leave to its end.
    # By this event the person may turn out to be under management: the log has its entries in no order.
    passed_over = (Flow.DEACTIVATION,) if former.passed_over else ()
    carries_on = flow is Flow.ACTIVATION and Flow.DEACTIVATION in former.pending
    group = (former.group_id, former.group_name) if carries_on else (event.group_id, event.group_name)
    return replace(
        former,
        login=event.login or former.login,
        display_name=event.display_name or former.display_name,
        group_id=group[0],
        group_name=group[1],
        held=former.held or former.phase is Phase.HELD,
        cause=Cause(event.event_type, event.published, event.actor),
        newest=_newest(former.newest, event),
        instance=instance,
        event_uuid=event.uuid,
        published=max(event.published, former.published),
        phase=Phase.CLAIMED,
        claims=(*former.claims, Claimed(instance, predecessor)),
        pending=tuple(dict.fromkeys((*former.pending, *passed_over, flow))),
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


def _newest(known: NewestEvent | None, event: LogEvent) -> NewestEvent | None:
    if event.event_type == HANDED_OVER:
        return known
    if known is not None and known.published > event.published:
        return known
    return NewestEvent(event.published, event.event_type, event.group_id)


def _noting_group(member: Member, event: LogEvent, flow: Flow, due_at: datetime | None) -> Member:
    group_id = event.group_id
    if group_id is None:
        return member
    if flow is Flow.ACTIVATION:
        joined = {each.group_id: each for each in member.joined}
        first = min(event.published, joined[group_id].published) if group_id in joined else event.published
        return replace(member, joined=tuple((joined | {group_id: JoinedGroup(group_id, first)}).values()))
    if due_at is None:
        return member
    left = LeftGroup(group_id, event.group_name or group_id, due_at, event.published)
    return replace(member, left_groups=with_left_group(member.left_groups, left))
