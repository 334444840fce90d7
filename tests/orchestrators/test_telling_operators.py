"""A run that needs an operator is on record, and the operators know of it, however long the tables are out of reach."""

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from lifecycle.events import Flow
from lifecycle.retries import Failure
from orchestrators.run import play
from orchestrators.staged_deactivation import deactivate, staged_deactivation
from tests.local.host.driver import START, Driver, recording_counts
from tests.orchestrators.driver import EVENT, NOW, World, drive
from tests.orchestrators.test_staged_deactivation import HAPPY

NO_ACCOUNT = Failure("no Microsoft 365 account found", permanent=True)
DOWN = Failure("Table Storage gave no answer", permanent=False)
SECONDS_UNTIL_SAID = [0, 2, 7, 22]
DISCARD = (NOW + timedelta(days=12), "command-1", "discard")


def deactivation(events: list[Any], version: int = 2, **answers: Any) -> World:
    world = World(answers=HAPPY | answers, events=events, input={**EVENT, "version": version})
    return drive(lambda context: play(context, Flow.DEACTIVATION, deactivate), world)


def seconds(world: World, name: str) -> list[float]:
    return [(at - NOW).total_seconds() for step, at in world.steps if step == name]


def marked(world: World) -> list[dict[str, Any]]:
    return [payload["details"] for name, payload in world.calls if name == "mark_member"]


def test_run_that_parks_while_the_tables_are_out_is_recorded_and_mailed_as_soon_as_they_are_back() -> None:
    world = deactivation(
        [DISCARD], find_account=NO_ACCOUNT, mark_member=[DOWN] * 3 + [None], mail_operators=[DOWN, "sent"]
    )

    assert seconds(world, "mark_member")[:4] == SECONDS_UNTIL_SAID
    assert seconds(world, "mail_operators") == [0, 2]
    assert {marks["awaiting_command"] for marks in marked(world)[:4]} == {"command-1"}


def test_run_that_is_held_while_the_tables_are_out_is_recorded_as_soon_as_they_are_back() -> None:
    world = deactivation([DISCARD], pass_brake=False, mark_member=[DOWN] * 3 + [None], mail_notice="sent")

    assert seconds(world, "mark_member")[:4] == SECONDS_UNTIL_SAID
    assert seconds(world, "mail_notice") == [0]


def test_mail_that_can_never_be_sent_is_not_tried_again() -> None:
    world = deactivation([], find_account=NO_ACCOUNT, mail_operators=Failure("the mailbox is gone", permanent=True))

    assert seconds(world, "mail_operators") == [0]
    assert world.waits_for_ever


def test_command_is_heard_while_the_run_still_tries_to_say_that_it_needs_one() -> None:
    world = deactivation(
        [(NOW + timedelta(minutes=3), "command-1", "retry")],
        find_account=[NO_ACCOUNT, HAPPY["find_account"]],
        mark_member=[DOWN] * 5 + [None],
    )

    assert world.names().count("find_account") == 2
    assert world.output["phase"] == "unlicensed"
    assert all(timer.cancelled or timer.is_completed for timer in world.timers)


def test_run_that_still_tries_to_say_that_it_needs_an_operator_makes_way_for_a_newer_event() -> None:
    world = deactivation([(NOW + timedelta(minutes=3), "superseded", None)], find_account=NO_ACCOUNT, mark_member=DOWN)

    assert world.output["phase"] == "superseded"
    assert world.timers[-1].cancelled


def test_run_of_the_first_version_says_it_once_as_its_history_has_it() -> None:
    world = deactivation([], version=1, find_account=NO_ACCOUNT, mark_member=DOWN)

    assert seconds(world, "mark_member") == [0]
    assert world.waits_for_ever


# The same through the SDK itself, which the host must agree with about every id.


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver(recording_counts(monkeypatch))
    driver.orchestrator(staged_deactivation._function.get_user_function().orchestrator_function)
    for name in ("record_snapshot", "revoke_sign_in_sessions", "mail_account_disabled", "mail_licenses_removed"):
        driver.activity(name, lambda call: {"value": None})
    for name, value in HAPPY.items():
        driver.activity(name, lambda call, value=value: {"value": value})
    driver.activity("check_group_exists", lambda call: {"value": None})
    due = {"due_at": (START + timedelta(days=30)).isoformat()}
    driver.activity("start_grace_period", lambda call: {"value": due})
    driver.activity("mail_operators", lambda call: {"value": "sent"})
    return driver


def failing(times: int) -> Iterator[dict[str, Any]]:
    return itertools.chain([{"failure": DOWN.as_json()}] * times, itertools.repeat({"value": None}))


# With the command while the run waits to say it again, while it is saying it, and long after it was said.
@pytest.mark.parametrize("after", [1, 2.5, 4, 7, 8.5, 60, 86_400 * 12])
@pytest.mark.parametrize("batched", [True, False])
def test_command_reaches_the_run_whenever_it_comes(hub: Driver, after: float, batched: bool) -> None:
    found = itertools.chain([{"failure": NO_ACCOUNT.as_json()}], itertools.repeat({"value": HAPPY["find_account"]}))
    marks = failing(2)
    hub.activity("find_account", lambda call: next(found))
    hub.activity("mark_member", lambda call: next(marks), seconds=1)

    hub.start("staged_deactivation", EVENT)
    hub.raise_event("command-1", json.dumps("retry"), after=after)
    hub.run(batched=batched)

    assert hub.output() == {"phase": "unlicensed", "reason": None}
    assert hub.unfinished == []
