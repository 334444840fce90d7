"""The commands of operators: given to the run that owns a person, or carried out by starting a flow."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

import wiring
from lifecycle.audit import Cause
from lifecycle.commands import FLOWS, StartCommand, start_command_event, wrong_extension
from lifecycle.events import instance_id
from lifecycle.inputs import EventInput, start_of
from lifecycle.orders import Command, Order, Outcome
from triggers.answers import Refused
from triggers.command_delivery import give
from triggers.license_bodies import MalformedBody, parse_body
from triggers.member_bodies import Accepted, ExtendRequest, NoArguments
from triggers.operator import operator_act, write_down
from triggers.people import find_person, known_member

COMMANDS = (*Command, *StartCommand)
LONGEST_BODY = 4096  # bytes; a command has some fifty
log = logging.getLogger("offstage.members")


async def carry_command(durable: wiring.Durable, user: str, word: str, body: bytes, by: str) -> Accepted:
    """Do what an operator (`by`) asks for. Raises Refused, MalformedBody or ClientError."""
    if len(body) > LONGEST_BODY:
        raise Refused(HTTPStatus.BAD_REQUEST, f"a command's body has {LONGEST_BODY} bytes at the most")
    if word in set(Command):
        return await give_command(durable, user, Command(word), body, by)
    if word in set(StartCommand):
        parse_body(NoArguments, body)
        return await start_flow(durable, user, StartCommand(word), by)
    raise Refused(HTTPStatus.NOT_FOUND, f"there is no command {word[:40]!r}; there are {', '.join(COMMANDS)}")


async def give_command(durable: wiring.Durable, user: str, command: Command, body: bytes, by: str) -> Accepted:
    """Give a command to the run of a person."""
    order = replace(parse_arguments(command, body, datetime.now(UTC)), by=by)
    given = await give(durable, (await known_member(user)).okta_user_id, order)
    return Accepted(instance=given.instance, command=command)


async def start_flow(durable: wiring.Durable, user: str, command: StartCommand, by: str) -> Accepted:
    """Start a flow as if an event had come now. Okta stays the truth: a person who is entitled keeps the account."""
    person, known = await find_person(user)
    now = datetime.now(UTC)
    event = start_command_event(command, person.okta_user_id, person.login, uuid4(), now, known, by)
    start = start_of(FLOWS[command], instance_id(FLOWS[command], event), EventInput.of(event, found=True))
    act = operator_act(now, Outcome.ASKED, command.value, by, Cause(event.event_type, event.published))
    act = replace(act, instance=start.instance, event_uuid=event.uuid)
    await write_down(replace(act, okta_user_id=person.okta_user_id, login=person.login))
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
