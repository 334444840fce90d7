"""What an operator may say to an instance that needs attention."""

import json
from contextlib import suppress
from enum import StrEnum


class Command(StrEnum):
    RETRY = "retry"
    SKIP = "skip"
    DISCARD = "discard"


def parse_command(data: object) -> Command | None:
    """Read the data of an external event; None for anything that is no command.

    The Python client encodes event data twice and the management API once, so text may itself be JSON.
    """
    if isinstance(data, str):
        with suppress(ValueError):
            data = json.loads(data)
    if isinstance(data, dict):
        data = data.get("command")
    return Command(data) if isinstance(data, str) and data in set(Command) else None


def raised_as(number: int) -> str:
    """The external event's name for the n-th command of an instance.

    Each wait has a name of its own: an event that came early would otherwise be taken for the answer to every wait.
    """
    return f"command-{number}"
