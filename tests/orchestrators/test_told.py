"""What the manager is told while the licenses wait: a date that changes, a decision, a reminder; each when it is so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
from pydantic import JsonValue

from activities.accounts import find_account
from activities.activity import Activity
from activities.giving_back import assign_licenses
from activities.mail import (
    mail_account_enabled,
    mail_date_changed,
    mail_licenses_kept,
    mail_licenses_removed,
    mail_reminder,
)
from activities.managers import find_manager
from activities.members import change_due_at, finish_keeping_licenses, start_grace_period
from activities.microsoft365 import check_intent, enable_account
from activities.removal import remove_licenses
from lifecycle.effects import Effect
from lifecycle.licenses import Assignment
from lifecycle.members import GracePeriod
from lifecycle.readings import SYNCED_AFTER
from lifecycle.retries import Failure
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive, sent
from tests.orchestrators.happy import DUE, FOUND, JOINED, LEAVING, RETURNING

IN_2_DAYS = NOW + timedelta(days=2)
LATER = NOW + timedelta(days=90)
EXTEND: JsonValue = {"command": "extend", "until": LATER.isoformat()}
REMIND_AT = DUE - timedelta(days=3)
REMINDED = answer(start_grace_period, GracePeriod(DUE, REMIND_AT))
ABOUT_DATES: list[Activity[..., Any]] = [mail_date_changed, mail_reminder, mail_licenses_kept]


def deactivation(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def followed(world: World, first: Activity[..., Any], second: Activity[..., Any]) -> bool:
    """Whether the second came right after the first."""
    return world.names()[world.names().index(second.name) - 1] == first.name


def test_date_that_an_operator_changes_is_told_once() -> None:
    world = deactivation(answer(change_due_at, GracePeriod(LATER)), events=commanded(EXTEND, at=IN_2_DAYS))

    assert world.instants(mail_date_changed) == [timedelta(days=2)]
    assert world.details(mail_date_changed) == sent(mail_date_changed, due_at=LATER, change="command-1")
    assert followed(world, find_manager, mail_date_changed)


def test_each_change_of_the_date_is_told_by_a_name_of_its_own() -> None:
    sooner = NOW + timedelta(days=60)
    again: JsonValue = {"command": "extend", "until": sooner.isoformat()}
    changes = answer(change_due_at, GracePeriod(LATER), GracePeriod(sooner))
    world = deactivation(changes, events=commanded(EXTEND, again, at=IN_2_DAYS))

    assert [step.details["change"] for step in world.calls(mail_date_changed)] == ["command-1", "command-2"]
    assert world.instants(remove_licenses) == [timedelta(days=60)]


def test_next_command_is_heard_while_the_manager_cannot_be_told() -> None:
    down = Failure("no answer", permanent=False)
    world = deactivation(
        answer(change_due_at, GracePeriod(LATER)),
        answer(mail_date_changed, down),
        events=[Raised(IN_2_DAYS, "command-1", EXTEND), Raised(IN_2_DAYS, "command-2", "remove-now")],
    )

    assert world.times(mail_date_changed) == 5
    assert world.instants(remove_licenses) == [timedelta(days=2, seconds=82)]


@pytest.mark.parametrize("order", [{"command": "extend", "until": DUE.isoformat()}, "release"])
def test_date_that_stays_is_not_told_again(order: Any) -> None:
    world = deactivation(events=commanded(order, at=IN_2_DAYS))

    assert world.times(change_due_at) == 1
    assert not any(world.times(mail) for mail in ABOUT_DATES)


def test_licenses_that_stay_after_all_are_told_once_that_is_on_record() -> None:
    world = deactivation(events=commanded("keep", at=IN_2_DAYS))

    assert world.instants(mail_licenses_kept) == [timedelta(days=2)]
    assert world.names()[-3:] == [finish_keeping_licenses.name, find_manager.name, mail_licenses_kept.name]
    assert world.output["phase"] == "not_current"


def test_licenses_that_go_early_are_told_as_a_decision() -> None:
    world = deactivation(events=commanded("remove-now", at=IN_2_DAYS))

    assert world.details(mail_licenses_removed)["early"] is True


def test_licenses_that_go_when_the_delay_is_over_are_told_as_that() -> None:
    assert deactivation().details(mail_licenses_removed)["early"] is False


def test_manager_is_reminded_once_and_the_licenses_go_on_their_day() -> None:
    world = deactivation(REMINDED)

    assert world.instants(mail_reminder) == [REMIND_AT - NOW]
    assert world.details(mail_reminder) == sent(mail_reminder, due_at=DUE)
    assert followed(world, find_manager, mail_reminder)
    assert world.instants(remove_licenses) == [DUE - NOW]


def test_delay_without_a_reminder_has_none() -> None:
    assert not deactivation().times(mail_reminder)


def test_command_is_heard_after_the_reminder_and_under_the_next_name() -> None:
    world = deactivation(REMINDED, events=[Raised(REMIND_AT + timedelta(hours=1), "command-2", "remove-now")])

    assert world.details(change_due_at) == sent(change_due_at, due_at=DUE, awaiting_command="command-2")
    assert world.instants(remove_licenses) == [REMIND_AT - NOW + timedelta(hours=1)]


def test_changed_date_moves_the_reminder() -> None:
    moved = GracePeriod(LATER, LATER - timedelta(days=3))
    world = deactivation(
        REMINDED, answer(change_due_at, moved, GracePeriod(LATER)), events=commanded(EXTEND, at=IN_2_DAYS)
    )

    assert world.instants(mail_reminder) == [timedelta(days=87)]
    assert world.details(mail_reminder) == sent(mail_reminder, due_at=LATER)


def test_look_at_the_account_at_the_instant_of_the_reminder_loses_neither() -> None:
    at_the_look = GracePeriod(DUE, NOW + SYNCED_AFTER)
    world = deactivation(answer(find_account, replace(FOUND, is_synced=True)), answer(start_grace_period, at_the_look))

    assert world.instants(check_intent) == world.instants(mail_reminder) == [SYNCED_AFTER]
    assert world.instants(remove_licenses) == [DUE - NOW]


def test_reminder_that_cannot_be_written_holds_nothing_up() -> None:
    world = deactivation(REMINDED, answer(mail_reminder, Failure("no ledger", permanent=True)))

    assert world.instants(remove_licenses) == [DUE - NOW]


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        (Assignment((), (), {}), False),
        (Assignment(("e3",), (), {}), True),
        (Assignment((), (), {"visio": "refused"}), True),
    ],
)
def test_return_is_told_only_if_something_changed(assignment: Assignment, told: bool) -> None:
    world = drive(
        activation,
        *RETURNING,
        answer(enable_account, Effect.ALREADY),
        answer(assign_licenses, assignment),
        given=JOINED,
    )

    assert bool(world.times(mail_account_enabled)) is told


@pytest.mark.parametrize("mail", ABOUT_DATES, ids=attrgetter("name"))
def test_no_mail_about_a_date_is_sent_where_nothing_happens(mail: Activity[..., Any]) -> None:
    assert not deactivation().times(mail)
