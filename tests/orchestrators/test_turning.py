"""Whatever changes on the way is looked at anew, and a run turns round as often as the truth does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest

from activities.accounts import claim_account, find_account, hand_to_owner
from activities.activity import Activity
from activities.brake import pass_brake
from activities.left_groups import next_left_group, read_standing
from activities.members import end_grace_period, mark_held, start_grace_period
from activities.microsoft365 import disable_account, enable_account, revoke_sign_in_sessions
from activities.okta import check_group_exists, is_managed, read_entitlement
from activities.removal import prepare_removal, remove_licenses, remove_refused_licenses
from lifecycle.found_account import HeldClaim, Look
from lifecycle.licenses import Removal
from lifecycle.members import LeftGroup, Standing
from lifecycle.ownership import MINE, Candidate, Verdict, Whose
from lifecycle.readings import SECOND_LOOK_AFTER
from lifecycle.retries import Failure
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive
from tests.orchestrators.happy import DUE, ENTITLED, FOUND, JOINED, LEAVING, NOT_ENTITLED, RETURNING, okta_says

CAME_BACK = Failure("the user is in Office 365 Assignments", permanent=True, look_again=True)
IS_THEIRS = Failure("the account belongs to maya.lin@contoso.com (00u9rehired)", permanent=True, look_again=True)
REHIRED = Candidate("00u9rehired", "maya.lin@contoso.com", is_living=True, is_entitled=True)
THEIRS = replace(FOUND, verdict=Verdict(Whose.THEIRS, (REHIRED,)), owner_in_row=EVENT.okta_user_id)
VISIO_LEFT = LeftGroup("00gVisio", "Visio Users", NOW + timedelta(days=7), NOW)
ONE_REFUSED = answer(remove_licenses, Removal(("sku-1",), {"sku-2": "depends on sku-1"}))
LAST_LOOKS = [revoke_sign_in_sessions, disable_account, remove_licenses, remove_refused_licenses]


def leave(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def came_back_at(step: Activity[..., Any]) -> Answers:
    """What Okta says when the person turns out to be back at this step."""
    looks = 1 if step in (revoke_sign_in_sessions, disable_account) else 2
    return okta_says(*[NOT_ENTITLED] * looks, ENTITLED)


@pytest.mark.parametrize("step", LAST_LOOKS, ids=attrgetter("name"))
def test_person_who_is_back_at_the_last_look_is_given_everything_back(step: Activity[..., Any]) -> None:
    world = leave(ONE_REFUSED, answer(step, CAME_BACK), came_back_at(step))

    assert world.times(step) == 1
    assert world.times(enable_account) == world.times(end_grace_period) == 1
    assert world.output == {"phase": "active", "reason": None}


@pytest.mark.parametrize("step", LAST_LOOKS, ids=attrgetter("name"))
def test_account_that_is_somebody_elses_at_the_last_look_is_handed_to_the_owner(step: Activity[..., Any]) -> None:
    world = leave(ONE_REFUSED, answer(step, IS_THEIRS), answer(find_account, FOUND, THEIRS))

    assert world.times(step) == world.times(hand_to_owner) == 1
    assert not world.times(enable_account)
    assert world.output == {
        "phase": "not_current",
        "reason": "the account maya.lin@contoso.com belongs to maya.lin@contoso.com (00u9rehired)",
    }


@pytest.mark.parametrize("step", LAST_LOOKS, ids=attrgetter("name"))
def test_last_look_that_nothing_confirms_takes_the_leave_to_its_end(step: Activity[..., Any]) -> None:
    well = next(each for each in (*LEAVING, ONE_REFUSED)[::-1] if each.activity == step.name)
    once = Answers(step.name, (*answer(step, CAME_BACK).replies, *well.replies))
    world = leave(ONE_REFUSED, once)

    assert world.times(step) > 1
    assert not world.times(enable_account)
    assert world.output["phase"] == "unlicensed"


def test_late_reading_at_the_last_look_does_not_turn_the_run_round() -> None:
    """The same replica answers twice within a second; it has caught up when it is asked once more."""
    world = leave(okta_says(NOT_ENTITLED, ENTITLED, ENTITLED, NOT_ENTITLED))

    assert not world.times(enable_account)
    assert world.instants(remove_licenses) == [DUE - NOW + SECOND_LOOK_AFTER]
    assert world.output["phase"] == "unlicensed"


def test_brake_is_passed_once_however_often_a_run_begins_anew() -> None:
    world = leave(answer(remove_licenses, CAME_BACK, Removal(("sku-1", "sku-2"), {})))

    assert world.times(claim_account) == world.times(check_group_exists) == 2
    assert world.times(pass_brake) == 1


def test_run_that_turns_round_to_take_away_passes_the_brake_too() -> None:
    """As everybody's does who was put into a managed group and out of it again in a wave."""
    world = drive(
        activation,
        *RETURNING,
        claimed_by_look(is_entitled=False),
        okta_says(ENTITLED, NOT_ENTITLED),
        answer(pass_brake, False),
        given=JOINED,
    )

    assert world.waits_for_ever
    assert world.times(mark_held) == 1
    assert not world.times(disable_account)


