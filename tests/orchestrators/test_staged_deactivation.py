"""The order of the steps of a staged deactivation, and every way in which it can go differently."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest

from activities.accounts import claim_account, find_account, note_account
from activities.activity import Activity
from activities.brake import pass_brake
from activities.commands import take_order
from activities.left_groups import next_left_group, read_standing
from activities.mail import mail_account_disabled, mail_licenses_removed
from activities.managers import find_manager
from activities.members import claim_member, finish_member, start_grace_period, supersede
from activities.microsoft365 import disable_account, enable_account, revoke_sign_in_sessions
from activities.okta import check_group_exists, is_managed, read_entitlement
from activities.removal import prepare_removal, record_snapshot, remove_licenses, remove_refused_licenses
from lifecycle.effects import Effect
from lifecycle.events import Flow
from lifecycle.licenses import Removal, RemovalPlan
from lifecycle.members import Claim
from lifecycle.readings import SECOND_LOOK_AFTER
from lifecycle.retries import Failure
from lifecycle.stages import Phase
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, drive, names, sent
from tests.orchestrators.happy import DUE, ENTITLED, LEAVING, NOT_ENTITLED, okta_says

SUPERSEDED = Failure("activation-1 has taken the person over", permanent=True, superseded=True)
ONE_REFUSED = Removal(("sku-1",), {"sku-2": "depends on sku-1"})
DOWN = Failure("Table Storage gave no answer", permanent=False)


def deactivation(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def test_everything_happens_at_once_except_the_removal() -> None:
    world = deactivation()

    assert world.names() == names(
        claim_member,
        read_entitlement,
        is_managed,
        check_group_exists,
        find_account,
        pass_brake,
        claim_account,
        note_account,
        record_snapshot,
        revoke_sign_in_sessions,
        disable_account,
        start_grace_period,
        find_manager,
        mail_account_disabled,
        take_order,
        read_entitlement,
        prepare_removal,
        remove_licenses,
        find_manager,
        mail_licenses_removed,
        finish_member,
    )
    assert {step.at for step in world.steps[:14]} == {NOW}
    assert {step.at for step in world.steps[14:]} == {DUE}
    assert world.output == {"phase": "unlicensed", "reason": None}


def test_thirty_days_are_waited_for_in_timers_of_five() -> None:
    world = deactivation()

    assert [timer.fire_at for timer in world.timers] == [NOW + timedelta(days=5 * n) for n in range(1, 7)]


def test_status_says_until_when_the_licenses_stay() -> None:
    world = deactivation()

    waiting = next(status for status in world.statuses if status["stage"] == "grace_period")
    assert waiting == {"stage": "grace_period", "user": "maya.lin@contoso.com", "due_at": DUE.isoformat()}
    assert world.statuses[-1] == {"stage": "unlicensed", "user": "maya.lin@contoso.com"}


def test_person_without_a_login_is_shown_by_id() -> None:
    world = drive(staged_deactivation, *LEAVING, given=replace(EVENT, login=None))

    assert world.statuses[-1] == {"stage": "unlicensed", "user": EVENT.okta_user_id}


def test_mail_is_told_what_went_what_stays_and_what_was_refused() -> None:
    world = deactivation(answer(remove_licenses, ONE_REFUSED))

    plan = RemovalPlan(("sku-1", "sku-2"), ("sku-3",), ())
    assert world.details(mail_licenses_removed) == sent(mail_licenses_removed, plan=plan, removal=ONE_REFUSED)


def test_license_the_tenant_refused_to_remove_is_tried_again_after_the_mail() -> None:
    world = deactivation(answer(remove_licenses, ONE_REFUSED))

    assert world.details(remove_refused_licenses) == sent(remove_refused_licenses, remove=("sku-2",))
    assert world.names().index(remove_refused_licenses.name) > world.names().index(mail_licenses_removed.name)


def test_person_is_claimed_however_long_that_takes_and_whoever_takes_over_meanwhile() -> None:
    world = deactivation(
        answer(claim_member, *[DOWN] * 40, Claim(pending=(Flow.DEACTIVATION,))),
        events=[Raised(NOW + timedelta(hours=1), "superseded")],
    )

    assert world.times(claim_member) == 41
    assert world.names()[41] == read_entitlement.name
    assert "needs_attention" in {status["stage"] for status in world.statuses}
    assert world.statuses[1]["reason"] == f"{DOWN.reason}; next attempt at 2026-09-14 10:38:43 UTC"


def test_step_that_finds_the_person_entitled_again_is_not_done_and_everything_is_given_back() -> None:
    returned = Failure("the user is in Office 365 Assignments", permanent=True, look_again=True)
    world = deactivation(answer(remove_licenses, returned), okta_says(NOT_ENTITLED, NOT_ENTITLED, ENTITLED))

    assert not world.times(mail_licenses_removed)
    assert world.instants(enable_account) == [DUE - NOW + SECOND_LOOK_AFTER]
    assert world.details(finish_member) == sent(finish_member, phase=Phase.ACTIVE, reason=None)
    assert world.output["phase"] == "active"


def test_entitled_user_is_left_alone() -> None:
    world = deactivation(okta_says(ENTITLED))

    assert world.names() == names(claim_member, read_entitlement, read_standing, next_left_group, finish_member)
    assert world.output == {"phase": "not_current", "reason": ENTITLED.reason}


def test_user_who_is_entitled_again_when_the_delay_is_over_is_given_everything_back() -> None:
    world = deactivation(okta_says(NOT_ENTITLED, ENTITLED))

    assert not world.times(prepare_removal)
    assert world.instants(enable_account) == [DUE - NOW + SECOND_LOOK_AFTER]
    assert world.output == {"phase": "active", "reason": None}


def test_nothing_is_done_to_the_account_before_the_earlier_run_has_ended() -> None:
    world = deactivation(
        answer(claim_member, Claim("activation-1", (Flow.DEACTIVATION,))), answer(supersede, False, False, True)
    )

    assert world.names()[:5] == names(claim_member, supersede, supersede, supersede, read_entitlement)
    assert world.instants(supersede) == [timedelta(), timedelta(seconds=1), timedelta(seconds=3)]
    assert world.details(supersede) == sent(supersede, predecessor="activation-1")
    waiting = next(status for status in world.statuses if status["stage"] == "waiting_for_predecessor")
    assert waiting["reason"] == "activation-1 has not ended yet"


def test_earlier_run_that_does_not_end_is_looked_for_ever_more_seldom_and_whatever_comes_meanwhile() -> None:
    world = deactivation(
        answer(claim_member, Claim("activation-1", (Flow.DEACTIVATION,))),
        answer(supersede, False, DOWN, *[False] * 9, True),
        events=[Raised(NOW + timedelta(minutes=1), "superseded")],
    )

    assert world.waits(supersede) == [1, 2, 5, 10, 30, 60, 300, 900, 3600, 3600, 3600]
    assert world.names()[-1] == mail_account_disabled.name
    assert world.output["phase"] == "superseded"


def test_newer_event_cancels_the_timer_and_ends_the_run_without_another_step() -> None:
    world = deactivation(events=[Raised(NOW + timedelta(days=7), "superseded")])

    assert world.names()[-1] == mail_account_disabled.name
    assert world.timers[-1].is_cancelled
    assert world.now == NOW + timedelta(days=7)
    assert world.output["phase"] == "superseded"


@pytest.mark.parametrize(
    "step",
    [find_account, note_account, record_snapshot, disable_account, revoke_sign_in_sessions, prepare_removal],
    ids=attrgetter("name"),
)
def test_step_that_finds_a_newer_owner_is_the_last(step: Activity[..., Any]) -> None:
    world = deactivation(answer(step, SUPERSEDED))

    assert world.names()[-1] == step.name
    assert world.output["phase"] == "superseded"


def test_transient_failure_is_tried_again_with_growing_waits() -> None:
    busy = Failure("Microsoft Graph is busy", permanent=False)
    world = deactivation(answer(disable_account, busy, busy, busy, Effect.ALREADY))

    assert world.seconds(disable_account) == [0, 2, 7, 22]
    assert world.output["phase"] == "unlicensed"


def test_fifth_retry_comes_after_five_minutes_and_the_later_ones_every_hour() -> None:
    busy = Failure("Microsoft Graph is busy", permanent=False)
    world = deactivation(answer(disable_account, *[busy] * 8, Effect.ALREADY))

    assert world.waits(disable_account) == [2, 5, 15, 60, 300, 900, 3600, 3600]


def test_newer_event_ends_the_wait_between_two_attempts() -> None:
    busy = Failure("Microsoft Graph is busy", permanent=False)
    world = deactivation(answer(disable_account, busy), events=[Raised(NOW + timedelta(seconds=10), "superseded")])

    assert world.times(disable_account) == 3
    assert world.timers[-1].is_cancelled
    assert world.output["phase"] == "superseded"


def test_wait_the_other_side_asked_for_is_honoured() -> None:
    throttled = Failure("Microsoft Graph is throttling", permanent=False, retry_after=40.0)
    world = deactivation(answer(disable_account, throttled, Effect.ALREADY))

    assert world.seconds(disable_account) == [0, 40]


def test_status_says_what_failed_and_when_it_is_tried_again() -> None:
    world = deactivation(answer(disable_account, Failure("Microsoft Graph is busy", permanent=False), Effect.ALREADY))

    assert {
        "stage": "disabling_account",
        "user": "maya.lin@contoso.com",
        "reason": "Microsoft Graph is busy; next attempt at 2026-09-14 10:38:43 UTC",
    } in world.statuses


def test_defect_in_an_activity_is_retried_and_then_parks_instead_of_ending_the_flow() -> None:
    world = deactivation(answer(disable_account, ZeroDivisionError("Activity function 'disable_account' failed")))

    assert world.waits_for_ever
    assert world.now - NOW > timedelta(hours=23)
    assert world.statuses[-1]["stage"] == "needs_attention"
    assert "disable_account" in world.statuses[-1]["reason"]


def test_mail_that_cannot_be_sent_does_not_hold_the_flow_up() -> None:
    world = deactivation(answer(mail_account_disabled, Failure("the mailbox does not exist", permanent=True)))

    assert world.output["phase"] == "unlicensed"
    assert "the mailbox does not exist" in world.statuses[-1]["reason"]
    assert "the mailbox does not exist" in world.details(finish_member)["reason"]


def test_mail_that_cannot_be_written_is_tried_for_two_minutes() -> None:
    world = deactivation(answer(mail_account_disabled, DOWN))

    assert world.seconds(mail_account_disabled) == [0, 2, 7, 22, 82]
    assert world.output["phase"] == "unlicensed"


def test_manager_who_cannot_be_found_does_not_hold_the_flow_up() -> None:
    world = deactivation(answer(find_manager, DOWN))

    assert world.seconds(find_manager)[:5] == [0, 2, 7, 22, 82]
    assert world.times(mail_account_disabled) == world.times(mail_licenses_removed) == 1
    assert world.output["phase"] == "unlicensed"
