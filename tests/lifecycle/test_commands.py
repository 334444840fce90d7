"""What operators may tell a run, in the encodings it arrives in, and when a run awaits it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lifecycle.commands import (
    AWAITED_IN,
    FLOWS,
    LAST_MOMENT_BUT_ONE,
    Command,
    Order,
    StartCommand,
    awaited_commands,
    parse_order,
    refusal_of,
    start_command_event,
    wrong_extension,
)
from lifecycle.events import Flow, LogEvent
from lifecycle.members import Member, is_of_operator
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
    due_at=NOW + timedelta(days=30),
    awaiting_command="command-1",
)


@pytest.mark.parametrize("data", ["retry", '"retry"', {"command": "retry"}, '{"command": "retry"}'])
def test_command_is_read_however_it_was_raised(data: object) -> None:
    assert parse_order(data) == Order(Command.RETRY)


def test_extend_names_an_instant() -> None:
    order = parse_order({"command": "extend", "until": "2026-12-24T12:00:00+01:00"})

    assert order == Order(Command.EXTEND, datetime(2026, 12, 24, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    "order", [*(Order(command) for command in Command if command is not Command.EXTEND), Order(Command.EXTEND, NOW)]
)
def test_order_that_was_raised_is_read_as_it_was_given(order: Order) -> None:
    raised = json.loads(json.dumps(order.as_json()))

    assert set(raised) == {"command", "until"}
    assert parse_order(raised) == order
    assert parse_order(json.dumps(raised)) == order


@pytest.mark.parametrize(
    "data",
    [
        None,
        "",
        "remove everything",
        1,
        ["retry"],
        {"command": ["retry"]},
        '{"a": 1}',
        "null",
        "extend",
        {"command": "extend", "until": "tomorrow"},
        {"command": "extend", "until": "2026-12-24T12:00:00"},
    ],
)
def test_anything_else_is_no_command(data: object) -> None:
    assert parse_order(data) is None


@pytest.mark.parametrize("phase", Phase)
def test_commands_of_a_phase_are_awaited_while_the_run_says_by_which_event(phase: Phase) -> None:
    member = replace(ADA, phase=phase)

    assert awaited_commands(member) == AWAITED_IN.get(phase, frozenset())
    assert awaited_commands(replace(member, awaiting_command=None)) == frozenset()


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("command", Command)
def test_command_is_refused_unless_the_run_awaits_it(phase: Phase, command: Command) -> None:
    member = replace(ADA, phase=phase)

    assert (refusal_of(command, member, NOW) is None) == (command in awaited_commands(member))


@pytest.mark.parametrize(
    ("changes", "command", "reason"),
    [
        ({}, Command.RETRY, "retry is for a person in needs_attention; ada@contoso.com is in grace_period"),
        ({}, Command.DISCARD, "discard is for a person in held, needs_attention; ada@contoso.com is in grace_period"),
        ({"awaiting_command": None}, Command.KEEP, "the run awaits no command just now: it goes on by itself"),
        ({"awaiting_command": None, "reason": "no seat"}, Command.KEEP, "the run awaits no command just now: no seat"),
        ({"due_at": NOW}, Command.EXTEND, "the grace period ended on 2026-09-14 10:38 UTC"),
        ({"due_at": NOW + timedelta(seconds=1)}, Command.EXTEND, None),
        ({"due_at": None}, Command.KEEP, None),
    ],
)
def test_refusal_says_why(changes: dict[str, Any], command: Command, reason: str | None) -> None:
    assert refusal_of(command, replace(ADA, **changes), NOW) == reason


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
    event = start_command_event(command, "00u1ada", "ada@contoso.com", UUID_GIVEN, NOW, None)

    assert FLOWS[command] is flow
    assert event == LogEvent(
        str(UUID_GIVEN), NOW, f"operator.{command}", okta_user_id="00u1ada", login="ada@contoso.com"
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

    event = start_command_event(StartCommand.ACTIVATE, ADA.okta_user_id, ADA.login, UUID_GIVEN, NOW, known)

    assert event.published == expected
