"""The commands of operators: which ones a run awaits, and when; and which ones start a flow."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from dateutil.relativedelta import relativedelta

from lifecycle.events import Flow, LogEvent
from lifecycle.members import OPERATOR, Member
from lifecycle.stages import Phase


class Command(StrEnum):
    RETRY = "retry"
    SKIP = "skip"
    DISCARD = "discard"
    RELEASE = "release"
    KEEP = "keep"
    REMOVE_NOW = "remove-now"
    EXTEND = "extend"


class StartCommand(StrEnum):
    """A command that starts a flow, as if an event had come now."""

    DEACTIVATE = "deactivate"
    ACTIVATE = "activate"


FLOWS: Mapping[StartCommand, Flow] = {
    StartCommand.DEACTIVATE: Flow.DEACTIVATION,
    StartCommand.ACTIVATE: Flow.ACTIVATION,
}
LONGEST_EXTENSION_YEARS = 10
A_MOMENT = timedelta(microseconds=1)
LAST_MOMENT_BUT_ONE = datetime.max.replace(tzinfo=UTC) - A_MOMENT

# What a run awaits while the person is in a phase.
AWAITED_IN: Mapping[Phase, frozenset[Command]] = {
    Phase.NEEDS_ATTENTION: frozenset({Command.RETRY, Command.SKIP, Command.DISCARD}),
    Phase.HELD: frozenset({Command.RELEASE, Command.DISCARD}),
    Phase.GRACE_PERIOD: frozenset({Command.KEEP, Command.REMOVE_NOW, Command.EXTEND}),
}


@dataclass(frozen=True, slots=True)
class Order:
    """A command, and the instant it names if it is `extend`."""

    command: Command
    until: datetime | None = None

    def as_json(self) -> dict[str, str | None]:
        """The data of the external event by which a run learns of it; `parse_order` reads it."""
        return {"command": self.command.value, "until": self.until.isoformat() if self.until else None}


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


def awaited_commands(member: Member) -> frozenset[Command]:
    """What the run that owns a person awaits now, as far as the person's row says."""
    return AWAITED_IN.get(member.phase, frozenset()) if member.awaiting_command else frozenset()


def refusal_of(command: Command, member: Member, now: datetime) -> str | None:
    """Why a command is refused; None when the run awaits it."""
    phases = sorted(phase.value for phase, awaited in AWAITED_IN.items() if command in awaited)
    if member.phase not in phases:
        return f"{command} is for a person in {', '.join(phases)}; {member.login} is in {member.phase}"
    if member.awaiting_command is None:
        return f"the run awaits no command just now: {member.reason or 'it goes on by itself'}"
    if member.phase is Phase.GRACE_PERIOD and member.due_at is not None and member.due_at <= now:
        return f"the grace period ended on {member.due_at:%Y-%m-%d %H:%M} UTC"
    return None


def wrong_extension(until: datetime, now: datetime) -> str | None:
    """Why a grace period cannot be extended until this instant."""
    if until <= now:
        return "until: it has to be in the future"
    if until > now + relativedelta(years=LONGEST_EXTENSION_YEARS):
        return f"until: it has to be within {LONGEST_EXTENSION_YEARS} years"
    return None


def start_command_event(
    command: StartCommand, okta_user_id: str, login: str, uuid: UUID, now: datetime, known: Member | None
) -> LogEvent:
    """The event that an operator's command stands for; `known` is the person's row.

    It is newer than the event that owns the person, even where the clocks of Okta and of this app differ: an operator
    decides by what the row shows.
    """
    published = max(now, min(known.published, LAST_MOMENT_BUT_ONE) + A_MOMENT) if known else now
    return LogEvent(str(uuid), published, f"{OPERATOR}{command}", okta_user_id=okta_user_id, login=login)


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
