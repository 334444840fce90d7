"""The long waits of a leaver: held as one of a wave, and the delay, which operators may end or extend."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from pydantic import JsonValue

from activities.brake import pass_brake
from activities.mail import mail_account_disabled
from activities.members import (
    change_due_at,
    claim_member,
    finish_keeping_licenses,
    finish_member,
    mark_held,
    start_grace_period,
)
from activities.microsoft365 import disable_account, enable_account
from activities.operator_mail import mail_wave_held
from activities.removal import prepare_removal, remove_licenses
from lifecycle.entitlement import Cause, Entitlement
from lifecycle.events import Flow
from lifecycle.mail_ledger import MailState
from lifecycle.members import Claim, GracePeriod
from lifecycle.readings import SECOND_LOOK_AFTER
from lifecycle.retries import Failure
from orchestrators.listener import SAID_LATER
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive, sent
from tests.orchestrators.happy import DUE, ENTITLED, LEAVING, NOT_ENTITLED, okta_says

KEPT = "an operator decided that the licenses stay"
KEPT_BY = f"{KEPT} (system key)"
HELD = answer(pass_brake, False)
IN_3_HOURS = NOW + timedelta(hours=3)
IN_2_DAYS = NOW + timedelta(days=2)


def deactivation(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def test_one_of_a_wave_is_held_and_not_disabled() -> None:
    world = deactivation(HELD)

    assert world.waits_for_ever
    assert world.statuses[-1]["stage"] == "held"
    assert "MAX_DEACTIVATIONS_PER_HOUR" in world.statuses[-1]["reason"]
    assert world.details(mark_held)["awaiting_command"] == "command-1"
    assert not world.times(disable_account)


def test_operators_hear_of_a_wave_when_it_had_time_to_come_in() -> None:
    world = deactivation(HELD)

    assert world.instants(mark_held) == [timedelta()]
    assert world.instants(mail_wave_held) == [SAID_LATER]
    assert world.details(mail_wave_held) == sent(mail_wave_held, hour="2026-09-14 10:00 UTC")


def test_operators_who_have_answered_by_then_are_not_told_of_the_wave() -> None:
    world = deactivation(HELD, events=commanded("release", at=NOW + timedelta(minutes=1)))

    assert not world.times(mail_wave_held)
    assert world.instants(disable_account) == [timedelta(minutes=1)]


def test_mail_about_a_wave_is_tried_again_while_the_run_waits() -> None:
    world = deactivation(HELD, answer(mail_wave_held, Failure("no answer", permanent=False), MailState.SENT))

    assert world.waits(mail_wave_held) == [2]
    assert world.times(mark_held) == 1


def test_released_run_goes_on() -> None:
    world = deactivation(HELD, events=commanded("release", at=IN_2_DAYS))

    assert world.instants(disable_account) == [timedelta(days=2)]
    assert world.output["phase"] == "unlicensed"


def test_released_run_reads_okta_again_before_it_goes_on() -> None:
    came_back = okta_says(NOT_ENTITLED, ENTITLED)
    world = deactivation(HELD, came_back, events=commanded("release", at=IN_2_DAYS))

    assert not world.times(disable_account)
    assert world.instants(enable_account) == [timedelta(days=2) + SECOND_LOOK_AFTER]
    assert world.output == {"phase": "active", "reason": None}


def test_person_who_came_back_while_held_is_given_what_an_earlier_activation_owed() -> None:
    world = drive(
        staged_deactivation,
        *LEAVING,
        HELD,
        answer(claim_member, Claim(pending=(Flow.ACTIVATION, Flow.DEACTIVATION))),
        okta_says(NOT_ENTITLED, ENTITLED),
        events=commanded("release", at=IN_2_DAYS),
        given=EVENT,
    )

    assert not world.times(disable_account)
    assert world.output == {"phase": "active", "reason": None}


def test_held_run_can_be_discarded() -> None:
    world = deactivation(HELD, events=commanded("discard", at=NOW + timedelta(days=12)))

    assert not world.times(disable_account)
    assert world.output["phase"] == "not_current"
    assert world.details(finish_member)["reason"].startswith("discarded by an operator (system key) while held")


def test_held_run_makes_way_for_a_newer_event() -> None:
    world = deactivation(HELD, events=[Raised(IN_2_DAYS, "superseded")])

    assert world.output["phase"] == "superseded"
    assert all(timer.is_cancelled or timer.is_completed for timer in world.timers)


@pytest.mark.parametrize("nonsense", ["hurry up", "retry", "keep"])
def test_held_run_that_is_answered_with_nonsense_asks_again_under_the_next_name(nonsense: str) -> None:
    world = deactivation(HELD, events=commanded(nonsense, "release", at=IN_3_HOURS))

    asked = [step.details["awaiting_command"] for step in world.calls(mark_held)]
    assert asked == ["command-1", "command-2"]
    assert world.details(start_grace_period)["awaiting_command"] == "command-3"


def test_operator_ends_the_delay() -> None:
    world = deactivation(events=commanded({"command": "remove-now"}, at=IN_2_DAYS))

    assert world.instants(remove_licenses) == [timedelta(days=2)]
    assert world.timers[-1].is_cancelled


def test_operator_extends_the_delay() -> None:
    later = NOW + timedelta(days=90)
    world = deactivation(
        answer(change_due_at, GracePeriod(later)),
        events=commanded({"command": "extend", "until": later.isoformat()}, at=IN_2_DAYS),
    )

    assert world.details(change_due_at) == sent(change_due_at, due_at=later, awaiting_command="command-2")
    assert world.instants(remove_licenses) == [timedelta(days=90)]


def test_date_that_the_row_names_is_the_one_that_is_waited_for() -> None:
    asked, written = NOW + timedelta(days=40), NOW + timedelta(days=35)
    world = deactivation(
        answer(change_due_at, GracePeriod(written)),
        events=commanded({"command": "extend", "until": asked.isoformat()}, at=IN_2_DAYS),
    )

    assert world.instants(remove_licenses) == [timedelta(days=35)]


def test_operator_extends_the_delay_and_ends_it_then() -> None:
    later = NOW + timedelta(days=90)
    world = deactivation(
        answer(change_due_at, GracePeriod(later)),
        events=commanded({"command": "extend", "until": later.isoformat()}, "remove-now", at=IN_2_DAYS),
    )

    assert world.instants(remove_licenses) == [timedelta(days=2, hours=1)]


def test_operator_keeps_the_licenses() -> None:
    world = deactivation(events=commanded("keep", at=IN_2_DAYS))

    assert not world.times(prepare_removal)
    assert world.output == {"phase": "not_current", "reason": KEPT_BY}


def test_operators_keep_is_written_down_for_whatever_leave_comes_next() -> None:
    world = deactivation(events=commanded("keep", at=IN_2_DAYS))

    assert world.details(finish_keeping_licenses) == sent(finish_keeping_licenses, reason=KEPT_BY)
    assert not world.times(finish_member)


def test_licenses_an_operator_kept_stay_when_the_person_leaves_once_more() -> None:
    world = deactivation(answer(start_grace_period, None))

    assert world.times(disable_account) == 1
    assert not world.times(mail_account_disabled)
    assert not world.times(prepare_removal)
    assert world.output == {"phase": "not_current", "reason": KEPT}


def test_command_is_heard_by_the_name_in_the_row_although_the_step_that_wrote_it_had_parked() -> None:
    full = Failure("the row is too large", permanent=True)
    world = deactivation(
        answer(start_grace_period, full, GracePeriod(DUE)),
        events=[Raised(NOW + timedelta(hours=1), "command-2", "retry"), Raised(IN_2_DAYS, "command-1", "remove-now")],
    )

    assert world.details(start_grace_period) == sent(start_grace_period, awaiting_command="command-1")
    assert world.instants(remove_licenses) == [timedelta(days=2)]


@pytest.mark.parametrize("nonsense", ["hurry up", "retry", {"command": "extend"}])
def test_nonsense_raised_as_a_command_neither_ends_the_delay_nor_makes_the_run_deaf(nonsense: JsonValue) -> None:
    world = deactivation(events=commanded(nonsense, "remove-now", at=IN_2_DAYS))

    asked_again = sent(change_due_at, due_at=DUE, awaiting_command="command-2")
    assert world.calls(change_due_at)[0].details == asked_again
    assert world.instants(remove_licenses) == [timedelta(days=2, hours=1)]


def test_manager_is_told_what_okta_said_when_the_person_was_released() -> None:
    deactivated = Entitlement(False, "the user is deactivated in Okta", cause=Cause.DEACTIVATED)
    world = deactivation(HELD, okta_says(NOT_ENTITLED, deactivated), events=commanded("release", at=IN_2_DAYS))

    assert world.details(mail_account_disabled)["cause"] == Cause.DEACTIVATED


@pytest.mark.parametrize("foreign", ["retry", "skip", "discard", "release"])
def test_command_that_is_for_another_wait_ends_no_grace_period(foreign: str) -> None:
    world = deactivation(events=commanded(foreign, at=IN_2_DAYS))

    assert world.instants(remove_licenses) == [DUE - NOW]


def test_mail_that_could_not_be_written_down_is_shown_until_the_delay_is_over() -> None:
    world = deactivation(answer(mail_account_disabled, Failure("the ledger refuses the row", permanent=True)))

    waiting = next(status for status in world.statuses if status["stage"] == "grace_period")
    assert waiting["reason"] == "telling the manager that the account is disabled failed: the ledger refuses the row"
    assert waiting["due_at"] == DUE.isoformat()
