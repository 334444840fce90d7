"""The pages under attack: the platform lets everybody through to them, so each one has to refuse by itself."""

import json
import re

import pytest

from clients.tables import Tables
from tests.test_function_app import run_python
from tests.triggers.dashboard_world import ROUTES, SAME_SITE, Office, plain, text_of
from tests.triggers.members_world import ADA

PRINCIPAL = "X-MS-CLIENT-PRINCIPAL-NAME"
# The door of Okta asks for its secret.
OPEN_TO_ALL = {("GET", "health"), ("HEAD", "health"), ("GET", "okta/events"), ("POST", "okta/events")}
BEHIND_THE_DOOR = sorted({*ROUTES} - {("GET", ""), ("GET", "static/{file}")})
DEPLOYED = """
import function_app, json
triggers = [function.get_trigger() for function in function_app.app.get_functions()]
routes = [
    [getattr(method, "value", method), each.route]
    for each in triggers
    if each.get_binding_name() == "httpTrigger" and each.auth_level.value == "anonymous"
    for method in each.methods
]
print(json.dumps(routes))
"""


@pytest.fixture
def office(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tables, monkeypatch)


def test_whatever_is_deployed_without_a_key_is_known_here() -> None:
    """So that a new page cannot be left out of the test below."""
    found = run_python(DEPLOYED)

    assert found.returncode == 0, found.stderr
    keyless = {(method, route) for method, route in json.loads(found.stdout)}
    pages = {(method, f"dashboard/{route}") for method, route in ROUTES if route}
    assert keyless - OPEN_TO_ALL == pages


@pytest.mark.parametrize("headers", [{}, {PRINCIPAL: "iris@contoso.com"}], ids=["no session", "a forged name"])
@pytest.mark.parametrize(("method", "route"), BEHIND_THE_DOOR)
async def test_every_page_refuses_whoever_has_no_session(
    office: Office, method: str, route: str, headers: dict[str, str]
) -> None:
    office.cookies |= {"__Host-offstage": "a.b", "offstage": "a.b"}
    address = re.sub(r"{\w+}", "release", route)
    fields = [("token", "x"), ("confirmed", "yes"), ("command", "release"), ("members", "everybody")]

    answer = await (
        office.post(address, fields, **SAME_SITE, **headers) if method == "POST" else office.get(address, **headers)
    )

    assert (answer.status_code, office.client.raised) == (401, [])
    assert plain(text_of(answer)).startswith("You are not signed in")
    assert "Set-Cookie" not in answer.headers


class TestSignedInWithEntra:
    @pytest.fixture(autouse=True)
    def _authentication_is_on(self, office: Office) -> None:
        office.configure(WEBSITE_AUTH_ENABLED="True")

    async def test_stolen_cookie_is_worth_nothing_without_the_sign_in(self, office: Office) -> None:
        await office.get("people", **{PRINCIPAL: "iris@contoso.com"})
        assert office.cookies

        assert (await office.get("people")).status_code == 401

    async def test_key_in_the_address_of_a_page_is_gone_after_the_redirect(self, office: Office) -> None:
        entered = await office.get("people?code=a-function-key&phase=held", **{PRINCIPAL: "iris@contoso.com"})

        assert entered.headers["Location"] == "/api/dashboard/people?phase=held"


@pytest.mark.parametrize(
    "address",
    [
        "people?due=9999-12-31",
        "people?due=0001-01-01",
        f"people?due=2026-11-26&after={'9' * 5000}",
        "people/00u1ada/extend?until=9999-12-31",
        "people/00u1ada/extend?until=0001-01-01",
    ],
)
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
async def test_address_with_a_day_beyond_time_is_answered_with_a_page(office: Office, address: str, zone: str) -> None:
    office.configure(TIME_ZONE=zone)
    await office.put(ADA)
    await office.enter()

    answer = await office.get(address)

    assert answer.status_code == 200
