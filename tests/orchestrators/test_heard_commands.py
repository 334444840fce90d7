"""A command that stands in the row is heard, whatever became of its event; and by the wait it was given for alone."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from pydantic import JsonValue

from activities.accounts import find_account
from activities.brake import pass_brake
from activities.commands import take_order
from activities.giving_back import assign_licenses, settle_snapshot
from activities.members import change_due_at, finish_member, mark_needs_attention
from activities.microsoft365 import disable_account
from activities.okta import read_entitlement
from activities.operator_mail import mail_operators
from activities.removal import prepare_removal, remove_licenses
from lifecycle.licenses import Assignment
from lifecycle.members import GracePeriod
from lifecycle.orders import Command, Order
from lifecycle.retries import Failure
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive, sent
from tests.orchestrators.happy import DUE, JOINED, LEAVING, RETURNING

DOWN = Failure("Table Storage gave no answer", permanent=False)
SUPERSEDED = Failure("activation-1 has taken the person over", permanent=True, superseded=True)
NO_ACCOUNT = answer(find_account, Failure("no Microsoft 365 account found", permanent=True))
NO_VISIO = Assignment(("e3",), ("visio",), {})
STILL_NO_VISIO = Assignment((), ("visio",), {})
VISIO_GIVEN = Assignment(("visio",), (), {})
IN_20_MINUTES = NOW + timedelta(minutes=20)
IN_2_DAYS = NOW + timedelta(days=2)
LATER = DUE + timedelta(days=30)


def deactivation(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def short_of_a_seat(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    seats = answer(assign_licenses, NO_VISIO, STILL_NO_VISIO)
    return drive(activation, *RETURNING, seats, *answers, events=events, given=JOINED)


def test_wait_is_ended_in_the_row_before_anything_is_removed() -> None:
    world = deactivation()

    assert world.details(take_order) == sent(take_order, event="command-1", raised=None)
    names = world.names()
    assert names[names.index(take_order.name) + 1] == read_entitlement.name


def test_command_whose_event_got_lost_is_found_when_the_delay_is_over() -> None:
    world = deactivation(answer(take_order, Order(Command.KEEP)))

    assert world.now == DUE
    assert not world.times(prepare_removal)
    assert world.output["phase"] == "not_current"


def test_more_time_that_was_asked_for_in_the_last_moment_is_given() -> None:
    world = deactivation(
        answer(take_order, Order(Command.EXTEND, LATER), None), answer(change_due_at, GracePeriod(LATER))
    )

    assert world.details(change_due_at) == sent(change_due_at, due_at=LATER, awaiting_command="command-2")
    assert world.instants(remove_licenses) == [LATER - NOW]


def test_order_in_the_row_counts_and_not_what_was_raised() -> None:
    world = deactivation(answer(take_order, Order(Command.KEEP)), events=commanded("remove-now", at=IN_2_DAYS))

    assert world.details(take_order) == sent(take_order, event="command-1", raised=Order(Command.REMOVE_NOW))
    assert world.output["phase"] == "not_current"


def test_event_without_a_word_brings_the_order_that_stands_in_the_row() -> None:
    world = deactivation(answer(take_order, Order(Command.REMOVE_NOW)), events=[Raised(IN_2_DAYS, "command-1")])

    assert world.instants(remove_licenses) == [IN_2_DAYS - NOW]


def test_order_that_cannot_be_read_just_now_is_read_as_soon_as_it_can_be() -> None:
    world = deactivation(answer(take_order, DOWN, DOWN, Order(Command.KEEP)), events=commanded("keep", at=IN_2_DAYS))

    assert world.waits(take_order) == [2, 5]
    assert "taking_order" in {status["stage"] for status in world.statuses}
    assert world.output["phase"] == "not_current"


def test_order_is_asked_for_every_hour_however_long_the_tables_are_out_of_reach() -> None:
    world = deactivation(
        NO_ACCOUNT, answer(take_order, *[DOWN] * 40, Order(Command.DISCARD)), events=commanded("discard", at=IN_2_DAYS)
    )

    assert set(world.waits(take_order)[-10:]) == {3600}
    assert world.output["phase"] == "not_current"


def test_run_that_was_displaced_while_a_command_was_outstanding_takes_it_no_more() -> None:
    world = deactivation(answer(take_order, SUPERSEDED), events=commanded("remove-now", at=IN_2_DAYS))

    assert world.output["phase"] == "superseded"
    assert not world.times(remove_licenses)
    assert not world.times(finish_member)


def test_newer_event_ends_the_waiting_for_an_order_that_cannot_be_read() -> None:
    world = deactivation(answer(take_order, DOWN), events=[Raised(DUE + timedelta(minutes=30), "superseded")])

    assert world.output["phase"] == "superseded"


def test_event_that_is_delivered_twice_answers_one_wait() -> None:
    world = deactivation(NO_ACCOUNT, events=[Raised(IN_2_DAYS, "command-1", "retry")] * 2)

    assert world.waits_for_ever
    assert world.times(find_account) == 2
    assert world.details(mail_operators)["awaiting_command"] == "command-2"


def test_released_run_takes_the_order_before_it_goes_on() -> None:
    world = deactivation(
        answer(pass_brake, False),
        answer(take_order, Order(Command.RELEASE), None),
        events=[Raised(IN_2_DAYS, "command-1")],
    )

    assert world.instants(disable_account) == [timedelta(days=2)]


def test_retry_tries_for_a_seat_at_once() -> None:
    world = short_of_a_seat(answer(assign_licenses, NO_VISIO, VISIO_GIVEN), events=commanded("retry", at=IN_20_MINUTES))

    assert world.instants(assign_licenses) == [timedelta(), timedelta(minutes=20)]
    assert world.timers[-1].is_cancelled
    assert world.output["phase"] == "active"


def test_wait_for_a_seat_says_by_which_event_it_is_answered_which_is_the_same_until_somebody_answers() -> None:
    world = short_of_a_seat(
        answer(assign_licenses, NO_VISIO, STILL_NO_VISIO, STILL_NO_VISIO, STILL_NO_VISIO, VISIO_GIVEN),
        events=commanded("retry", at=NOW + timedelta(minutes=90)),
    )

    told = [
        (step.details["awaiting_command"], step.details["tries_again"]) for step in world.calls(mark_needs_attention)
    ]
    assert told == [("command-1", True), ("command-1", True), ("command-2", True), ("command-2", True)]
    assert [step.details["event"] for step in world.calls(take_order)] == [event for event, _ in told]


def test_command_raised_while_the_run_tries_for_a_seat_is_heard_afterwards() -> None:
    busy = Failure("Microsoft Graph is busy", permanent=False)
    world = short_of_a_seat(
        answer(assign_licenses, NO_VISIO, busy, STILL_NO_VISIO),
        events=[Raised(NOW + timedelta(hours=1, seconds=1), "command-1", "skip")],
    )

    assert world.now == NOW + timedelta(hours=1, seconds=2)
    assert world.output["phase"] == "active"


def test_skip_ends_the_wait_for_a_seat() -> None:
    world = short_of_a_seat(events=commanded("skip", at=IN_20_MINUTES))

    assert world.times(assign_licenses) == 1
    assert world.times(settle_snapshot) == 1
    assert world.output["phase"] == "active"


def test_discard_ends_the_run_that_waits_for_a_seat() -> None:
    world = short_of_a_seat(events=commanded("discard", at=IN_20_MINUTES))

    assert not world.times(settle_snapshot)
    assert world.output == {
        "phase": "not_current",
        "reason": "discarded by an operator (system key) while no free seat of visio",
    }


@pytest.mark.parametrize("nonsense", ["hurry up", "release", None])
def test_wait_for_a_seat_that_is_answered_with_nonsense_goes_on_under_the_next_name(nonsense: JsonValue) -> None:
    world = short_of_a_seat(
        answer(assign_licenses, NO_VISIO, VISIO_GIVEN), events=[Raised(IN_20_MINUTES, "command-1", nonsense)]
    )

    assert [step.details["event"] for step in world.calls(take_order)] == ["command-1", "command-2"]
    assert world.instants(assign_licenses) == [timedelta(), timedelta(hours=1)]


def test_command_for_a_seat_that_came_just_when_the_hour_was_over_is_taken() -> None:
    world = short_of_a_seat(answer(take_order, Order(Command.SKIP)))

    assert world.now == NOW + timedelta(hours=1)
    assert world.times(assign_licenses) == 1
    assert world.output["phase"] == "active"
