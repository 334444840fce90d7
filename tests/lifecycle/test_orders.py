"""What operators tell a run, in the encodings it arrives in."""

import json
from datetime import UTC, datetime

import pytest

from lifecycle.orders import Command, Order, parse_order

NOW = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)


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


@pytest.mark.parametrize(
    ("order", "words"),
    [(Order(Command.KEEP), "keep"), (Order(Command.EXTEND, NOW), "extend until 2026-09-14T10:38:41+00:00")],
)
def test_order_is_said_as_the_audit_has_it(order: Order, words: str) -> None:
    assert order.words == words
