"""The guard of the pages: who has a session is let in, and every answer carries the headers that a page needs.

The platform checks a function key at the door alone (triggers/dashboard.py). The routes behind it are open to the
platform, so each of them begins with `visited` or `posted`.
"""

import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

import azure.functions as func

import wiring
from clients.errors import ClientError, TablesRefused
from pages import doors
from pages.frame import BASE, Frame
from triggers.answers import Malformed, Refused
from triggers.dashboard_session import (
    Session,
    begin,
    form_token,
    from_cookie,
    is_form_token,
    read_notice,
    sign_notice,
    to_cookie,
)
from triggers.operator import BY_KEY, who_asks

LONGEST_FORM = 256 * 1024  # bytes: some five thousand people chosen
LONGEST_NOTICE = 1000
NOTICE = "offstage-notice"
KEYS_OF_THE_HOST = ("code", "clientId")
FORM = "application/x-www-form-urlencoded"
# The door's own address has the key in it. Of a page, the site itself has to be told where a form was posted from: to a
# POST without Origin and Referer, App Service authentication answers 403:
# https://learn.microsoft.com/azure/app-service/overview-authentication-authorization
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
log = logging.getLogger("offstage.dashboard")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who has a session."""

    request: func.HttpRequest
    session: Session
    secret: str
    now: datetime

    @property
    def frame(self) -> Frame:
        """With what the page before left to be said."""
        notice = cookies_of(self.request).get(NOTICE)
        return Frame(
            now=self.now,
            who=self.session.who,
            token=form_token(self.session, self.secret),
            notice=read_notice(notice, self.session, self.secret) if notice else None,
            dry_run=wiring.settings().dry_run,
            zone=ZoneInfo(wiring.settings().time_zone),
        )


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        return self.fields.get(name, [""])[0]

    def every(self, name: str) -> list[str]:
        return self.fields.get(name, [])


@dataclass(frozen=True, slots=True)
class Done:
    """Where to go after a change (below the dashboard), and what is said there."""

    path: str
    notice: str


Page = Callable[[Visit], Awaitable[str]]
Change = Callable[[Visit, Form], Awaitable[Done | str]]


async def visited(req: func.HttpRequest, page: Page) -> func.HttpResponse:
    """A page for whoever has a session, and the door for everybody else."""
    visit = _visit(req)
    if isinstance(visit, func.HttpResponse):
        return visit
    shown = await _carefully(visit, page(visit))
    if NOTICE in cookies_of(req):
        shown.headers.add("Set-Cookie", f"{NOTICE}=; Path={BASE}; Max-Age=0; HttpOnly; SameSite=Lax")
    return shown


async def posted(req: func.HttpRequest, change: Change) -> func.HttpResponse:
    """A change, for a form that this app gave to this session."""
    visit = _visit(req)
    if isinstance(visit, func.HttpResponse):
        return visit
    form = _form(req)
    if form is None or not is_from_here(req) or not is_form_token(form.one("token"), visit.session, visit.secret):
        log.warning("a form was refused that no page of this session had made")
        reason = "The form did not come from a page of this session. Nothing was changed; open the page and try again."
        return show(doors.message(visit.frame, "Nothing was changed", reason), HTTPStatus.FORBIDDEN)
    return await _carefully(visit, change(visit, form))


def enter(who: str, req: func.HttpRequest, secret: str, path: str) -> func.HttpResponse:
    """Begin a session, and go where the address holds no key."""
    response = redirect(path)
    # An address with a key in it is nobody else's business, this site's own pages included.
    response.headers["Referrer-Policy"] = "no-referrer"
    name, attributes = _cookie_of(req)
    value = to_cookie(begin(who, wiring.now()), secret)
    response.headers.add("Set-Cookie", f"{name}={value}; {attributes}")
    return response


def leave(req: func.HttpRequest) -> func.HttpResponse:
    """End the session on this browser."""
    response = redirect("overview")
    name, attributes = _cookie_of(req)
    response.headers.add("Set-Cookie", f"{name}=; {attributes}; Max-Age=0")
    return response


def show(html: str, status: HTTPStatus = HTTPStatus.OK) -> func.HttpResponse:
    return func.HttpResponse(
        html, status_code=status.value, headers=dict(HEADERS), mimetype="text/html", charset="utf-8"
    )


def redirect(path: str) -> func.HttpResponse:
    """To a page, which is then asked for with GET."""
    return func.HttpResponse(status_code=HTTPStatus.SEE_OTHER.value, headers={**HEADERS, "Location": f"{BASE}/{path}"})


def session_secret() -> str | None:
    found = wiring.settings().session_secret
    return found.get_secret_value() if found else None


def cookies_of(req: func.HttpRequest) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in req.headers.get("Cookie", "").split(";"))
    return {name: value for name, _, value in pairs if name}


def is_from_here(req: func.HttpRequest) -> bool:
    """Whether the browser says that one of our own pages has posted this. What says nothing is no browser of today.

    A proxy in front may have another name than we; browsers let no page set these headers.
    """
    site: str | None = req.headers.get("Sec-Fetch-Site")
    origin: str | None = req.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    if origin is None or origin == "null":
        return site == "same-origin"
    names = ("Host", "X-Forwarded-Host", "X-Original-Host")
    ours = [urlsplit(str(req.url)).netloc, *(str(req.headers.get(name)) for name in names)]
    return urlsplit(origin).netloc in ours


def _visit(req: func.HttpRequest) -> Visit | func.HttpResponse:
    """Who visits; else what is answered to somebody who is not let in."""
    secret, now = session_secret(), wiring.now()
    if secret is None:
        return show(doors.no_pages(Frame(now)), HTTPStatus.SERVICE_UNAVAILABLE)
    cookie, principal = cookies_of(req).get(_cookie_of(req)[0], ""), who_asks(req.headers)
    session = from_cookie(cookie, secret, now)
    # A session is good for nobody but whom it was made for: of one who signed in, as long as the sign-in lasts.
    if session and session.who == principal:
        return Visit(req, session, secret, now)
    if principal != BY_KEY and req.method == "GET":
        return enter(principal, req, secret, _asked_for(req))
    return show(doors.closed(Frame(now)), HTTPStatus.UNAUTHORIZED)


def _asked_for(req: func.HttpRequest) -> str:
    """The page, below the dashboard; without a key, which somebody may have added as at the door."""
    url = urlsplit(str(req.url))
    query = urlencode([(name, value) for name, value in parse_qsl(url.query) if name not in KEYS_OF_THE_HOST])
    return url.path.partition(f"{BASE}/")[2] + (f"?{query}" if query else "")


async def _carefully(visit: Visit, work: Awaitable[str | Done]) -> func.HttpResponse:
    """What goes wrong is said on a page, in the words of the operators' routes."""
    try:
        found = await work
    except Refused as refused:
        return show(doors.message(visit.frame, "This cannot be done", str(refused)), refused.status)
    except Malformed as error:
        return show(doors.message(visit.frame, "This cannot be done", str(error)), HTTPStatus.BAD_REQUEST)
    except ClientError as error:
        log.error("%s gave no useful answer: status %s %s", error.system, error.status, error.code)
        is_told = error.permanent or isinstance(error, TablesRefused)
        reason = str(error) if is_told else f"{error.system} gave no answer just now; try again in a moment"
        return show(doors.message(visit.frame, "No answer", reason), HTTPStatus.SERVICE_UNAVAILABLE)
    return show(found) if isinstance(found, str) else _gone_on(visit, found)


