"""How a run becomes the owner of a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.accounts import FormerGroup, still_new
from lifecycle.events import Flow, LogEvent
from lifecycle.members import (
    HANDED_OVER,
    JoinedGroup,
    LeftGroup,
    Member,
    NewestEvent,
    decide_claim,
    due_date,
    reminder_at,
    still_left,
    with_left_group,
    with_removed,
)
from lifecycle.orders import Command, GivenCommand, Order, Outcome
from lifecycle.stages import Phase

AT = datetime(2026, 9, 14, 10, 38, 42, tzinfo=UTC)
LEAVE = LogEvent(
    uuid="d41c7e80",
    published=datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC),
    event_type="group.user_membership.remove",
    okta_user_id="00u7new3Zp5Rt6Vb15d7",
    login="maya.lin@contoso.com",
)
RETURN = replace(LEAVE, uuid="d41c7e99", published=LEAVE.published + timedelta(seconds=5))


def claimed(event: LogEvent, instance: str, known: Member | None = None, flow: Flow = Flow.DEACTIVATION) -> Member:
    member = decide_claim(known, event, flow, instance, AT).member
    assert member is not None
    return member


def test_first_event_claims_the_person_and_has_no_predecessor() -> None:
    decision = decide_claim(None, LEAVE, Flow.DEACTIVATION, "leave-1", AT)

    assert decision.claim.predecessor is None
    assert decision.member is not None
    assert (decision.member.instance, decision.member.phase) == ("leave-1", Phase.CLAIMED)


def test_leave_that_was_none_of_our_business_is_under_way_again_when_another_event_tells_more() -> None:
    known = replace(claimed(LEAVE, "leave-1"), pending=(), passed_over=True)

    assert claimed(RETURN, "return-1", known, Flow.ACTIVATION).pending == (Flow.DEACTIVATION, Flow.ACTIVATION)


def test_newer_event_takes_over_and_learns_whom_it_succeeds() -> None:
    decision = decide_claim(claimed(LEAVE, "leave-1"), RETURN, Flow.DEACTIVATION, "return-1", AT)

    assert decision.claim.predecessor == "leave-1"


def test_older_event_that_comes_late_takes_over_too_since_okta_says_what_is_true() -> None:
    decision = decide_claim(claimed(RETURN, "return-1"), LEAVE, Flow.DEACTIVATION, "leave-1", AT)

    assert decision.claim.predecessor == "return-1"
    assert decision.member is not None
    assert (decision.member.instance, decision.member.published) == ("leave-1", RETURN.published)


def test_repeated_claim_answers_what_it_answered_first() -> None:
    owned = claimed(RETURN, "return-1", known=claimed(LEAVE, "leave-1"))

    decision = decide_claim(owned, RETURN, Flow.DEACTIVATION, "return-1", AT)

    assert (decision.claim.predecessor, decision.member) == ("leave-1", None)


def test_claim_repeated_after_a_newer_one_still_names_its_predecessor_so_that_it_waits_for_it() -> None:
    first = claimed(LEAVE, "leave-1")
    second = claimed(RETURN, "return-1", known=first)
    third = claimed(replace(RETURN, uuid="e", published=RETURN.published + timedelta(1)), "leave-2", known=second)

    decision = decide_claim(third, RETURN, Flow.DEACTIVATION, "return-1", AT)

    assert (decision.claim.predecessor, decision.member) == ("leave-1", None)


GIVEN = GivenCommand("leave-1", "command-1", Order(Command.KEEP), AT)
NOT_CARRIED_OUT = replace(GIVEN, outcome=Outcome.NOT_CARRIED_OUT)


def test_command_that_the_former_run_had_yet_to_take_is_not_carried_out() -> None:
    held = replace(claimed(LEAVE, "leave-1"), awaiting_command="command-1", command=GIVEN)

    decision = decide_claim(held, RETURN, Flow.ACTIVATION, "return-1", AT)

    assert decision.not_carried_out == NOT_CARRIED_OUT
    assert decision.member is not None
    assert (decision.member.command, decision.member.awaiting_command) == (NOT_CARRIED_OUT, None)


def test_claim_that_is_repeated_says_again_which_command_was_not_carried_out() -> None:
    held = claimed(RETURN, "return-1", known=replace(claimed(LEAVE, "leave-1"), command=GIVEN))

    assert decide_claim(held, RETURN, Flow.ACTIVATION, "return-1", AT).not_carried_out == NOT_CARRIED_OUT


def test_command_is_lost_to_the_run_that_displaced_its_own_and_to_no_later_one() -> None:
    second = claimed(RETURN, "return-1", known=replace(claimed(LEAVE, "leave-1"), command=GIVEN))
    later = replace(LEAVE, uuid="e")

    assert decide_claim(second, later, Flow.DEACTIVATION, "leave-2", AT).not_carried_out is None
    third = claimed(later, "leave-2", known=second)
    assert decide_claim(third, later, Flow.DEACTIVATION, "leave-2", AT).not_carried_out is None


def test_command_that_the_former_run_has_taken_is_none_of_the_next_ones_business() -> None:
    taken = replace(GIVEN, outcome=Outcome.CARRIED_OUT)
    held = replace(claimed(LEAVE, "leave-1"), command=taken)

    decision = decide_claim(held, RETURN, Flow.ACTIVATION, "return-1", AT)

    assert decision.not_carried_out is None
    assert decision.member is not None
    assert decision.member.command == taken


def test_account_outlives_a_take_over() -> None:
    found = replace(claimed(LEAVE, "leave-1"), entra_user_id="e1", user_principal_name="maya.lin@contoso.com")

    member = claimed(RETURN, "return-1", known=found)

    assert (member.entra_user_id, member.user_principal_name) == ("e1", "maya.lin@contoso.com")


def test_no_count_of_newer_claims_makes_a_claim_forgotten() -> None:
    member = claimed(LEAVE, "run-0")
    for number in range(1, 200):
        member = claimed(RETURN, f"run-{number}", known=member)

    again = decide_claim(member, RETURN, Flow.DEACTIVATION, "run-1", AT)

    assert (again.claim.predecessor, again.member) == ("run-0", None)


def test_newest_event_is_kept_whichever_run_brought_it() -> None:
    newest = NewestEvent(RETURN.published, RETURN.event_type, None)

    assert claimed(RETURN, "return-1", known=claimed(LEAVE, "leave-1")).newest == newest
    assert claimed(LEAVE, "leave-1", known=claimed(RETURN, "return-1")).newest == newest


def test_activation_that_is_handed_over_is_never_the_newest_event() -> None:
    handed_over = replace(RETURN, uuid="e", event_type=HANDED_OVER, published=RETURN.published + timedelta(days=1))

    assert claimed(handed_over, "activation-1").newest is None
    known = claimed(LEAVE, "leave-1")
    assert claimed(handed_over, "activation-1", known=known).newest == known.newest


def test_whoever_takes_a_person_over_learns_what_is_under_way() -> None:
    held = claimed(LEAVE, "leave-1", flow=Flow.DEACTIVATION)

    decision = decide_claim(held, RETURN, Flow.ACTIVATION, "return-1", AT)

    assert decision.claim.pending == (Flow.DEACTIVATION, Flow.ACTIVATION)


def test_what_was_brought_to_its_end_is_under_way_no_more() -> None:
    held = replace(claimed(LEAVE, "leave-1", flow=Flow.DEACTIVATION), pending=())

    assert decide_claim(held, RETURN, Flow.ACTIVATION, "return-1", AT).claim.pending == (Flow.ACTIVATION,)


LEFT_SALES = replace(LEAVE, uuid="d41c7eaa", group_id="00gSales", group_name="Sales")
JOINED_SALES = replace(LEFT_SALES, uuid="d41c7ebb", event_type="group.user_membership.add")
DUE = AT + timedelta(days=30)
A_MINUTE = timedelta(minutes=1)


def after(*events: LogEvent, known: Member | None = None) -> Member:
    """The row when each of these events has been claimed, and nobody came to act on any."""
    member = known
    for number, event in enumerate(events):
        flow = Flow.ACTIVATION if event.event_type.endswith("add") else Flow.DEACTIVATION
        member = decide_claim(member, event, flow, f"{flow}-{number}-{event.uuid}", AT, DUE).member
    assert member is not None
    return member


def test_group_that_was_left_is_kept_in_the_row_even_if_another_event_displaces_the_run_at_once() -> None:
    other = replace(JOINED_SALES, uuid="e", group_id="00gLegal", group_name="Legal")

    member = after(LEFT_SALES, other)

    assert member.left_groups == (LeftGroup("00gSales", "Sales", DUE, left_at=LEFT_SALES.published),)
    assert member.joined == (JoinedGroup("00gLegal", other.published),)


def test_groups_that_were_joined_one_after_the_other_are_all_owed() -> None:
    other = replace(JOINED_SALES, uuid="e", group_id="00gLegal", group_name="Legal")

    joined = after(JOINED_SALES, other, replace(JOINED_SALES, uuid="f")).joined
    assert [each.group_id for each in joined] == ["00gSales", "00gLegal"]


def test_group_that_was_joined_again_counts_from_when_it_was_joined_first() -> None:
    again = replace(JOINED_SALES, uuid="f", published=JOINED_SALES.published + timedelta(hours=1))

    assert after(JOINED_SALES, LEFT_SALES, again).joined == (JoinedGroup("00gSales", JOINED_SALES.published),)


def test_activation_that_takes_a_leave_over_keeps_the_group_by_which_the_leave_is_judged() -> None:
    reactivated = replace(LEAVE, uuid="e", event_type="user.lifecycle.reactivate")
    left = after(LEFT_SALES)

    carried_on = decide_claim(left, reactivated, Flow.ACTIVATION, "activation-2", AT).member
    anew = decide_claim(replace(left, pending=()), reactivated, Flow.ACTIVATION, "activation-2", AT).member

    assert carried_on is not None
    assert anew is not None
    assert (carried_on.group_id, carried_on.group_name) == ("00gSales", "Sales")
    assert anew.group_id is None


def test_person_who_is_held_stays_held_whichever_event_comes_next() -> None:
    held = replace(after(LEFT_SALES), phase=Phase.HELD)

    assert after(LEAVE, JOINED_SALES, known=held).held
    assert not after(LEAVE, known=replace(held, phase=Phase.GRACE_PERIOD)).held


SALES = LeftGroup("00gSales", "Sales", DUE, AT)
LEGAL = LeftGroup("00gLegal", "Legal", DUE - timedelta(days=1), AT)


@pytest.mark.parametrize(
    ("left", "group", "expected"),
    [
        ((), SALES, (SALES,)),
        ((SALES,), LEGAL, (LEGAL, SALES)),
        ((SALES,), replace(SALES, due_at=DUE + timedelta(days=5), left_at=AT + A_MINUTE), (SALES,)),
        ((SALES,), replace(SALES, left_at=AT - A_MINUTE), (replace(SALES, left_at=AT - A_MINUTE),)),
    ],
    ids=["first", "earliest due first", "left again", "the first leave told last"],
)
def test_group_that_was_left_is_added_once(
    left: tuple[LeftGroup, ...], group: LeftGroup, expected: tuple[LeftGroup, ...]
) -> None:
    assert with_left_group(left, group) == expected


@pytest.mark.parametrize(
    ("group_id", "seconds", "is_new"),
    [("00gSales", -1, False), ("00gSales", 0, True), ("00gSales", 1, True), ("00gLegal", -1, True)],
    ids=["left before", "at once", "left after", "another one"],
)
def test_group_is_new_to_whoever_had_not_left_it_before_joining_it(group_id: str, seconds: int, is_new: bool) -> None:
    """Whichever of the two the log told of first."""
    joined = JoinedGroup("00gSales", AT)
    former = FormerGroup(group_id, AT + timedelta(seconds=seconds))

    assert still_new([joined], [former]) == ((joined,) if is_new else ())


def test_what_goes_with_a_left_group_is_noted_of_that_group_alone() -> None:
    assert with_removed((LEGAL, SALES), "00gSales", ("sku-1",)) == (LEGAL, replace(SALES, removed=("sku-1",)))


@pytest.mark.parametrize(("present", "expected"), [([], (LEGAL, SALES)), (["00gSales", "00gOther"], (LEGAL,))])
def test_group_that_the_person_is_in_again_is_left_no_more(present: list[str], expected: tuple[LeftGroup, ...]) -> None:
    assert still_left((LEGAL, SALES), present) == expected


PRETENDED = Member(
    "00u7new3Zp5Rt6Vb15d7",
    "maya.lin@contoso.com",
    "leave-1",
    "d41c7e80",
    LEAVE.published,
    phase=Phase.GRACE_PERIOD,
    held=True,
    left_groups=(SALES,),
    pending=(Flow.DEACTIVATION,),
    dry_run=True,
)


def test_what_a_dry_run_pretended_is_forgotten_by_a_real_one() -> None:
    member = decide_claim(PRETENDED, RETURN, Flow.ACTIVATION, "return-1", AT, dry_run=False).member

    assert member is not None
    assert (member.phase, member.held, member.left_groups) == (Phase.CLAIMED, False, ())
    assert not member.dry_run


@pytest.mark.parametrize(
    ("known", "is_dry"),
    [
        (None, True),
        (PRETENDED, True),
        (replace(PRETENDED, dry_run=False), False),
        (replace(PRETENDED, dry_run=False, pending=()), True),
    ],
    ids=["nobody yet", "pretended", "really begun", "really ended"],
)
def test_what_has_really_begun_is_really_brought_to_its_end(known: Member | None, is_dry: bool) -> None:
    member = decide_claim(known, RETURN, Flow.ACTIVATION, "return-1", AT, dry_run=True).member

    assert member is not None
    assert member.dry_run is is_dry


def test_event_that_names_no_user_claims_nobody() -> None:
    with pytest.raises(ValueError, match="names no user"):
        decide_claim(None, replace(LEAVE, okta_user_id=None), Flow.DEACTIVATION, "leave-1", AT)


LATER = LeftGroup("00gLater", "Later", DUE + timedelta(days=23), AT)


@pytest.mark.parametrize(
    ("known", "left", "expected"),
    [
        (None, (), DUE),
        (DUE - timedelta(days=9), (), DUE - timedelta(days=9)),
        (None, (LEGAL, LATER), LATER.due_at),
        (None, (LEGAL,), DUE),
        (LEGAL.due_at, (LEGAL, LATER), LATER.due_at),
        (LATER.due_at, (LEGAL, LATER), LATER.due_at),
    ],
    ids=["first leave", "a second leave", "of two groups", "of a shorter one", "shorter fixed first", "longer first"],
)
def test_licenses_go_when_the_last_of_the_delays_is_over_whatever_the_order(
    known: datetime | None, left: tuple[LeftGroup, ...], expected: datetime
) -> None:
    assert due_date(known, left, DUE) == expected


def test_date_that_is_later_by_seconds_is_the_date_that_was_fixed() -> None:
    """Two groups of one delay, left one after the other."""
    seconds_later = LeftGroup("00g2", "Sales", DUE + timedelta(seconds=20), AT)

    assert due_date(DUE, (seconds_later,), DUE + timedelta(days=1)) == DUE
    assert due_date(DUE, (replace(seconds_later, due_at=DUE + timedelta(minutes=1)),), DUE) == DUE + timedelta(
        minutes=1
    )


LEFT_AT = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due_in", "delay", "days", "reminded_in"),
    [
        (30, 30, 3, 27),
        (30, 30, 0, None),  # switched off
        (7, 7, 3, 4),
        (6, 6, 3, None),  # no longer than twice that
        (5, 30, 3, 2),  # a run that takes over in the middle of a long delay
        (2, 30, 3, None),  # what is past is not made up for
        (3, 30, 3, None),
        (60, 1, 3, 57),  # a date that an operator has moved far away
        (4, 1, 3, None),
    ],
)
def test_manager_is_reminded_before_the_end_of_a_long_delay(
    due_in: int, delay: int, days: int, reminded_in: int | None
) -> None:
    ends, due = LEFT_AT + timedelta(days=delay), LEFT_AT + timedelta(days=due_in)

    expected = None if reminded_in is None else LEFT_AT + timedelta(days=reminded_in)
    assert reminder_at(due, ends, days, LEFT_AT) == expected
