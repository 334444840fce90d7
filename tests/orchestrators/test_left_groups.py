"""Leaving one of several managed groups: the account stays, and the licenses of that group alone go in time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from activities.accounts import claim_account, find_account
from activities.left_groups import forget_left_group, next_left_group, read_standing
from activities.mail import mail_licenses_removed
from activities.microsoft365 import disable_account, enable_account, revoke_sign_in_sessions
from activities.operator_mail import mail_operators
from activities.removal import prepare_removal, prepare_removal_for_left_group, remove_licenses, remove_refused_licenses
from lifecycle.entitlement import Group
from lifecycle.found_account import HeldClaim
from lifecycle.licenses import Removal, RemovalPlan
from lifecycle.members import LeftGroup, Standing
from lifecycle.ownership import MINE, Candidate, Verdict, Whose
from lifecycle.readings import SECOND_LOOK_AFTER
from lifecycle.retries import Failure
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive, names, sent
from tests.orchestrators.happy import ENTITLED, FOUND, LEAVING, NOT_ENTITLED, OFFICE, okta_says

VISIO_USERS = Group("00gVisio", "Visio Users")
LEFT = LeftGroup(VISIO_USERS.id, VISIO_USERS.name, NOW + timedelta(days=7), NOW)
LEFT_LATER = LeftGroup("00gProject", "Project Users", NOW + timedelta(days=9), NOW)
BACK_IN_BOTH = replace(ENTITLED, groups=(OFFICE, VISIO_USERS))
THEIRS = replace(FOUND, verdict=Verdict(Whose.THEIRS, (Candidate("00u8", "maya.l", is_living=True),)))
IN_8_DAYS = NOW + timedelta(days=8)
REFUSED = Removal((), {"sku-2": "depends on sku-1"})


def leaving_one(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    left = (
        okta_says(ENTITLED),
        answer(read_standing, Standing(is_left=True, is_owed=False)),
        answer(next_left_group, LEFT, None),
    )
    return drive(staged_deactivation, *LEAVING, *left, *answers, events=events, given=EVENT)


def test_leaving_one_of_two_groups_takes_the_licenses_of_that_group_and_leaves_the_account_alone() -> None:
    world = leaving_one()

    assert world.times(claim_account) == 1
    assert not world.times(disable_account)
    assert not world.times(revoke_sign_in_sessions)
    assert world.details(prepare_removal_for_left_group) == sent(
        prepare_removal_for_left_group, left_group=LEFT, remaining=(OFFICE,)
    )
    assert world.details(remove_licenses) == sent(remove_licenses, remove=("sku-2",), left_group_id=LEFT.group_id)
    assert world.instants(remove_licenses) == [timedelta(days=7)]
    told = world.details(mail_licenses_removed)
    assert (told["left_group"]["name"], told["early"]) == ("Visio Users", False)
    assert world.output == {"phase": "active", "reason": None}


def test_status_says_until_when_the_licenses_of_the_left_group_stay() -> None:
    world = leaving_one()

    waiting = {"stage": "grace_period_of_left_group", "user": EVENT.login, "due_at": LEFT.due_at.isoformat()}
    assert waiting in world.statuses


def test_group_that_was_joined_again_during_its_delay_keeps_its_licenses() -> None:
    world = leaving_one(okta_says(ENTITLED, BACK_IN_BOTH))

    assert not world.times(prepare_removal_for_left_group)
    assert world.details(next_left_group) == sent(next_left_group, group_ids=(OFFICE.id, VISIO_USERS.id))
    assert world.output["phase"] == "active"


def test_groups_that_were_left_come_one_after_the_other() -> None:
    world = leaving_one(answer(next_left_group, LEFT, LEFT_LATER, None))

    assert world.instants(remove_licenses) == [timedelta(days=7), timedelta(days=9)]
    forgotten = [step.details["group_id"] for step in world.calls(forget_left_group)]
    assert forgotten == [LEFT.group_id, LEFT_LATER.group_id]


def test_group_whose_licenses_another_group_gives_too_takes_nothing_and_tells_nobody() -> None:
    world = leaving_one(answer(prepare_removal_for_left_group, RemovalPlan((), ("sku-2",), ())))

    assert not world.times(remove_licenses)
    assert not world.times(mail_licenses_removed)
    assert world.details(forget_left_group) == sent(forget_left_group, group_id=LEFT.group_id)


def test_license_of_a_left_group_that_the_tenant_refused_to_remove_is_tried_again() -> None:
    world = leaving_one(answer(remove_licenses, REFUSED))

    assert world.details(remove_refused_licenses) == sent(
        remove_refused_licenses, remove=("sku-2",), left_group_id=LEFT.group_id
    )
    assert world.names()[-4:-1] == names(remove_refused_licenses, forget_left_group, next_left_group)


def test_refused_license_of_a_left_group_parks_until_an_operator_skips_it() -> None:
    world = leaving_one(
        answer(remove_licenses, REFUSED),
        answer(remove_refused_licenses, Failure("sku-2: depends on sku-1", permanent=True)),
        events=[Raised(NOW + timedelta(days=8), "command-1", "skip")],
    )

    assert world.times(forget_left_group) == 1
    assert world.output["phase"] == "active"


def test_person_who_leaves_the_last_group_meanwhile_leaves_altogether() -> None:
    world = leaving_one(okta_says(ENTITLED, NOT_ENTITLED))

    assert not world.times(prepare_removal_for_left_group)
    assert world.instants(disable_account) == [timedelta(days=7) + SECOND_LOOK_AFTER]
    assert world.instants(prepare_removal) == [timedelta(days=30)]
    assert world.output["phase"] == "unlicensed"


def test_newer_event_ends_the_delay_of_a_left_group() -> None:
    world = leaving_one(events=[Raised(NOW + timedelta(days=6), "superseded")])

    assert not world.times(find_account)
    assert world.timers[-1].is_cancelled
    assert world.output["phase"] == "superseded"


def test_group_that_was_left_unnoticed_is_seen_to_although_the_event_was_about_none() -> None:
    world = leaving_one(answer(read_standing, Standing(is_left=False, is_owed=False)))

    assert world.times(remove_licenses) == 1
    assert world.output == {"phase": "not_current", "reason": ENTITLED.reason}


def test_account_that_is_gone_when_the_licenses_of_a_left_group_are_due_parks_until_it_is_there_again() -> None:
    world = leaving_one(answer(find_account, None, None, FOUND), events=commanded("retry", "retry", at=IN_8_DAYS))

    assert world.details(mail_operators)["reason"].startswith("no Microsoft 365 account found for maya.lin@contoso.com")
    assert world.instants(remove_licenses) == [timedelta(days=8, hours=1)]
    assert world.output["phase"] == "active"


def test_account_that_is_somebody_elses_when_the_licenses_of_a_left_group_are_due_is_not_touched() -> None:
    world = leaving_one(answer(find_account, THEIRS))

    assert world.waits_for_ever
    assert not world.times(claim_account)
    assert not world.times(remove_licenses)
    assert world.details(mail_operators)["reason"] == "the account maya.lin@contoso.com belongs to maya.l (00u8)"


def test_account_that_is_taken_over_before_the_claim_for_a_left_group_is_looked_at_anew() -> None:
    lost = answer(claim_account, HeldClaim(THEIRS.verdict, None), HeldClaim(MINE, None))
    world = leaving_one(lost, answer(next_left_group, LEFT, LEFT, None))

    assert world.times(enable_account) == 1
    assert world.instants(remove_licenses) == [timedelta(days=7)]
    assert world.output["phase"] == "active"