def test_person_who_was_released_is_not_held_again_when_the_run_begins_anew() -> None:
    world = leave(
        answer(pass_brake, False),
        answer(claim_account, HeldClaim(THEIRS.verdict, None), HeldClaim(MINE, None)),
        events=commanded("release", at=NOW + timedelta(hours=1)),
    )

    assert world.times(mark_held) == world.times(disable_account) == 1
    assert world.output["phase"] == "unlicensed"


def test_person_who_leaves_again_while_a_left_group_is_waited_for_leaves_and_comes_back() -> None:
    world = drive(
        activation,
        *RETURNING,
        okta_says(ENTITLED, *[NOT_ENTITLED] * 3, ENTITLED),
        answer(next_left_group, VISIO_LEFT, None),
        given=JOINED,
    )

    assert world.instants(disable_account) == [timedelta(days=7) + SECOND_LOOK_AFTER]
    assert world.instants(enable_account) == [timedelta(), DUE - NOW + SECOND_LOOK_AFTER]
    assert not world.times(prepare_removal)
    assert world.output == {"phase": "active", "reason": None}


def test_leaver_who_came_back_and_leaves_once_more_loses_the_licenses_after_all() -> None:
    world = leave(
        okta_says(NOT_ENTITLED, *[ENTITLED] * 3, NOT_ENTITLED),
        answer(next_left_group, VISIO_LEFT, None),
    )

    assert world.instants(enable_account) == [DUE - NOW + SECOND_LOOK_AFTER]
    assert world.times(disable_account) == world.times(start_grace_period) == 2
    assert world.output["phase"] == "unlicensed"


def test_who_is_entitled_and_owed_something_is_given_it_by_a_leave_too() -> None:
    world = leave(okta_says(ENTITLED), answer(read_standing, Standing(is_left=True, is_owed=True)))

    assert world.times(enable_account) == 1
    assert not world.times(disable_account)
    assert world.output == {"phase": "active", "reason": None}


def test_user_who_is_deactivated_in_okta_leaves_whatever_became_of_the_group() -> None:
    world = leave(okta_says(replace(NOT_ENTITLED, status="DEPROVISIONED")))

    assert not world.times(check_group_exists)
    assert world.output["phase"] == "unlicensed"
    assert world.times(is_managed) == 1
    assert world.times(read_entitlement) == 2


def claimed_by_look(*, is_entitled: bool) -> Answers:
    return answer(claim_account, HeldClaim(MINE, None, look=Look(is_entitled, NOW)), HeldClaim(MINE, None))


def test_person_who_is_back_when_the_account_is_claimed_keeps_it_enabled() -> None:
    world = leave(claimed_by_look(is_entitled=True), okta_says(NOT_ENTITLED, ENTITLED))

    assert not world.times(disable_account)
    assert world.output["phase"] == "active"


def test_person_who_has_left_when_the_account_is_claimed_is_not_enabled() -> None:
    left = okta_says(ENTITLED, NOT_ENTITLED)
    world = drive(activation, *RETURNING, claimed_by_look(is_entitled=False), left, given=JOINED)

    assert not world.times(enable_account)
    assert world.times(disable_account) == 1


def test_look_by_which_the_account_was_claimed_is_handed_on_to_what_takes_away() -> None:
    world = leave(claimed_by_look(is_entitled=False))

    for step in (revoke_sign_in_sessions, disable_account):
        assert world.details(step) == {"looked_at": NOW.isoformat().replace("+00:00", "Z")}
