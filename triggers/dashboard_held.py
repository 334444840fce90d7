"""What is said to several people at once whom the brake holds: release, or discard."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.members import Member
from lifecycle.orders import Command
from lifecycle.stages import Phase
from pages import confirmations
from pages.frame import count_of
from pages.overview import in_order_held
from rows import members
from triggers.answers import Refused
from triggers.dashboard_visits import Done, Form, Visit, posted, visited
from triggers.member_commands import carry_command

EVERYBODY = "everybody"
FOR_THE_HELD = (Command.RELEASE, Command.DISCARD)

bp = df.Blueprint()


@bp.route("dashboard/held/{command}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def confirm_for_all_held(req: func.HttpRequest) -> func.HttpResponse:
    async def page(visit: Visit) -> str:
        return await _confirm(visit, _command(req.route_params["command"]), None)

    return await visited(req, page)


@bp.route("dashboard/held", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
async def command_held(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    """Ask first; and do it when the form that asks comes back."""

    async def change(visit: Visit, form: Form) -> Done | str:
        command = _command(form.one("command"))
        chosen = None if form.one("members") == EVERYBODY else form.every("member")
        if form.one("confirmed") != "yes":
            return await _confirm(visit, command, chosen)
        return await _tell(wiring.durable(client), command, await _whom(chosen), visit.session.who)

    return await posted(req, change)


async def _confirm(visit: Visit, command: Command, chosen: Sequence[str] | None) -> str:
    people = await _whom(chosen)
    asked = confirmations.of_held(command, people, everybody=chosen is None)
    whom = [("members", EVERYBODY)] if chosen is None else [("member", each.okta_user_id) for each in people]
    fields = [("command", command.value), *whom]
    return confirmations.confirm(asked, visit.frame, action="held", back="overview", fields=fields)


async def _whom(chosen: Sequence[str] | None) -> list[Member]:
    """Those chosen who are held, or everybody, in the order in which they were held. Raises Refused for nobody."""
    tables = await wiring.tables()
    held: list[Member] = []
    after = None
    while True:
        page = await members.page(tables, Phase.HELD, after, 1000)
        held += page.records
        if (after := page.continuation) is None:
            break
    found = [each for each in in_order_held(held) if chosen is None or each.okta_user_id in set(chosen)]
    if not found:
        reason = "Nobody was chosen who is held." if chosen is not None else "Nobody is held any more."
        raise Refused(HTTPStatus.CONFLICT, reason)
    return found


async def _tell(durable: wiring.Durable, command: Command, people: Sequence[Member], by: str) -> Done:
    """One after the other, so that they go in this order. Whoever cannot be told is named by the count alone."""
    told = 0
    for member in people:
        try:
            await carry_command(durable, member.okta_user_id, command.value, b"", by)
            told += 1
        except Refused:
            continue  # told by somebody else meanwhile
    left = len(people) - told
    also = f" {count_of(left, 'person was', 'people were')} told something else meanwhile." if left else ""
    done = "Released" if command is Command.RELEASE else "Discarded"
    return Done("overview", f"{done}: {count_of(told, 'person', 'people')}.{also}")


def _command(word: str) -> Command:
    if word not in FOR_THE_HELD:
        raise Refused(HTTPStatus.NOT_FOUND, "Those who are held are released or discarded.")
    return Command(word)
