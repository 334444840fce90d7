"""The order of the steps of an activation, and every way in which it can go differently."""

from collections.abc import Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest

from activities.accounts import claim_account, find_account, note_account
from activities.activity import Activity
from activities.giving_back import (
    assign_licenses,
    assign_refused_licenses,
    note_newcomer,
    prepare_assignment,
    settle_snapshot,
)
from activities.left_groups import next_left_group
from activities.mail import mail_account_enabled
from activities.managers import find_manager
from activities.members import claim_member, end_grace_period, finish_member, mark_needs_attention
from activities.microsoft365 import enable_account, ensure_usage_location
from activities.okta import is_managed, read_entitlement
from activities.operator_mail import mail_operators, mail_operators_about_seats
from lifecycle.effects import Effect
from lifecycle.licenses import Assignment
from lifecycle.retries import SEAT_ATTEMPTS, Failure
from orchestrators.activation import activation
from tests.orchestrators.driver import NOW, Answers, Raised, World, answer, drive, names, sent
from tests.orchestrators.happy import E3, ENTITLED, FOUND, JOINED, NOT_ENTITLED, OFFICE, RETURNING, VISIO, okta_says

NOTHING_WANTED = answer(prepare_assignment, ()), answer(assign_licenses, Assignment((), (), {}))
ALL_GIVEN = Assignment(("e3", "visio"), (), {})
NO_VISIO = Assignment(("e3",), ("visio",), {})
STILL_NO_VISIO = Assignment((), ("visio",), {})
NEITHER = Assignment((), ("e3", "visio"), {})
VISIO_REFUSED = Assignment(("e3",), (), {"visio": "mutually exclusive"})
REFUSED = Failure("the tenant refuses: privileged role", permanent=True)
STAYS_REFUSED = Failure("visio: mutually exclusive", permanent=True)
TWO_WEEKS = timedelta(hours=SEAT_ATTEMPTS)


