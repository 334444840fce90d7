"""The operators' routes for people: where everybody stands, what was done, and the commands.

A command is an external event of the run that owns the person. Each wait of a run has an event name of its own: a
command for a wait that is over meanwhile is never taken for an answer to a later one.
"""

import logging
import re
from collections import deque
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel

import wiring
from lifecycle.audit import AUDIT, AuditEntry, audit_entry_from, audit_values
from lifecycle.commands import FLOWS, Beginning, Command, beginning_event, unheard_because, wrong_extension
from lifecycle.events import durable_input, instance_id
from lifecycle.intake import Start
from lifecycle.mail_ledger import MAILS
from lifecycle.members import MEMBERS, PARTITION, Member, member_from
from triggers.answers import answer, refuse
from triggers.license_bodies import MalformedBody, parse_body
from triggers.member_bodies import (
    OKTA_USER_ID,
    Accepted,
    ExtendRequest,
    MalformedQuery,
    NoArguments,
    People,
    PersonWithHistory,
    parse_query,
    person_of,
    person_with_history,
)

COMMANDS = (*Command, *Beginning)
LONGEST_NAME = 255  # Okta's logins have 100 characters at the most
LONGEST_BODY = 4096  # bytes; a command has some fifty
NEWEST_ACTS = 500
# What Okta answers to a name that cannot be anybody's.
NO_NAME = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_URI_TOO_LONG})
log = logging.getLogger("offstage.members")

bp = df.Blueprint()


