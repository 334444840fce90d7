"""What an operator may say to a run, and when."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from lifecycle.stages import Phase


class Command(StrEnum):
    RETRY = "retry"
    SKIP = "skip"
    DISCARD = "discard"
    RELEASE = "release"
    KEEP = "keep"
    REMOVE_NOW = "remove-now"
    EXTEND = "extend"


# What a run listens to while the person is in a phase.
HEARD_IN: dict[Phase, frozenset[Command]] = {
    Phase.NEEDS_ATTENTION: frozenset({Command.RETRY, Command.SKIP, Command.DISCARD}),
    Phase.HELD: frozenset({Command.RELEASE, Command.DISCARD}),
    Phase.GRACE_PERIOD: frozenset({Command.KEEP, Command.REMOVE_NOW, Command.EXTEND}),
}


@dataclass(frozen=True, slots=True)
class Order:
    """A command, and the instant it names if it is `extend`."""

    command: Command
    until: datetime | None = None


def parse_order(data: object) -> Order | None:
    """Read the data of an external event: a word, or an object with `command` and `until`; None if it is neither.

    The Python client encodes event data twice and the management API once, so text may itself be JSON.
    """
    if isinstance(data, str):
        with suppress(ValueError):
            data = json.loads(data)
    members = data if isinstance(data, dict) else {"command": data}
    word, until = members.get("command"), _instant(members.get("until"))
    if not isinstance(word, str) or word not in set(Command):
        return None
    command = Command(word)
    return None if command is Command.EXTEND and until is None else Order(command, until)


def raised_as(number: int) -> str:
    """The external event's name for the n-th command of an instance.

    Each wait has a name of its own: an event that came early would otherwise be taken for the answer to every wait.
    """
    return f"command-{number}"


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant.astimezone(UTC) if instant is not None and instant.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
