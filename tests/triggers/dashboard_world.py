"""A browser with cookies and nothing else, before pages made from real tables."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import azure.functions as func
import pytest

import wiring
from clients.tables import Tables
from rows import catalog, state
from settings import read_settings
from tests.triggers.members_world import NOW, World
from tests.triggers.test_okta_event_hook import ENVIRON
from triggers import (
    dashboard,
    dashboard_catalog,
    dashboard_health,
    dashboard_held,
    dashboard_overview,
    dashboard_people,
    dashboard_person,
)

SECRET = "a-session-secret-of-more-than-32-characters"
SITE = "https://offstage.contoso.com"
BASE = f"{SITE}/api/dashboard"
SAME_SITE = {"Origin": SITE, "Sec-Fetch-Site": "same-origin", "Host": "offstage.contoso.com"}
ROUTES = {
    ("GET", ""): dashboard.open_dashboard,
    ("POST", "sign-out"): dashboard.leave_dashboard,
    ("GET", "static/{file}"): dashboard.show_static,
    ("GET", "overview"): dashboard_overview.show_overview,
    ("GET", "people"): dashboard_people.show_people,
    ("GET", "people/{id}"): dashboard_person.show_person,
    ("GET", "people/{id}/{command}"): dashboard_person.confirm_command,
    ("POST", "people/{id}/{command}"): dashboard_person.give_command_on_page,
    ("GET", "held/{command}"): dashboard_held.confirm_for_all_held,
    ("POST", "held"): dashboard_held.command_held,
    ("GET", "health"): dashboard_health.show_health_page,
    ("GET", "catalog"): dashboard_catalog.show_catalog,
    ("GET", "catalog/{group}/{skuId}"): dashboard_catalog.confirm_choice,
    ("POST", "catalog/{group}/{skuId}"): dashboard_catalog.choose_on_page,
}
Fields = list[tuple[str, str]]


class Office(World):
    """The people of `World`, and one operator's browser."""

    def __init__(self, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(tables, monkeypatch)
        for table in (catalog, state):
            monkeypatch.setattr(table, "TABLE", f"T{id(table)}{id(self)}")
        self._patch = monkeypatch
        self.cookies: dict[str, str] = {}
        self.now = NOW
        monkeypatch.setattr(wiring, "now", lambda: self.now)
        self.configure(SESSION_SECRET=SECRET)

    def configure(self, **values: str) -> None:
        found = read_settings(ENVIRON | {"SESSION_SECRET": SECRET} | values)
        self._patch.setattr(wiring, "settings", lambda: found)

    async def enter(self) -> func.HttpResponse:
        """Through the door, with a key that the platform has checked."""
        return await self.get("?code=a-function-key")

    async def get(self, address: str, **headers: str) -> func.HttpResponse:
        return await self._send("GET", address, b"", headers)

    async def follow(self, response: func.HttpResponse) -> str:
        """The page to which an answer leads."""
        return text_of(await self.get(response.headers["Location"].removeprefix("/api/dashboard/")))

    async def post(self, address: str, fields: Fields, **headers: str) -> func.HttpResponse:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._send("POST", address, urlencode(fields).encode(), form | (headers or SAME_SITE))

    async def submit(self, page: str, address: str, *more: tuple[str, str]) -> func.HttpResponse:
        """Post the form of a page, as the browser does."""
        return await self.post(address, [*hidden_fields(page, address), *more])

    async def _send(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> func.HttpResponse:
        url = urlsplit(f"{BASE}/{address}" if address and address[0] != "?" else f"{BASE}{address}")
        route, values = route_of(method, url.path.removeprefix("/api/dashboard").strip("/"))
        params = dict(parse_qsl(url.query))
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        request = func.HttpRequest(
            method, url.geturl(), headers={"Cookie": cookie} | headers, params=params, route_params=values, body=body
        )
        function: Any = route._function.get_user_function()
        inner = getattr(function, "client_function", None)
        response: func.HttpResponse = await (inner(request, self.client) if inner else function(request))
        self._keep(response)
        return response

    def _keep(self, response: func.HttpResponse) -> None:
        for cookie in response.headers.get_all("Set-Cookie"):
            pair, *attributes = cookie.split("; ")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def route_of(method: str, path: str) -> tuple[Any, dict[str, str]]:
    for (known, template), function in ROUTES.items():
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template)
        if known == method and (match := re.fullmatch(pattern, path)):
            return function, match.groupdict()
    raise LookupError(f"{method} {path}")


def text_of(response: func.HttpResponse) -> str:
    return response.get_body().decode()


def plain(page: str) -> str:
    """What a person reads: no tags, no runs of spaces."""
    body = page.partition('tabindex="-1">')[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def hidden_fields(page: str, address: str) -> Fields:
    """What the form of a page that goes to this address carries."""
    form = next(
        part for part in page.split("<form")[1:] if f'action="/api/dashboard/{address.partition("?")[0]}"' in part
    )
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form.partition("</form>")[0])
    return [(name, unescape(value)) for name, value in found]
