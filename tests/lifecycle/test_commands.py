"""What an operator may say, in the encodings it arrives in."""

import pytest

from lifecycle.commands import Command, parse_command


@pytest.mark.parametrize("data", ["retry", '"retry"', {"command": "retry"}, '{"command": "retry"}'])
def test_command_is_read_however_it_was_raised(data: object) -> None:
    assert parse_command(data) is Command.RETRY


@pytest.mark.parametrize(
    "data", [None, "", "remove everything", 1, ["retry"], {"command": ["retry"]}, '{"a": 1}', "null"]
)
def test_anything_else_is_no_command(data: object) -> None:
    assert parse_command(data) is None
