"""A run that takes a person over brings to its end what the run before it had begun, if Okta demands it still."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from activities.brake import pass_brake
from activities.giving_back import assign_licenses, prepare_assignment
from activities.left_groups import next_left_group, read_standing
from activities.members import claim_member, start_grace_period, supersede
from activities.microsoft365 import disable_account, enable_account
from activities.okta import check_group_exists, read_entitlement
from activities.removal import remove_licenses
from lifecycle.effects import Effect
from lifecycle.events import Flow
from lifecycle.licenses import Assignment
from lifecycle.members import Claim, GracePeriod, LeftGroup
from lifecycle.readings import SECOND_LOOK_AFTER
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, drive, names, sent
from tests.orchestrators.happy import ENTITLED, JOINED, LEAVING, NOT_ENTITLED, VISIO, okta_says

IN_12_DAYS = NOW + timedelta(days=12)


def taking_over(flow: Any, *answers: Answers, predecessor: str | None = None, events: Sequence[Raised] = ()) -> World:
    given = JOINED if flow is activation else EVENT
    both = answer(claim_member, Claim(predecessor, (Flow.DEACTIVATION, Flow.ACTIVATION)))
    return drive(flow, *LEAVING, both, *answers, events=events, given=given)


def test_deactivation_under_way_is_brought_to_its_end_when_the_person_is_not_entitled() -> None:
    world = taking_over(activation, answer(start_grace_period, GracePeriod(IN_12_DAYS)))

    assert world.instants(remove_licenses) == [timedelta(days=12)]
    assert world.output["phase"] == "unlicensed"


def test_deactivation_is_carried_on_only_when_the_run_before_has_ended() -> None:
    world = taking_over(activation, answer(supersede, False, True), predecessor="staged_deactivation-7")

    assert world.names()[:4] == names(claim_member, supersede, supersede, read_entitlement)
    assert world.times(disable_account) == 1


def test_deactivation_that_is_carried_on_may_be_held_too() -> None:
    world = taking_over(
        activation, answer(pass_brake, False), events=[Raised(NOW + timedelta(days=1), "command-1", "release")]
    )

    assert world.instants(disable_account) == [timedelta(days=1)]
    assert world.output["phase"] == "unlicensed"


def test_person_who_comes_back_while_a_carried_on_deactivation_is_held_is_activated() -> None:
    world = taking_over(
        activation,
        answer(pass_brake, False),
        okta_says(NOT_ENTITLED, ENTITLED),
        events=[Raised(NOW + timedelta(days=1), "command-1", "release")],
    )

    assert not world.times(disable_account)
    assert world.instants(enable_account) == [timedelta(days=1) + SECOND_LOOK_AFTER]
    assert world.output["phase"] == "active"


def test_activation_under_way_is_brought_to_its_end_by_whoever_took_the_person_over() -> None:
    world = taking_over(
        staged_deactivation,
        okta_says(ENTITLED),
        answer(enable_account, Effect.ALREADY),
        answer(prepare_assignment, (VISIO,)),
        answer(assign_licenses, Assignment(("visio",), (), {})),
    )

    assert world.details(assign_licenses) == sent(assign_licenses, wanted=(VISIO,))
    assert not world.times(check_group_exists)
    assert world.output["phase"] == "active"


def test_activation_that_is_carried_on_sees_to_the_left_group_at_its_end() -> None:
    left = LeftGroup("00gVisio", "Visio Users", NOW + timedelta(days=7), NOW)
    world = taking_over(staged_deactivation, okta_says(ENTITLED), answer(next_left_group, left, None))

    assert not world.times(read_standing)
    assert world.instants(remove_licenses) == [timedelta(days=7)]
    assert world.output["phase"] == "active"


def test_activation_finds_the_person_entitled_although_a_deactivation_had_begun() -> None:
    world = taking_over(activation, okta_says(ENTITLED))

    assert not world.times(disable_account)
    assert world.times(enable_account) == 1


def test_activation_that_takes_over_only_a_deactivation_stays_out_of_it_when_nothing_was_left() -> None:
    only_leaving = answer(claim_member, Claim(pending=(Flow.DEACTIVATION,)))
    world = taking_over(activation, only_leaving, okta_says(ENTITLED))

    assert not world.times(enable_account)
    assert world.output == {"phase": "not_current", "reason": ENTITLED.reason}
