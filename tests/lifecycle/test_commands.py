"""What an operator may say, in the encodings it arrives in."""

from datetime import UTC, datetime

import pytest

from lifecycle.commands import Command, Order, parse_order


@pytest.mark.parametrize("data", ["retry", '"retry"', {"command": "retry"}, '{"command": "retry"}'])
def test_command_is_read_however_it_was_raised(data: object) -> None:
    assert parse_order(data) == Order(Command.RETRY)


def test_extend_names_an_instant() -> None:
    order = parse_order({"command": "extend", "until": "2026-12-24T12:00:00+01:00"})

    assert order == Order(Command.EXTEND, datetime(2026, 12, 24, 11, tzinfo=UTC))


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
