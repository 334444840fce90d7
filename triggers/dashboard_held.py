"""What is said to several people at once whom the brake holds: release, or discard."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.members import Member
from lifecycle.orders import Command
from pages import confirmations
from pages.frame import count_of
from triggers.answers import Refused
from triggers.dashboard_visits import Done, Form, Visit, posted, visited
from triggers.member_commands import carry_command
from triggers.release import held, release

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
        durable, people, by = wiring.durable(client), await _whom(chosen), visit.session.who
        if command is Command.RELEASE:
            return await _release(durable, people, by, everybody=chosen is None)
        return await _discard(durable, people, by)

    return await posted(req, change)


async def _confirm(visit: Visit, command: Command, chosen: Sequence[str] | None) -> str:
    people = await _whom(chosen)
    asked = confirmations.of_held(command, people, everybody=chosen is None)
    whom = [("members", EVERYBODY)] if chosen is None else [("member", each.okta_user_id) for each in people]
    fields = [("command", command.value), *whom]
    return confirmations.confirm(asked, visit.frame, action="held", back="overview", fields=fields)


async def _whom(ids: Sequence[str] | None) -> list[Member]:
    """Those chosen who are held, or everybody, in the order in which they were held. Raises Refused for nobody."""
    found = [each for each in await held() if ids is None or each.okta_user_id in set(ids)]
    if not found:
        reason = "Nobody was chosen who is held." if ids is not None else "Nobody is held any more."
        raise Refused(HTTPStatus.CONFLICT, reason)
    return found


async def _release(durable: wiring.Durable, people: Sequence[Member], by: str, *, everybody: bool) -> Done:
    """As `POST members/release`."""
    names = () if everybody else [each.okta_user_id for each in people]
    told = await release(durable, by, names)
    parts = [f"Released: {count_of(len(told.released), 'person', 'people')}."]
    if told.not_released:
        missed = count_of(len(told.not_released), "person", "people")
        parts.append(f"Not released: {missed}, since {told.not_released[0].reason}.")
    if told.still_held:
        parts.append(f"There was no time for {told.still_held:,} more: release again.")
    return Done("overview", " ".join(parts))


async def _discard(durable: wiring.Durable, people: Sequence[Member], by: str) -> Done:
    """One after the other, as `POST members/{user}/discard`."""
    told = 0
    for member in people:
        try:
            await carry_command(durable, member.okta_user_id, Command.DISCARD.value, b"", by)
            told += 1
        except Refused:
            continue  # told something else meanwhile
    left = len(people) - told
    also = f" {count_of(left, 'person was', 'people were')} told something else meanwhile." if left else ""
    return Done("overview", f"Discarded: {count_of(told, 'person', 'people')}.{also}")


def _command(word: str) -> Command:
    if word not in FOR_THE_HELD:
        raise Refused(HTTPStatus.NOT_FOUND, "Those who are held are released or discarded.")
    return Command(word)
