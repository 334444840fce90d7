"""The commands of operators: passed on to the run that owns a person, or carried out by starting a flow.

A command is an external event of the run. Each wait of a run has an event name of its own: a command for a wait that
is over meanwhile is never taken for an answer to a later one.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

import wiring
from lifecycle.audit import AuditEntry
from lifecycle.commands import (
    FLOWS,
    Command,
    Order,
    StartCommand,
    refusal_of,
    start_command_event,
    wrong_extension,
)
from lifecycle.events import instance_id
from lifecycle.inputs import EventInput, start_of
from rows import audit
from triggers.license_bodies import MalformedBody, parse_body
from triggers.member_bodies import Accepted, ExtendRequest, NoArguments
from triggers.people import Refused, find_person, known_member

COMMANDS = (*Command, *StartCommand)
LONGEST_BODY = 4096  # bytes; a command has some fifty
log = logging.getLogger("offstage.members")


async def carry_command(durable: wiring.Durable, user: str, word: str, body: bytes) -> Accepted:
    """Do what an operator asks for. Raises Refused, MalformedBody or ClientError."""
    if len(body) > LONGEST_BODY:
        raise Refused(HTTPStatus.BAD_REQUEST, f"a command's body has {LONGEST_BODY} bytes at the most")
    if word in set(Command):
        return await raise_command(durable, user, Command(word), body)
    if word in set(StartCommand):
        parse_body(NoArguments, body)
        return await start_flow(durable, user, StartCommand(word))
    raise Refused(HTTPStatus.NOT_FOUND, f"there is no command {word[:40]!r}; there are {', '.join(COMMANDS)}")


async def raise_command(durable: wiring.Durable, user: str, command: Command, body: bytes) -> Accepted:
    """Raise the event that the run of a person awaits."""
    now = datetime.now(UTC)
    order = parse_arguments(command, body, now)
    member = await known_member(user)
    if reason := refusal_of(command, member, now):
        raise Refused(HTTPStatus.CONFLICT, reason)
    asked = f"{command} until {order.until.isoformat()}" if order.until else command.value
    entry = operator_act(now, asked, member.login, member.instance, member.event_uuid)
    await write_down(member.okta_user_id, entry)
    if not await durable.raise_event(member.instance, str(member.awaiting_command), order.as_json()):
        await write_down(member.okta_user_id, replace(entry, outcome="refused: the run has ended"))
        raise Refused(HTTPStatus.CONFLICT, f"the run {member.instance} has ended and hears nothing any more")
    log.info("passed on to %s: %s", member.instance, asked)
    return Accepted(instance=member.instance, command=command)


async def start_flow(durable: wiring.Durable, user: str, command: StartCommand) -> Accepted:
    """Start a flow as if an event had come now. Okta stays the truth: a person who is entitled keeps the account."""
    person, known = await find_person(user)
    now = datetime.now(UTC)
    event = start_command_event(command, person.okta_user_id, person.login, uuid4(), now, known)
    start = start_of(FLOWS[command], instance_id(FLOWS[command], event), EventInput.of(event))
    act = operator_act(now, command.value, person.login, start.instance, event.uuid)
    await write_down(person.okta_user_id, act)
    await durable.start(start)
    log.info("started %s", start.instance)
    return Accepted(instance=start.instance, command=command)


def parse_arguments(command: Command, body: bytes, now: datetime) -> Order:
    """`extend` names an instant, any other command takes nothing. Raises MalformedBody."""
    if command is not Command.EXTEND:
        parse_body(NoArguments, body)
        return Order(command)
    until = parse_body(ExtendRequest, body).until
    if reason := wrong_extension(until, now):
        raise MalformedBody(f"expected {ExtendRequest.__doc__}; {reason}")
    return Order(command, until.astimezone(UTC))


def operator_act(at: datetime, asked: str, login: str, instance: str, event_uuid: str) -> AuditEntry:
    """Without who it was: a function key says only that it was an operator."""
    dry_run = wiring.settings().dry_run
    return AuditEntry(at, "operator_command", "asked", instance, event_uuid, dry_run, detail=asked, login=login)


async def write_down(okta_user_id: str, entry: AuditEntry) -> None:
    """Before the command is passed on, so that none goes unrecorded."""
    await audit.append(await wiring.tables(), okta_user_id, entry)