def _gone_on(visit: Visit, done: Done) -> func.HttpResponse:
    response = redirect(done.path)
    notice = sign_notice(done.notice[:LONGEST_NOTICE], visit.session, visit.secret)
    attributes = f"Path={BASE}; Max-Age=60; HttpOnly; SameSite=Lax{_secure(visit.request)}"
    response.headers.add("Set-Cookie", f"{NOTICE}={notice}; {attributes}")
    return response


def _form(req: func.HttpRequest) -> Form | None:
    """What was posted; None for what is no form of ours."""
    body = req.get_body()
    if len(body) > LONGEST_FORM or not req.headers.get("Content-Type", "").startswith(FORM):
        return None
    try:
        return Form(parse_qs(body.decode("ascii"), keep_blank_values=True))
    except ValueError:
        return None


def _cookie_of(req: func.HttpRequest) -> tuple[str, str]:
    """The name of the session's cookie, and its attributes. No other host can set one that is called `__Host-`."""
    secure = _secure(req)
    return "__Host-offstage" if secure else "offstage", f"Path=/; HttpOnly; SameSite=Lax{secure}"


def _secure(req: func.HttpRequest) -> str:
    """Nothing goes over a line that others read; http on this machine alone does without."""
    url = urlsplit(str(req.url))
    return "" if url.scheme == "http" and _is_this_machine(url.hostname or "") else "; Secure"


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
