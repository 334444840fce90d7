"""The commands of operators: which ones a run awaits, how it takes one, and which ones start a flow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from dateutil.relativedelta import relativedelta

from lifecycle.audit import operator_actor
from lifecycle.events import Flow, LogEvent
from lifecycle.members import OPERATOR, Member
from lifecycle.orders import Command, GivenCommand, Order, Outcome
from lifecycle.stages import Phase


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

# When nobody is at work on a person, which flow may find something to do.
STARTED_IN: Mapping[Phase, frozenset[StartCommand]] = {
    Phase.UNLICENSED: frozenset({StartCommand.ACTIVATE}),
    Phase.ACTIVE: frozenset({StartCommand.DEACTIVATE}),
    Phase.NOT_CURRENT: frozenset(StartCommand),
    Phase.SUPERSEDED: frozenset(StartCommand),
}


@dataclass(frozen=True, slots=True)
class EndedWait:
    """What was ordered, if anything; `member` is what to write about the person, None when it stands already."""

    order: Order | None
    member: Member | None = None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Why nothing comes of a command, None when the run has taken it; `member` as in EndedWait."""

    reason: str | None = None
    member: Member | None = None


def awaited_commands(member: Member) -> frozenset[Command]:
    """What the run that owns a person awaits now, as far as the person's row says.

    Each wait takes one command: behind one that was accepted for it there is none.
    """
    is_answered = member.command is not None and member.command.is_for(member.instance, member.awaiting_command)
    if member.awaiting_command is None or is_answered:
        return frozenset()
    return AWAITED_IN.get(member.phase, frozenset())


def sensible_commands(member: Member) -> frozenset[Command] | frozenset[StartCommand]:
    """What there is to say about a person now: what the run awaits, or, when none is at work, what starts one."""
    return awaited_commands(member) or STARTED_IN.get(member.phase, frozenset())


def refusal_of(command: Command, member: Member, due_at: datetime | None, now: datetime) -> str | None:
    """Why a command is refused; None when the run awaits it."""
    given, phases = outstanding_command(member), phases_of(command)
    if given is not None:
        said = f"an operator ({given.order.by}) said {given.order.words} at {given.at:%H:%M:%S} UTC"
        return f"{said}, and the run has yet to take that"
    if member.phase not in phases and member.phase is not Phase.CLAIMED:
        return f"{command} is for a person in {', '.join(phases)}; {member.login} is in {member.phase}"
    if command not in awaited_commands(member):
        return f"the run awaits no command just now: {member.reason or 'it goes on by itself'}"
    if member.phase is Phase.GRACE_PERIOD and due_at is not None and due_at <= now:
        return f"the grace period ended on {due_at:%Y-%m-%d %H:%M} UTC"
    return None


def phases_of(command: Command) -> list[str]:
    """In which phases a run may await this command."""
    return sorted(phase.value for phase, awaited in AWAITED_IN.items() if command in awaited)


def outstanding_command(member: Member) -> GivenCommand | None:
    """The command that was accepted for the present wait of the person's run, and that the run has yet to take."""
    given = member.command
    is_here = given is not None and given.is_outstanding and given.is_for(member.instance, member.awaiting_command)
    return given if is_here else None


def end_wait(member: Member, event: str, raised: Order | None) -> EndedWait:
    """End the wait for this event, so that no more commands are accepted for it, and say what was ordered.

    A command in the row is what counts. Without one it is what was raised past the route, if anything was. A wait that
    is ended once more answers what it answered first.
    """
    given = member.command if member.command and member.command.is_for(member.instance, event) else None
    order = given.order if given else raised
    ended = member
    if given and given.is_outstanding:
        ended = replace(ended, command=replace(given, outcome=Outcome.CARRIED_OUT))
    if member.awaiting_command == event:
        ended = replace(ended, awaiting_command=None, tries_again=False)
        if member.phase is Phase.NEEDS_ATTENTION:  # of nobody, now that the run tries again
            ended = replace(ended, phase=Phase.CLAIMED, reason=None)
    return EndedWait(order, None if ended is member else ended)


def take_back(member: Member, given: GivenCommand) -> TakenBack:
    """What to say, and to write, of a command whose run has ended."""
    if member.command == given:
        reason = f"the run {given.instance} has ended and hears nothing any more"
        return TakenBack(reason, replace(member, command=None))
    if member.command == replace(given, outcome=Outcome.NOT_CARRIED_OUT):
        return TakenBack(f"{member.instance} has taken the person over")
    return TakenBack()


def wrong_extension(until: datetime, now: datetime) -> str | None:
    """Why a grace period cannot be extended until this instant."""
    if until <= now:
        return "until: it has to be in the future"
    if until > now + relativedelta(years=LONGEST_EXTENSION_YEARS):
        return f"until: it has to be within {LONGEST_EXTENSION_YEARS} years"
    return None


def start_command_event(
    command: StartCommand, okta_user_id: str, login: str, uuid: UUID, now: datetime, known: Member | None, by: str
) -> LogEvent:
    """The event that an operator's command stands for; `known` is the person's row, `by` the operator.

    It is newer than the event that owns the person, even where the clocks of Okta and of this app differ: an operator
    decides by what the row shows.
    """
    published = max(now, min(known.published, LAST_MOMENT_BUT_ONE) + A_MOMENT) if known else now
    return LogEvent(
        str(uuid),
        published,
        f"{OPERATOR}{command}",
        okta_user_id=okta_user_id,
        login=login,
        actor=operator_actor(by),
    )
