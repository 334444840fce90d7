"""The operators' routes for people: where everybody stands, what was done, and the commands."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from rows import accounts, audit, mails, members
from triggers.answers import Malformed, answered
from triggers.license_bodies import parse_body
from triggers.member_bodies import (
    MembersQuery,
    People,
    PersonWithHistory,
    Released,
    ReleaseRequest,
    parse_query,
    person_of,
    person_with_history,
)
from triggers.member_commands import carry_command
from triggers.operator import who_asks
from triggers.people import known_member
from triggers.release import release

NEWEST_ACTS = 500
LONGEST_LIST = 1024 * 1024  # bytes

bp = df.Blueprint()


@bp.route("members", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_members(req: func.HttpRequest) -> func.HttpResponse:
    return await answered(read_page(req.params))


@bp.route("members/{user}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def show_member(req: func.HttpRequest) -> func.HttpResponse:
    return await answered(read_history(req.route_params["user"]))


@bp.route("members/release", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def release_held(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    return await answered(release_asked_for(req, wiring.durable(client)), HTTPStatus.ACCEPTED)


@bp.route("members/{user}/{command}", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def command_member(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    user, word = req.route_params["user"], req.route_params["command"]
    given = carry_command(wiring.durable(client), user, word, req.get_body(), who_asks(req.headers))
    return await answered(given, HTTPStatus.ACCEPTED)


async def release_asked_for(req: func.HttpRequest, durable: wiring.Durable) -> Released:
    body = req.get_body()
    if len(body) > LONGEST_LIST:
        raise Malformed(f"a list of people has {LONGEST_LIST} bytes at the most")
    return await release(durable, who_asks(req.headers), parse_body(ReleaseRequest, body).members or ())


async def read_page(params: Mapping[str, str]) -> People:
    """People in the order of their ids; the last id of a page is where the next one goes on."""
    asked = parse_query(MembersQuery, params)
    tables = await wiring.tables()
    page = await members.page(tables, asked.phase, asked.continuation, asked.top)
    owned = await asyncio.gather(*(accounts.of_member(tables, member) for member in page.records))
    people = [person_of(member, account) for member, account in zip(page.records, owned, strict=True)]
    return People(members=people, continuation=page.continuation)


async def read_history(user: str) -> PersonWithHistory:
    member = await known_member(user)
    tables = await wiring.tables()
    acts = await audit.newest_of_person(tables, member.okta_user_id, NEWEST_ACTS)
    sent = sorted(await mails.of_person(tables, member.okta_user_id), key=lambda mail: mail.at, reverse=True)
    return person_with_history(member, await accounts.of_member(tables, member), acts, sent)