class Refused(Exception):
    """The request is answered with this status and reason."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@bp.route("members", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_members(req: func.HttpRequest) -> func.HttpResponse:
    return await answered(read_page(req.params))


@bp.route("members/{user}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def show_member(req: func.HttpRequest) -> func.HttpResponse:
    return await answered(read_history(req.route_params["user"]))


@bp.route("members/{user}/{command}", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def command_member(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    path = req.route_params
    return await answered(obey(client, path["user"], path["command"], req.get_body()), HTTPStatus.ACCEPTED)


async def answered(work: Awaitable[BaseModel], status: HTTPStatus = HTTPStatus.OK) -> func.HttpResponse:
    try:
        return answer((await work).model_dump(mode="json"), status)
    except Refused as refused:
        return refuse(refused.status, str(refused))
    except (MalformedQuery, MalformedBody) as error:
        return refuse(HTTPStatus.BAD_REQUEST, str(error))
    except wiring.ClientError as error:
        # Not the whole error: what was asked for may have somebody's login in it.
        log.error("%s gave no useful answer: status %s %s", error.system, error.status, error.code)
        reason = str(error) if error.permanent else f"{error.system} gave no answer just now; ask again"
        return refuse(HTTPStatus.SERVICE_UNAVAILABLE, reason)


async def read_page(params: Mapping[str, str]) -> People:
    """People in the order of their ids; the last id of a page is where the next one goes on."""
    asked = parse_query(params)
    conditions = {"PartitionKey eq @partition": PARTITION, "Phase eq @phase": asked.phase}
    conditions["RowKey gt @continuation"] = asked.continuation
    given = {text: value for text, value in conditions.items() if value is not None}
    values = {text.partition("@")[2]: str(value) for text, value in given.items()}
    tables = await wiring.tables()
    page = await tables.query_page(MEMBERS, " and ".join(given), values, None, asked.top)
    people = [person_of(member_from(row.values, wiring.join_text)) for row in page.rows]
    return People(members=people, continuation=people[-1].okta_user_id if people and page.continuation else None)


async def read_history(user: str) -> PersonWithHistory:
    member = await known_member(user)
    tables = await wiring.tables()
    of_member = ("PartitionKey eq @user", {"user": member.okta_user_id})
    acts = deque([audit_entry_from(row.values) async for row in tables.query(AUDIT, *of_member)], NEWEST_ACTS)
    mails = [row.values async for row in tables.query(MAILS, *of_member)]
    return person_with_history(member, [*reversed(acts)], sorted(mails, key=lambda mail: mail["At"], reverse=True))


async def obey(client: Any, user: str, word: str, body: bytes) -> Accepted:
    if len(body) > LONGEST_BODY:
        raise Refused(HTTPStatus.BAD_REQUEST, f"a command's body has {LONGEST_BODY} bytes at the most")
    if word in set(Command):
        return await pass_on(client, user, Command(word), body)
    if word in set(Beginning):
        parse_body(NoArguments, body)
        return await begin(client, user, Beginning(word))
    raise Refused(HTTPStatus.NOT_FOUND, f"there is no command {word[:40]!r}; there are {', '.join(COMMANDS)}")


async def pass_on(client: Any, user: str, command: Command, body: bytes) -> Accepted:
    """Raise the event that the run of a person waits for."""
    now = datetime.now(UTC)
    until = parse_until(command, body, now)
    member = await known_member(user)
    if reason := unheard_because(command, member, now):
        raise Refused(HTTPStatus.CONFLICT, reason)
    asked = f"{command} until {until}" if until else command.value
    entry = operator_act(now, asked, member.login, member.instance, member.event_uuid)
    await write_down(member.okta_user_id, entry)
    order = {"command": command.value, "until": until}
    if not await wiring.durable(client).raise_event(member.instance, str(member.awaiting_command), order):
        await write_down(member.okta_user_id, replace(entry, outcome="refused: the run has ended"))
        raise Refused(HTTPStatus.CONFLICT, f"the run {member.instance} has ended and hears nothing any more")
    log.info("passed on to %s: %s", member.instance, asked)
    return Accepted(instance=member.instance, command=command)


async def begin(client: Any, user: str, beginning: Beginning) -> Accepted:
    """Start a flow as if an event had come now. Okta stays the truth: who is entitled is not deactivated by this."""
    okta_user_id, login, held = await find_person(user)
    now = datetime.now(UTC)
    event = beginning_event(beginning, okta_user_id, login, uuid4(), now, held)
    start = Start(FLOWS[beginning], instance_id(FLOWS[beginning], event), durable_input(event))
    await write_down(okta_user_id, operator_act(now, beginning.value, login, start.instance, event.uuid))
    await wiring.durable(client).start(start)
    log.info("started %s", start.instance)
    return Accepted(instance=start.instance, command=beginning)


def parse_until(command: Command, body: bytes, now: datetime) -> str | None:
    """The instant that `extend` names, in UTC; any other command takes nothing. Raises MalformedBody."""
    if command is not Command.EXTEND:
        parse_body(NoArguments, body)
        return None
    until = parse_body(ExtendRequest, body).until
    if reason := wrong_extension(until, now):
        raise MalformedBody(f"expected {ExtendRequest.__doc__}; {reason}")
    return until.astimezone(UTC).isoformat()


async def known_member(user: str) -> Member:
    if member := await find_member(user):
        return member
    raise unknown(user)


async def find_member(user: str) -> Member | None:
    """By Okta id or login. Raises Refused when a login was that of several people, one after the other."""
    if not is_name(user):
        return None
    tables = await wiring.tables()
    if re.match(OKTA_USER_ID, user) and (row := await tables.get(MEMBERS, PARTITION, user)):
        return member_from(row.values, wiring.join_text)
    named = "PartitionKey eq @partition and (Login eq @login or Login eq @lowered)"
    values = {"partition": PARTITION, "login": user, "lowered": user.lower()}
    found = [member_from(row.values, wiring.join_text) async for row in tables.query(MEMBERS, named, values)]
    if len(found) > 1:
        raise ambiguous(*(member.okta_user_id for member in found))
    return found[0] if found else None


async def find_person(user: str) -> tuple[str, str, Member | None]:
    """The Okta id and login of somebody whom Okta knows, or who has a row; and the row.

    A login may have gone to somebody else since the row was written, so Okta is asked whose it is.
    """
    held = await find_member(user)
    found = None if held and held.okta_user_id == user else await read_okta_user(user)
    if found is None:
        if held is None:
            raise unknown(user)
        return held.okta_user_id, held.login, held
    if held and held.okta_user_id != found.id:
        raise ambiguous(held.okta_user_id, found.id)
    return found.id, found.login, held or await find_member(found.id)


async def read_okta_user(user: str) -> Any:
    """The user as Okta has it now; None when there is none, or can be none."""
    if not is_name(user):
        return None
    okta = await wiring.okta()
    try:
        return await okta.read_user(user)
    except wiring.ClientError as error:
        if error.status in NO_NAME:
            return None
        raise


def is_name(user: str) -> bool:
    """Whether this may be asked for at all: control characters and half characters are in nobody's name."""
    return 0 < len(user) <= LONGEST_NAME and user.isprintable()


def unknown(user: str) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, f"there is nobody with the Okta id or login {user[:100]!r}")


def ambiguous(*okta_user_ids: str) -> Refused:
    several = ", ".join(okta_user_ids)
    return Refused(HTTPStatus.CONFLICT, f"several people have had this login; name one by Okta id: {several}")


def operator_act(at: datetime, asked: str, login: str, instance: str, event_uuid: str) -> AuditEntry:
    """Without who it was: a function key says only that it was an operator."""
    dry_run = wiring.settings().dry_run
    return AuditEntry(at, "operator_command", "asked", instance, event_uuid, dry_run, detail=asked, login=login)


async def write_down(okta_user_id: str, entry: AuditEntry) -> None:
    """Before the command is passed on, so that none goes unrecorded."""
    tables = await wiring.tables()
    await tables.upsert(AUDIT, audit_values(okta_user_id, entry))
