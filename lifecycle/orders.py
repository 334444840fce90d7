"""What operators tell runs: the words, how a run reads one, and how one is kept until its run has taken it."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

# Who gave an order that stands in no row: it was raised past the routes, for which the system key is needed.
BY_SYSTEM_KEY = "system key"


class Command(StrEnum):
    RETRY = "retry"
    SKIP = "skip"
    DISCARD = "discard"
    RELEASE = "release"
    KEEP = "keep"
    REMOVE_NOW = "remove-now"
    EXTEND = "extend"


@dataclass(frozen=True, slots=True)
class Order:
    """A command, the instant it names if it is `extend`, and the operator who gave it."""

    command: Command
    until: datetime | None = None
    by: str = BY_SYSTEM_KEY

    @property
    def words(self) -> str:
        """As the audit says it."""
        return f"{self.command} until {self.until.isoformat()}" if self.until else self.command.value

    @property
    def said(self) -> str:
        """As the status says it: the command and who gave it."""
        return f"{self.words} by {self.by}"

    def as_json(self) -> dict[str, str | None]:
        """The data of the external event by which a run is woken; `parse_order` reads it. Who gave it is in the row."""
        return {"command": self.command.value, "until": self.until.isoformat() if self.until else None}


class Outcome(StrEnum):
    """What became of a command that was accepted, in the words of the audit."""

    ASKED = "asked"
    CARRIED_OUT = "carried out"
    NOT_CARRIED_OUT = "not carried out"


@dataclass(frozen=True, slots=True)
class GivenCommand:
    """A command that was accepted for one wait of one run: the wait for this `event`.

    `at` is when it was accepted, which is also the time of its first row in the audit.
    """

    instance: str
    event: str
    order: Order
    at: datetime
    outcome: Outcome = Outcome.ASKED

    @property
    def is_outstanding(self) -> bool:
        return self.outcome is Outcome.ASKED

    def is_for(self, instance: str, event: str | None) -> bool:
        return (self.instance, self.event) == (instance, event)


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
    """The external event's name for the n-th wait of an instance for a command.

    Each wait has a name of its own: an event that came early would otherwise be taken for the answer to every wait.
    """
    return f"command-{number}"


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant.astimezone(UTC) if instant is not None and instant.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
