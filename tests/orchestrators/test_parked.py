"""A step that cannot be done parks its run until an operator says `retry`, `skip` or `discard`."""

from collections.abc import Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
from pydantic import JsonValue

from activities.accounts import find_account, note_account
from activities.activity import Activity
from activities.brake import pass_brake
from activities.members import (
    finish_member,
    mark_needs_attention,
    start_grace_period,
)
from activities.microsoft365 import disable_account, revoke_sign_in_sessions
from activities.okta import check_group_exists, is_managed, read_entitlement
from activities.operator_mail import mail_operators
from activities.removal import prepare_removal, record_snapshot, remove_licenses, remove_refused_licenses
from lifecycle.licenses import Removal
from lifecycle.retries import Failure
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive, names
from tests.orchestrators.happy import DUE, FOUND, LEAVING

NO_ACCOUNT = Failure("no Microsoft 365 account found", permanent=True)
REFUSED = Failure("the tenant refuses: privileged role", permanent=True)
STILL_REFUSED = Failure("sku-2: depends on sku-1", permanent=True)
SUPERSEDED = Failure("activation-1 has taken the person over", permanent=True, superseded=True)
ONE_REFUSED = answer(remove_licenses, Removal(("sku-1",), {"sku-2": "depends on sku-1"}))
IN_3_HOURS = NOW + timedelta(hours=3)


def deactivation(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def test_permanent_failure_parks_at_once_and_tells_the_operators() -> None:
    world = deactivation(answer(find_account, NO_ACCOUNT))

    assert world.waits_for_ever
    assert world.now == NOW
    assert world.names()[-3:] == names(find_account, mark_needs_attention, mail_operators)
    assert world.details(mark_needs_attention)["awaiting_command"] == "command-1"


def test_operators_retry_runs_the_step_again() -> None:
    world = deactivation(answer(find_account, NO_ACCOUNT, FOUND), events=commanded("retry", at=IN_3_HOURS))

    assert world.times(find_account) == 2
    assert world.output["phase"] == "unlicensed"


def test_step_that_is_retried_has_all_its_waits_again() -> None:
    busy = Failure("Microsoft Graph is busy", permanent=False)
    world = deactivation(
        answer(disable_account, busy), events=commanded("retry", "discard", at=NOW + timedelta(hours=24))
    )

    assert world.waits(disable_account)[-4:] == [3600, 3600, 3600, 3600]
    assert world.waits(disable_account).count(2) == 2


def test_operators_skip_goes_on_with_the_next_step() -> None:
    world = deactivation(answer(disable_account, REFUSED), events=commanded('"skip"', at=IN_3_HOURS))

    assert world.times(disable_account) == 1
    assert world.times(start_grace_period) == 1


def test_step_that_later_steps_need_cannot_be_skipped() -> None:
    world = deactivation(answer(find_account, NO_ACCOUNT), events=commanded("skip", at=IN_3_HOURS))

    assert world.waits_for_ever
    assert world.details(mark_needs_attention)["awaiting_command"] == "command-2"


def test_operators_discard_ends_the_run() -> None:
    world = deactivation(answer(find_account, NO_ACCOUNT), events=commanded("discard", at=IN_3_HOURS))

    assert world.output["phase"] == "not_current"
    assert "discarded by an operator" in world.output["reason"]
    assert "discarded by an operator" in world.details(finish_member)["reason"]
    assert not world.times(disable_account)


def test_parked_run_makes_way_for_a_newer_event() -> None:
    world = deactivation(answer(find_account, NO_ACCOUNT), events=[Raised(IN_3_HOURS, "superseded")])

    assert world.output["phase"] == "superseded"


def test_run_that_was_superseded_before_it_could_park_ends() -> None:
    world = deactivation(answer(find_account, NO_ACCOUNT), answer(mark_needs_attention, SUPERSEDED))

    assert not world.times(mail_operators)
    assert world.output["phase"] == "superseded"


@pytest.mark.parametrize("nonsense", ["hurry up", "release", {"command": "extend"}, None])
def test_parked_run_that_is_answered_with_nonsense_asks_again_under_the_next_name(nonsense: JsonValue) -> None:
    world = deactivation(answer(find_account, NO_ACCOUNT, FOUND), events=commanded(nonsense, "retry", at=IN_3_HOURS))

    asked = [step.details["awaiting_command"] for step in world.calls(mail_operators)]
    assert asked == ["command-1", "command-2"]
    assert world.output["phase"] == "unlicensed"


CAN_BE_SKIPPED = [check_group_exists, disable_account, revoke_sign_in_sessions, finish_member]
NEEDED_LATER = [
    read_entitlement,
    is_managed,
    find_account,
    pass_brake,
    note_account,
    record_snapshot,
    start_grace_period,
    prepare_removal,
    remove_licenses,
]
# The grace period takes the first name for a command, and its row is told so when it starts.
FIRST_NAME_IS_TAKEN = {start_grace_period, prepare_removal, remove_licenses, finish_member}
AFTERWARDS = DUE + timedelta(days=1)


def first_name(step: Activity[..., Any]) -> int:
    return 2 if step in FIRST_NAME_IS_TAKEN else 1


@pytest.mark.parametrize("step", CAN_BE_SKIPPED, ids=attrgetter("name"))
def test_step_that_nothing_depends_on_is_skipped(step: Activity[..., Any]) -> None:
    world = deactivation(answer(step, REFUSED), events=commanded("skip", at=AFTERWARDS, first=first_name(step)))

    assert world.times(step) == 1
    assert world.output["phase"] == "unlicensed"


@pytest.mark.parametrize("step", NEEDED_LATER, ids=attrgetter("name"))
def test_step_whose_result_is_needed_is_retried_and_not_skipped(step: Activity[..., Any]) -> None:
    well = next(each for each in LEAVING if each.activity == step.name)
    refused_twice = Answers(step.name, (*answer(step, REFUSED, REFUSED).replies, *well.replies))
    told = commanded("skip", "retry", "retry", at=AFTERWARDS, first=first_name(step))

    world = deactivation(refused_twice, events=told)

    assert world.times(mail_operators) == 3
    assert world.output["phase"] == "unlicensed"


def test_license_the_tenant_does_not_let_go_parks_after_everything_else_is_done() -> None:
    world = deactivation(ONE_REFUSED, answer(remove_refused_licenses, STILL_REFUSED))

    assert world.waits_for_ever
    assert world.names()[-3:] == names(remove_refused_licenses, mark_needs_attention, mail_operators)


def test_license_the_tenant_does_not_let_go_is_skipped() -> None:
    world = deactivation(
        ONE_REFUSED,
        answer(remove_refused_licenses, STILL_REFUSED),
        events=commanded("skip", at=AFTERWARDS, first=2),
    )

    assert world.output == {"phase": "unlicensed", "reason": None}


def test_member_of_a_deleted_group_is_not_deactivated_unless_an_operator_says_so() -> None:
    world = deactivation(answer(check_group_exists, Failure("the managed group was deleted in Okta", permanent=True)))

    assert world.waits_for_ever
    assert not world.times(disable_account)
    assert not world.times(mail_operators)