def activate(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(activation, *RETURNING, *answers, events=events, given=JOINED)


def test_account_is_enabled_before_the_licenses_are_given_and_the_manager_told() -> None:
    world = activate()

    assert world.names() == names(
        claim_member,
        read_entitlement,
        find_account,
        claim_account,
        note_account,
        note_newcomer,
        end_grace_period,
        enable_account,
        prepare_assignment,
        ensure_usage_location,
        assign_licenses,
        find_manager,
        mail_account_enabled,
        settle_snapshot,
        next_left_group,
        finish_member,
    )
    assert {step.at for step in world.steps} == {NOW}
    assert world.output == {"phase": "active", "reason": None}


def test_every_step_knows_the_groups_the_person_is_in() -> None:
    world = activate()

    assert world.details(note_newcomer) == sent(note_newcomer, entitlement=ENTITLED)
    assert world.details(end_grace_period) == sent(end_grace_period, group_ids=(OFFICE.id,))
    assert world.details(prepare_assignment) == sent(prepare_assignment, groups=(OFFICE,))
    assert world.details(next_left_group) == sent(next_left_group, group_ids=(OFFICE.id,))


def test_manager_is_told_whether_the_account_was_disabled_and_what_was_given() -> None:
    world = activate()

    assert world.details(mail_account_enabled) == sent(mail_account_enabled, was_disabled=True, assignment=ALL_GIVEN)


def test_who_is_not_entitled_after_all_is_not_enabled() -> None:
    world = activate(okta_says(NOT_ENTITLED))

    assert world.names() == names(claim_member, read_entitlement, is_managed, finish_member)
    assert world.output == {"phase": "not_current", "reason": NOT_ENTITLED.reason}


def test_nothing_to_give_needs_no_usage_location() -> None:
    world = activate(*NOTHING_WANTED)

    assert not world.times(ensure_usage_location)
    assert world.times(mail_account_enabled) == 1


def test_nobody_is_mailed_when_nothing_changed() -> None:
    world = activate(answer(enable_account, Effect.ALREADY), *NOTHING_WANTED)

    assert not world.times(mail_account_enabled)
    assert not world.times(find_manager)


def test_newcomer_whose_account_was_enabled_is_mailed_about_the_licenses() -> None:
    world = activate(answer(enable_account, Effect.ALREADY))

    assert world.details(mail_account_enabled) == sent(mail_account_enabled, was_disabled=False, assignment=ALL_GIVEN)


def test_account_that_is_being_provisioned_is_waited_for() -> None:
    world = activate(answer(find_account, None, None, FOUND))

    assert world.seconds(find_account) == [0, 2, 7]
    assert world.instants(enable_account) == [timedelta(seconds=7)]
    assert world.output["phase"] == "active"


def test_license_without_a_seat_is_tried_for_every_hour_and_told_of_when_it_comes() -> None:
    visio_given = Assignment(("visio",), (), {})
    world = activate(answer(assign_licenses, NO_VISIO, STILL_NO_VISIO, STILL_NO_VISIO, visio_given))

    assert world.now == NOW + timedelta(hours=3)
    assert world.times(mail_operators_about_seats) == 1
    assert world.details(mail_operators_about_seats) == sent(mail_operators_about_seats, no_seat=("visio",))
    assert world.times(mail_account_enabled) == 2
    assert world.details(mail_account_enabled) == sent(mail_account_enabled, was_disabled=False, assignment=visio_given)
    assert world.details(assign_licenses) == sent(assign_licenses, wanted=(VISIO,))
    assert world.output["phase"] == "active"


def test_status_says_which_license_has_no_seat_and_when_it_is_tried_again() -> None:
    world = activate(answer(assign_licenses, NO_VISIO, ALL_GIVEN))

    waiting = next(status for status in world.statuses if status["stage"] == "needs_attention")
    assert waiting["reason"] == "no free seat of visio; next attempt at 11:38 UTC"


def test_seats_that_come_one_after_the_other_are_taken_as_they_come() -> None:
    world = activate(answer(assign_licenses, NEITHER, NO_VISIO, Assignment(("visio",), (), {})))

    wanted = [step.details for step in world.calls(assign_licenses)]
    assert wanted == [sent(assign_licenses, wanted=each) for each in ((E3, VISIO), (E3, VISIO), (VISIO,))]
    assert world.times(mail_account_enabled) == 3


def test_after_two_weeks_without_a_seat_a_person_is_asked_who_may_give_it_up() -> None:
    told_at = NOW + TWO_WEEKS + timedelta(days=1)
    told = [Raised(told_at, "command-2", "retry"), Raised(told_at, "command-3", "skip")]

    world = activate(answer(assign_licenses, NO_VISIO, STILL_NO_VISIO), events=told)

    assert world.times(mail_operators_about_seats) == 1
    assert world.instants(mail_operators) == [TWO_WEEKS, TWO_WEEKS + timedelta(days=1)]
    assert world.details(mail_operators)["reason"] == "no free seat of visio"
    assert world.times(assign_licenses) == 1 + SEAT_ATTEMPTS + 1
    assert world.times(settle_snapshot) == 1
    assert world.output["phase"] == "active"


def test_license_the_tenant_refuses_parks_after_everything_else_is_done() -> None:
    world = activate(answer(assign_licenses, VISIO_REFUSED), answer(assign_refused_licenses, STAYS_REFUSED))

    assert world.waits_for_ever
    assert world.details(assign_refused_licenses) == sent(assign_refused_licenses, wanted=(VISIO,))
    order = world.names()
    assert order.index(mail_account_enabled.name) < order.index(assign_refused_licenses.name)


def test_license_the_tenant_refuses_is_skipped_and_the_flow_comes_to_its_end() -> None:
    world = activate(
        answer(assign_licenses, VISIO_REFUSED),
        answer(assign_refused_licenses, STAYS_REFUSED),
        events=[Raised(NOW + timedelta(days=1), "command-1", "skip")],
    )

    assert world.names()[-3:] == names(settle_snapshot, next_left_group, finish_member)
    assert world.output["phase"] == "active"


def test_license_refused_only_when_its_seat_came_is_not_forgotten() -> None:
    refused_later = Assignment((), (), {"visio": "mutually exclusive"})

    world = activate(answer(assign_licenses, NO_VISIO, refused_later))

    assert world.details(assign_refused_licenses) == sent(assign_refused_licenses, wanted=(VISIO,))


def test_leaving_again_ends_the_wait_for_a_seat() -> None:
    world = activate(
        answer(assign_licenses, NO_VISIO, STILL_NO_VISIO), events=[Raised(NOW + timedelta(minutes=30), "superseded")]
    )

    assert world.output["phase"] == "superseded"
    assert world.timers[-1].is_cancelled
    assert world.times(assign_licenses) == 1


def test_wait_for_a_seat_goes_on_although_nobody_could_be_told() -> None:
    down = Failure("Table Storage gave no answer", permanent=False)
    world = activate(
        answer(assign_licenses, NO_VISIO, ALL_GIVEN),
        answer(mark_needs_attention, down),
        answer(mail_operators_about_seats, down),
    )

    assert world.times(mark_needs_attention) == world.times(mail_operators_about_seats) == 1
    assert world.output["phase"] == "active"


CAN_BE_SKIPPED = [enable_account, ensure_usage_location, settle_snapshot, finish_member]
NEEDED_LATER = [
    read_entitlement,
    find_account,
    note_account,
    note_newcomer,
    end_grace_period,
    prepare_assignment,
    assign_licenses,
    next_left_group,
]


@pytest.mark.parametrize("step", CAN_BE_SKIPPED, ids=attrgetter("name"))
def test_step_that_nothing_depends_on_is_skipped(step: Activity[..., Any]) -> None:
    world = activate(answer(step, REFUSED), events=[Raised(NOW + timedelta(days=1), "command-1", "skip")])

    assert world.times(step) == 1
    assert world.output["phase"] == "active"


@pytest.mark.parametrize("step", NEEDED_LATER, ids=attrgetter("name"))
def test_step_whose_result_is_needed_cannot_be_skipped(step: Activity[..., Any]) -> None:
    world = activate(answer(step, REFUSED), events=[Raised(NOW + timedelta(days=1), "command-1", "skip")])

    assert world.waits_for_ever
    assert world.details(mark_needs_attention)["awaiting_command"] == "command-2"


def test_license_refused_at_first_is_not_forgotten_while_another_waits_for_a_seat() -> None:
    both = Assignment((), ("visio",), {"e3": "mutually exclusive"})
    world = activate(answer(assign_licenses, both, Assignment(("visio",), (), {})))

    assert world.details(assign_refused_licenses) == sent(assign_refused_licenses, wanted=(E3,))
