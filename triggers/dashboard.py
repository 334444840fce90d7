"""The door of the pages, the way out, and the files that every page needs."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

import wiring
from pages import doors
from pages.frame import STATIC, Frame, by_address, static_file
from triggers.dashboard_visits import (
    HEADERS,
    Done,
    Form,
    Visit,
    enter,
    leave,
    posted,
    session_secret,
    show,
)
from triggers.operator import who_asks

FOR_GOOD = "public, max-age=31536000, immutable"

bp = df.Blueprint()


@bp.route("dashboard", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def open_dashboard(req: func.HttpRequest) -> func.HttpResponse:
    """The one route of the pages at which the platform asks for a key. It is exchanged for a session."""
    secret = session_secret()
    if secret is None:
        return show(doors.no_pages(Frame(wiring.now())), HTTPStatus.SERVICE_UNAVAILABLE)
    return enter(who_asks(req.headers), req, secret, "overview")


@bp.route("dashboard/sign-out", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def leave_dashboard(req: func.HttpRequest) -> func.HttpResponse:
    async def nothing(visit: Visit, form: Form) -> Done:
        return Done("overview", "")

    answer = await posted(req, nothing)
    return leave(req) if answer.status_code == HTTPStatus.SEE_OTHER else answer


@bp.route("dashboard/static/{file}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_static(req: func.HttpRequest) -> func.HttpResponse:
    """The style sheet and the icon; another content has another name, so a browser may keep them for good."""
    name = by_address().get(req.route_params["file"])
    if name is None:
        return func.HttpResponse(status_code=HTTPStatus.NOT_FOUND.value, headers=dict(HEADERS))
    headers = {**HEADERS, "Cache-Control": FOR_GOOD}
    return func.HttpResponse(static_file(name), headers=headers, mimetype=STATIC[name], charset="utf-8")
