"""A run that needs an operator is on record, and the operators know of it, however long the tables are out of reach."""

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from activities.accounts import find_account
from activities.activity import Envelope
from activities.brake import pass_brake
from activities.commands import take_order
from activities.members import finish_member, mark_held, mark_needs_attention, start_grace_period
from activities.operator_mail import mail_operators, mail_wave_held
from lifecycle.mail_ledger import MailState
from lifecycle.members import GracePeriod
from lifecycle.retries import Failure
from orchestrators.listener import SAID_LATER
from orchestrators.staged_deactivation import staged_deactivation
from tests.local.host.driver import START, Driver, recording_counts
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, as_input, drive
from tests.orchestrators.happy import FOUND, LEAVING
from tests.orchestrators.plain import orchestrator_of

NO_ACCOUNT = Failure("no Microsoft 365 account found", permanent=True)
DOWN = Failure("Table Storage gave no answer", permanent=False)
SECONDS_UNTIL_SAID = [0, 2, 7, 22]
DISCARD = Raised(NOW + timedelta(days=12), "command-1", "discard")


def deactivation(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def test_run_that_parks_while_the_tables_are_out_is_recorded_and_mailed_as_soon_as_they_are_back() -> None:
    world = deactivation(
        answer(find_account, NO_ACCOUNT),
        answer(mark_needs_attention, DOWN, DOWN, DOWN, None),
        answer(mail_operators, DOWN, MailState.SENT),
        events=[DISCARD],
    )

    assert world.seconds(mark_needs_attention) == SECONDS_UNTIL_SAID
    assert world.seconds(mail_operators) == [0, 2]
    assert {step.details["awaiting_command"] for step in world.calls(mark_needs_attention)} == {"command-1"}
    assert world.instants(finish_member) == [timedelta(days=12)]


def test_run_that_is_held_while_the_tables_are_out_is_recorded_as_soon_as_they_are_back() -> None:
    world = deactivation(answer(pass_brake, False), answer(mark_held, DOWN, DOWN, DOWN, None), events=[DISCARD])

    assert world.seconds(mark_held) == SECONDS_UNTIL_SAID
    assert world.seconds(mail_wave_held) == [SECONDS_UNTIL_SAID[-1] + SAID_LATER.total_seconds()]


def test_run_that_cannot_say_for_days_that_it_needs_an_operator_says_it_every_hour() -> None:
    world = deactivation(answer(find_account, NO_ACCOUNT), answer(mark_needs_attention, DOWN), events=[DISCARD])

    assert world.waits(mark_needs_attention)[:8] == [2, 5, 15, 60, 300, 900, 3600, 3600]
    assert set(world.waits(mark_needs_attention)[8:]) == {3600}
    assert world.instants(finish_member) == [timedelta(days=12)]


def test_mail_that_can_never_be_sent_is_not_tried_again() -> None:
    mailbox_gone = Failure("the mailbox is gone", permanent=True)
    world = deactivation(answer(find_account, NO_ACCOUNT), answer(mail_operators, mailbox_gone))

    assert world.seconds(mail_operators) == [0]
    assert world.waits_for_ever


def test_command_is_heard_while_the_run_still_tries_to_say_that_it_needs_one() -> None:
    world = deactivation(
        answer(find_account, NO_ACCOUNT, FOUND),
        answer(mark_needs_attention, *[DOWN] * 5, None),
        events=[Raised(NOW + timedelta(minutes=3), "command-1", "retry")],
    )

    assert world.times(find_account) == 2
    assert world.output["phase"] == "unlicensed"
    assert all(timer.is_cancelled or timer.is_completed for timer in world.timers)


def test_run_that_still_tries_to_say_that_it_needs_an_operator_makes_way_for_a_newer_event() -> None:
    world = deactivation(
        answer(find_account, NO_ACCOUNT),
        answer(mark_needs_attention, DOWN),
        events=[Raised(NOW + timedelta(minutes=3), "superseded")],
    )

    assert world.output["phase"] == "superseded"
    assert world.timers[-1].is_cancelled


# The same through the SDK itself, which the host must agree with about every id.


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver(recording_counts(monkeypatch))
    driver.orchestrator(orchestrator_of(staged_deactivation))
    in_a_month = answer(start_grace_period, GracePeriod(START + timedelta(days=30)))
    for each in (*LEAVING, in_a_month):
        driver.activity(each.activity, replying(each))
    driver.activity(take_order.name, lambda request: {"value": request["details"]["raised"]})
    return driver


def replying(answers: Answers) -> Callable[[Envelope], Envelope]:
    """An activity that gives these answers, the last one again and again."""
    given = [reply for reply in answers.replies if not isinstance(reply, Exception)]
    replies = itertools.chain(given, itertools.repeat(given[-1]))
    return lambda call: next(replies)


# With the command while the run waits to say it again, while it is saying it, and long after it was said.
@pytest.mark.parametrize("after", [1, 2.5, 4, 7, 8.5, 60, 86_400 * 12])
@pytest.mark.parametrize("batched", [True, False])
def test_command_reaches_the_run_whenever_it_comes(hub: Driver, after: float, batched: bool) -> None:
    hub.activity(find_account.name, replying(answer(find_account, NO_ACCOUNT, FOUND)))
    hub.activity(mark_needs_attention.name, replying(answer(mark_needs_attention, DOWN, DOWN, None)), seconds=1)

    hub.start("staged_deactivation", as_input(EVENT, "staged_deactivation"))
    hub.raise_event("command-1", json.dumps("retry"), after=after)
    hub.run(batched=batched)

    assert hub.output() == {"phase": "unlicensed", "reason": None}
    assert hub.unfinished == []
