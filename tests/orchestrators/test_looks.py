"""Okta is read again where one reading contradicts its log, and for as long as it is changing the user."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from activities.accounts import find_account
from activities.members import claim_member
from activities.microsoft365 import disable_account, enable_account
from activities.okta import read_entitlement
from activities.operator_mail import mail_operators
from activities.removal import prepare_removal
from lifecycle.entitlement import Entitlement
from lifecycle.events import Flow
from lifecycle.members import Claim
from lifecycle.readings import Reading
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive
from tests.orchestrators.happy import DUE, ENTITLED, JOINED, LEAVING, NOT_ENTITLED, RETURNING, okta_says

BOTH = answer(claim_member, Claim(pending=(Flow.DEACTIVATION, Flow.ACTIVATION)))
LEAVES_SOON = replace(ENTITLED, is_changing=True)
RETURNS_SOON = replace(NOT_ENTITLED, status="STAGED", is_changing=True)
SECOND_LOOK = timedelta(seconds=90)


def leave(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def rejoin(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(activation, *RETURNING, *answers, events=events, given=JOINED)


def first_in_doubt(doubtful: Entitlement, *others: Entitlement) -> Answers:
    return answer(
        read_entitlement, Reading(doubtful, is_doubtful=True), *(Reading(each, is_doubtful=False) for each in others)
    )


def test_leaver_who_still_reads_as_a_member_is_read_again_and_leaves() -> None:
    world = leave(first_in_doubt(ENTITLED, NOT_ENTITLED))

    assert world.instants(read_entitlement)[:2] == [timedelta(), SECOND_LOOK]
    assert world.instants(disable_account) == [SECOND_LOOK]
    assert world.output["phase"] == "unlicensed"


def test_leaver_who_reads_as_a_member_twice_is_one() -> None:
    world = leave(first_in_doubt(ENTITLED, ENTITLED))

    assert world.instants(read_entitlement) == [timedelta(), SECOND_LOOK]
    assert not world.times(disable_account)
    assert world.output == {"phase": "not_current", "reason": ENTITLED.reason}


def test_returner_who_does_not_read_as_a_member_yet_is_read_again_and_given_everything() -> None:
    world = rejoin(first_in_doubt(NOT_ENTITLED, ENTITLED))

    assert world.instants(enable_account) == [SECOND_LOOK]
    assert world.output["phase"] == "active"


def test_returner_who_twice_does_not_read_as_a_member_is_not_enabled() -> None:
    world = rejoin(first_in_doubt(NOT_ENTITLED, NOT_ENTITLED))

    assert world.instants(read_entitlement) == [timedelta(), SECOND_LOOK]
    assert not world.times(find_account)
    assert world.output == {"phase": "not_current", "reason": NOT_ENTITLED.reason}


def test_leave_under_way_is_not_carried_on_by_a_reading_that_is_late() -> None:
    world = rejoin(BOTH, first_in_doubt(NOT_ENTITLED, ENTITLED))

    assert not world.times(disable_account)
    assert world.instants(enable_account) == [SECOND_LOOK]


def test_return_under_way_is_not_carried_on_by_a_reading_that_is_late() -> None:
    world = leave(BOTH, first_in_doubt(ENTITLED, NOT_ENTITLED))

    assert not world.times(enable_account)
    assert world.instants(disable_account) == [SECOND_LOOK]


def test_second_look_is_believed_although_it_contradicts_the_log_too() -> None:
    world = leave(answer(read_entitlement, Reading(ENTITLED, is_doubtful=True)))

    assert world.instants(read_entitlement) == [timedelta(), SECOND_LOOK]
    assert world.output["phase"] == "not_current"


def test_one_late_reading_when_the_delay_is_over_does_not_turn_the_leave_round() -> None:
    late = Reading(ENTITLED, is_doubtful=True)
    usual = Reading(NOT_ENTITLED, is_doubtful=False)
    world = leave(answer(read_entitlement, usual, late, usual))

    assert not world.times(enable_account)
    assert world.instants(prepare_removal) == [DUE - NOW + SECOND_LOOK]
    assert world.output["phase"] == "unlicensed"


def test_status_says_why_okta_is_read_again() -> None:
    shown = [status.get("reason") for status in leave(first_in_doubt(ENTITLED, NOT_ENTITLED)).statuses]

    assert "Okta says otherwise than its log did a moment ago; it is asked once more" in shown


def test_newer_event_ends_the_wait_for_the_second_look() -> None:
    world = leave(first_in_doubt(ENTITLED), events=[Raised(NOW + timedelta(seconds=30), "superseded")])

    assert world.times(read_entitlement) == 1
    assert world.timers[-1].is_cancelled
    assert world.output["phase"] == "superseded"


def test_user_whom_okta_is_deactivating_is_read_until_that_is_over() -> None:
    world = leave(okta_says(LEAVES_SOON, LEAVES_SOON, LEAVES_SOON, NOT_ENTITLED))

    assert world.seconds(read_entitlement)[:4] == [0, 90, 180, 270]
    assert world.seconds(disable_account) == [270]


def test_user_whom_okta_is_activating_is_read_until_that_is_over() -> None:
    world = rejoin(okta_says(RETURNS_SOON, RETURNS_SOON, ENTITLED))

    assert world.seconds(read_entitlement) == [0, 90, 180]
    assert world.seconds(enable_account) == [180]


def test_change_that_okta_does_not_bring_to_its_end_within_an_hour_parks() -> None:
    world = leave(okta_says(LEAVES_SOON))

    assert world.waits_for_ever
    assert world.now == NOW + timedelta(hours=1)
    assert world.details(mail_operators)["reason"] == "Okta has been changing the user's status for an hour"
    assert not world.times(disable_account)


def test_change_that_parked_is_waited_for_another_hour_when_an_operator_says_retry() -> None:
    in_an_hour = [LEAVES_SOON] * 41
    world = leave(okta_says(*in_an_hour, LEAVES_SOON, NOT_ENTITLED), events=commanded("retry", at=DUE))

    assert world.times(mail_operators) == 1
    assert world.instants(disable_account) == [DUE - NOW + 2 * SECOND_LOOK]
