"""What operators may tell a run, when a run awaits it, and how it takes one command for each wait."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lifecycle.commands import (
    AWAITED_IN,
    FLOWS,
    LAST_MOMENT_BUT_ONE,
    EndedWait,
    StartCommand,
    TakenBack,
    awaited_commands,
    end_wait,
    outstanding_command,
    refusal_of,
    start_command_event,
    take_back,
    wrong_extension,
)
from lifecycle.events import Flow, LogEvent
from lifecycle.members import Member, is_of_operator
from lifecycle.orders import Command, GivenCommand, Order, Outcome
from lifecycle.stages import Phase

NOW = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
UUID_GIVEN = UUID("d41c7e80-9c21-11f0-b0de-15a9c4e77f11")
ADA = Member(
    okta_user_id="00u1ada",
    login="ada@contoso.com",
    instance="staged_deactivation-1",
    event_uuid="1",
    published=NOW - timedelta(minutes=5),
    phase=Phase.GRACE_PERIOD,
    awaiting_command="command-1",
)

DUE = NOW + timedelta(days=30)


@pytest.mark.parametrize("phase", Phase)
def test_commands_of_a_phase_are_awaited_while_the_run_says_by_which_event(phase: Phase) -> None:
    member = replace(ADA, phase=phase)

    assert awaited_commands(member) == AWAITED_IN.get(phase, frozenset())
    assert awaited_commands(replace(member, awaiting_command=None)) == frozenset()


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("command", Command)
def test_command_is_refused_unless_the_run_awaits_it(phase: Phase, command: Command) -> None:
    member = replace(ADA, phase=phase)

    assert (refusal_of(command, member, DUE, NOW) is None) == (command in awaited_commands(member))


@pytest.mark.parametrize(
    ("changes", "command", "reason"),
    [
        ({}, Command.RETRY, "retry is for a person in needs_attention; ada@contoso.com is in grace_period"),
        ({}, Command.DISCARD, "discard is for a person in held, needs_attention; ada@contoso.com is in grace_period"),
        ({"awaiting_command": None}, Command.KEEP, "the run awaits no command just now: it goes on by itself"),
        ({"awaiting_command": None, "reason": "no seat"}, Command.KEEP, "the run awaits no command just now: no seat"),
        ({"phase": Phase.CLAIMED}, Command.DISCARD, "the run awaits no command just now: it goes on by itself"),
    ],
)
def test_refusal_says_why(changes: dict[str, Any], command: Command, reason: str) -> None:
    assert refusal_of(command, replace(ADA, **changes), DUE, NOW) == reason


@pytest.mark.parametrize(
    ("due_at", "reason"),
    [
        (NOW, "the grace period ended on 2026-09-14 10:38 UTC"),
        (NOW + timedelta(seconds=1), None),
        (None, None),
    ],
)
def test_command_of_the_grace_period_comes_too_late_when_it_is_over(
    due_at: datetime | None, reason: str | None
) -> None:
    assert refusal_of(Command.EXTEND, ADA, due_at, NOW) == reason


KEEP, REMOVE_NOW = Order(Command.KEEP, by="Mia Ops"), Order(Command.REMOVE_NOW, by="Mia Ops")
GIVEN = GivenCommand(ADA.instance, "command-1", KEEP, NOW)
TOLD = replace(ADA, command=GIVEN)
TAKEN = replace(GIVEN, outcome=Outcome.CARRIED_OUT)
OF_EARLIER_WAIT = replace(GIVEN, event="command-0")
OF_EARLIER_RUN = replace(GIVEN, instance="staged_deactivation-0", outcome=Outcome.NOT_CARRIED_OUT)


@pytest.mark.parametrize("command", [Command.KEEP, Command.RETRY])
def test_second_command_for_one_wait_is_refused_and_the_first_is_named(command: Command) -> None:
    reason = "an operator (Mia Ops) said keep at 10:38:41 UTC, and the run has yet to take that"

    assert refusal_of(command, TOLD, DUE, NOW + timedelta(minutes=1)) == reason
    assert awaited_commands(TOLD) == frozenset()
    assert outstanding_command(TOLD) == GIVEN


def test_wait_whose_command_was_taken_awaits_no_other_even_if_it_is_announced_once_more() -> None:
    announced_again = replace(ADA, command=TAKEN)

    assert (
        refusal_of(Command.KEEP, announced_again, DUE, NOW)
        == "the run awaits no command just now: it goes on by itself"
    )
    assert outstanding_command(announced_again) is None


@pytest.mark.parametrize("given", [OF_EARLIER_WAIT, replace(TAKEN, event="command-0"), OF_EARLIER_RUN])
def test_command_for_another_wait_stands_in_nobodys_way(given: GivenCommand) -> None:
    member = replace(ADA, command=given)

    assert refusal_of(Command.KEEP, member, DUE, NOW) is None
    assert outstanding_command(member) is None


def test_wait_ends_with_the_order_of_the_row_whatever_was_raised() -> None:
    ended = replace(TOLD, command=TAKEN, awaiting_command=None)

    for raised in (None, REMOVE_NOW):
        assert end_wait(TOLD, "command-1", raised) == EndedWait(KEEP, ended)


@pytest.mark.parametrize("raised", [None, REMOVE_NOW])
@pytest.mark.parametrize("given", [None, OF_EARLIER_WAIT, OF_EARLIER_RUN])
def test_wait_without_a_command_in_the_row_ends_with_what_was_raised(
    given: GivenCommand | None, raised: Order | None
) -> None:
    member = replace(ADA, command=given)

    assert end_wait(member, "command-1", raised) == EndedWait(raised, replace(member, awaiting_command=None))


def test_wait_that_is_ended_once_more_answers_the_same_and_changes_nothing() -> None:
    ended = end_wait(TOLD, "command-1", None).member
    next_wait = replace(ADA, command=TAKEN, awaiting_command="command-2")

    assert ended is not None
    for member in (ended, next_wait):
        assert end_wait(member, "command-1", None) == EndedWait(KEEP)


def test_wait_that_the_row_does_not_know_ends_with_what_was_raised() -> None:
    assert end_wait(ADA, "command-7", REMOVE_NOW) == EndedWait(REMOVE_NOW)


def test_command_is_taken_although_the_row_tells_of_another_wait() -> None:
    parked = replace(TOLD, awaiting_command="command-2", phase=Phase.NEEDS_ATTENTION, reason="refused")

    assert end_wait(parked, "command-1", None) == EndedWait(KEEP, replace(parked, command=TAKEN))


def test_run_that_has_its_answer_needs_nobodys_attention_any_more() -> None:
    parked = replace(ADA, phase=Phase.NEEDS_ATTENTION, reason="no free seat", tries_again=True)

    ended = end_wait(parked, "command-1", Order(Command.RETRY)).member

    assert ended == replace(parked, phase=Phase.CLAIMED, reason=None, tries_again=False, awaiting_command=None)


@pytest.mark.parametrize("phase", [Phase.HELD, Phase.GRACE_PERIOD])
def test_who_is_held_or_in_the_grace_period_stays_so_until_the_next_step(phase: Phase) -> None:
    member = replace(ADA, phase=phase, reason="a wave")

    assert end_wait(member, "command-1", None).member == replace(member, awaiting_command=None)


def test_command_that_its_run_has_not_taken_before_it_ended_is_taken_back() -> None:
    reason = "the run staged_deactivation-1 has ended and hears nothing any more"

    assert take_back(TOLD, GIVEN) == TakenBack(reason, ADA)


def test_command_that_its_run_has_taken_before_it_ended_is_not_taken_back() -> None:
    assert take_back(replace(ADA, command=TAKEN), GIVEN) == TakenBack()


def test_command_of_a_run_that_was_displaced_is_refused_in_the_name_of_the_run_that_took_over() -> None:
    displaced = replace(ADA, instance="activation-2", command=replace(GIVEN, outcome=Outcome.NOT_CARRIED_OUT))

    assert take_back(displaced, GIVEN) == TakenBack("activation-2 has taken the person over")


@pytest.mark.parametrize(
    ("until", "reason"),
    [
        (NOW, "until: it has to be in the future"),
        (NOW + timedelta(seconds=1), None),
        (NOW.replace(year=2036), None),
        (NOW.replace(year=2036) + timedelta(seconds=1), "until: it has to be within 10 years"),
    ],
)
def test_extension_ends_in_the_future_and_within_ten_years(until: datetime, reason: str | None) -> None:
    assert wrong_extension(until, NOW) == reason


@pytest.mark.parametrize(
    ("command", "flow"), [(StartCommand.DEACTIVATE, Flow.DEACTIVATION), (StartCommand.ACTIVATE, Flow.ACTIVATION)]
)
def test_start_command_stands_for_an_event_of_an_operator(command: StartCommand, flow: Flow) -> None:
    event = start_command_event(command, "00u1ada", "ada@contoso.com", UUID_GIVEN, NOW, None, "ana@contoso.com")

    assert FLOWS[command] is flow
    assert event == LogEvent(
        str(UUID_GIVEN),
        NOW,
        f"operator.{command}",
        okta_user_id="00u1ada",
        login="ada@contoso.com",
        actor="operator: ana@contoso.com",
    )
    assert is_of_operator(event)


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (NOW - timedelta(minutes=5), NOW),
        (NOW, NOW + timedelta(microseconds=1)),
        (NOW + timedelta(hours=3), NOW + timedelta(hours=3, microseconds=1)),
        (datetime.max.replace(tzinfo=UTC), LAST_MOMENT_BUT_ONE + timedelta(microseconds=1)),
    ],
    ids=["older", "at the same time", "of a clock that is ahead", "at the end of time"],
)
def test_event_of_an_operator_is_newer_than_the_one_that_owns_the_person(
    published: datetime, expected: datetime
) -> None:
    known = replace(ADA, published=published)

    event = start_command_event(StartCommand.ACTIVATE, ADA.okta_user_id, ADA.login, UUID_GIVEN, NOW, known, "key")

    assert event.published == expected
