"""The page of one person, and the commands given there: the very ones of `POST members/{user}/{command}`."""

import json
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from dateutil.relativedelta import relativedelta

import wiring
from clients.errors import ClientError
from lifecycle.commands import LONGEST_EXTENSION_YEARS, sensible_commands
from lifecycle.licenses import MalformedSnapshot, RemovalPlan, from_json, not_taken, plan_removal
from lifecycle.members import Member
from lifecycle.orders import Command
from pages import confirmations, instants, person
from pages.confirmations import Prospect
from pages.person import Known
from rows import accounts, audit, catalog, mails
from triggers.answers import Refused
from triggers.dashboard_visits import Done, Form, Visit, posted, visited
from triggers.member_commands import carry_command
from triggers.people import known_member

NEWEST_ACTS = 500
ROUTE = "dashboard/people/{id}/{command}"
USUAL_EXTENSION = timedelta(days=30)

bp = df.Blueprint()


@bp.route("dashboard/people/{id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
async def show_person(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    async def page(visit: Visit) -> str:
        known = await read_known(req.route_params["id"], wiring.durable(client))
        return person.person(known, visit.frame, wiring.sku_names())

    return await visited(req, page)


@bp.route(ROUTE, methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def confirm_command(req: func.HttpRequest) -> func.HttpResponse:
    return await visited(req, _confirm)


@bp.route(ROUTE, methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
async def give_command_on_page(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    async def change(visit: Visit, form: Form) -> Done:
        member, command = await known_member(req.route_params["id"]), req.route_params["command"]
        until = form.one("until")
        body = json.dumps({"until": until}).encode() if until else b""
        await carry_command(wiring.durable(client), member.okta_user_id, command, body, visit.session.who)
        return Done(f"people/{member.okta_user_id}", _said(command, member, until, visit))

    return await posted(req, change)


async def read_known(okta_user_id: str, durable: wiring.Durable) -> Known:
    """Raises Refused for somebody who has no row."""
    member = await known_member(okta_user_id)
    tables = await wiring.tables()
    return Known(
        member,
        await accounts.of_member(tables, member),
        await audit.newest_of_person(tables, member.okta_user_id, NEWEST_ACTS),
        await mails.of_person(tables, member.okta_user_id),
        await _stage(member, durable),
    )


async def _stage(member: Member, durable: wiring.Durable) -> str | None:
    """What the run shows of itself; the page does without if the host does not tell."""
    try:
        status = await durable.status(member.instance)
    except ClientError:
        return None
    return str(status.custom_status.get("stage", "")) if status else None


async def _confirm(visit: Visit) -> str:
    member, command = await known_member(visit.request.route_params["id"]), visit.request.route_params["command"]
    if command not in sensible_commands(member):
        reason = "The run does not await this now. It may have been told already, or something else has happened."
        raise Refused(HTTPStatus.CONFLICT, reason)
    prospect, back = await prospect_of(member), f"people/{member.okta_user_id}"
    action, until = f"{back}/{command}", None
    if command == Command.EXTEND:
        until = _until(visit.request.params.get("until", ""), prospect, visit)
        if until is None:
            default = (prospect.due_at or visit.now) + USUAL_EXTENSION
            last = visit.now + relativedelta(years=LONGEST_EXTENSION_YEARS)
            return confirmations.ask_date(prospect, visit.frame, default=default, last=last, action=action, back=back)
    asked = confirmations.of_person(command, prospect, visit.frame, until)
    fields = [("until", until.isoformat())] if until else []
    return confirmations.confirm(asked, visit.frame, action=action, back=back, fields=fields)


def _until(day: str, prospect: Prospect, visit: Visit) -> datetime | None:
    """That day, at the time of day at which the licenses would have gone; None for what is no day."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    zone = visit.frame.zone
    usual = (prospect.due_at or visit.now).astimezone(zone)
    return datetime.combine(found, usual.time().replace(microsecond=0), zone)


async def prospect_of(member: Member) -> Prospect:
    """What a command would come upon, as far as the tables tell."""
    tables = await wiring.tables()
    account, settings = await accounts.of_member(tables, member), wiring.settings()
    cataloged = frozenset(entry.sku_id for entry in await catalog.read(tables))
    plan = RemovalPlan((), (), ())
    try:
        present = not_taken(from_json(account.snapshot if account else None))
        plan = plan_removal(present, settings.license_scope, cataloged)
    except MalformedSnapshot:
        pass  # the page of the person says so
    names = wiring.sku_names()
    return Prospect(
        member,
        account.due_at if account else None,
        person.names_of(plan.remove, names),
        person.names_of(plan.inherited, names),
        settings.delay_for(member.group_id, member.group_name),
    )


def _said(command: str, member: Member, until: str, visit: Visit) -> str:
    name = member.display_name or member.login
    if command == Command.EXTEND:
        date = instants.dated(datetime.fromisoformat(until), visit.now, visit.frame.zone)
        return f"Said to the run of {name}: the licenses go on {date}."
    return f"Said to the run of {name}: {command}. What becomes of it is seen here in a moment."
