"""Who is let in to the pages, for how long, and what every answer carries."""

from datetime import timedelta

import azure.functions as func
import pytest

import wiring
from clients.errors import Unavailable
from clients.tables import Tables
from tests.triggers.dashboard_world import SECRET, SITE, Office, plain, text_of
from triggers.dashboard_visits import enter

PAGES = [
    "overview",
    "people",
    "people/00u1ada",
    "people/00u1ada/keep",
    "held/release",
    "catalog",
    "catalog/g/s",
    "health",
]


@pytest.fixture
def office(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tables, monkeypatch)


async def test_key_is_exchanged_for_a_cookie_and_disappears_from_the_address(office: Office) -> None:
    answer = await office.enter()

    assert (answer.status_code, answer.headers["Location"]) == (303, "/api/dashboard/overview")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    (cookie,) = answer.headers.get_all("Set-Cookie")
    assert cookie.startswith("__Host-offstage=")
    assert cookie.partition("; ")[2] == "Path=/; HttpOnly; SameSite=Lax; Secure"
    assert "a-function-key" not in cookie


async def test_cookie_opens_every_page(office: Office) -> None:
    await office.enter()

    assert (await office.get("overview")).status_code == 200
    assert "key" in text_of(await office.get("overview")).partition("Sign out")[0]


@pytest.mark.parametrize("page", PAGES)
async def test_stolen_address_leads_to_the_door_and_shows_nothing(office: Office, page: str) -> None:
    answer = await office.get(page)

    assert answer.status_code == 401
    assert plain(text_of(answer)).startswith("You are not signed in")


@pytest.mark.parametrize("address", ["people/00u1ada/keep", "held", "catalog/g/s", "sign-out"])
async def test_nothing_can_be_posted_without_a_session(office: Office, address: str) -> None:
    answer = await office.post(address, [("token", "x"), ("confirmed", "yes"), ("command", "release")])

    assert (answer.status_code, office.client.raised) == (401, [])


async def test_session_is_over_after_eight_hours(office: Office) -> None:
    await office.enter()

    office.now += timedelta(hours=7, minutes=59)
    assert (await office.get("overview")).status_code == 200
    office.now += timedelta(minutes=2)
    assert (await office.get("overview")).status_code == 401


async def test_tampered_cookie_opens_nothing(office: Office) -> None:
    await office.enter()
    (name,) = office.cookies
    body, _, signature = office.cookies[name].partition(".")

    for forged in (f"{body}.", body, f".{signature}", f"{body[:-1]}.{signature}", f"{body}.{signature[:-1]}", "ü.ü"):
        office.cookies[name] = forged
        assert (await office.get("overview")).status_code == 401, forged


async def test_another_secret_ends_every_session(office: Office) -> None:
    await office.enter()

    office.configure(SESSION_SECRET="another-secret-of-more-than-32-characters")

    assert (await office.get("overview")).status_code == 401


@pytest.mark.parametrize("address", ["?code=a-function-key", "overview", "people/00u1ada"])
async def test_without_a_session_secret_there_are_no_pages_and_the_door_says_so(office: Office, address: str) -> None:
    office.configure(SESSION_SECRET="")

    answer = await office.get(address)

    assert (answer.status_code, office.cookies) == (503, {})
    assert "SESSION_SECRET is empty" in plain(text_of(answer))


async def test_signing_out_ends_the_session_in_this_browser(office: Office) -> None:
    await office.enter()

    left = await office.submit(text_of(await office.get("overview")), "sign-out")

    assert (left.status_code, office.cookies) == (303, {})


@pytest.mark.usefixtures("office")
async def test_http_on_this_machine_does_without_secure_and_no_other_http_does() -> None:
    def cookie(site: str) -> str:
        request = func.HttpRequest("GET", f"{site}/api/dashboard", body=b"")
        answer = enter("key", request, SECRET, "overview")
        return str(answer.headers["Set-Cookie"])

    assert "Secure" not in cookie("http://127.0.0.1:7071")
    assert "Secure" not in cookie("http://[::1]:7071")
    assert "Secure" in cookie("http://offstage.contoso.com")
    assert "Secure" in cookie("https://127.0.0.1")


@pytest.mark.parametrize("address", ["overview", "people", "catalog"])
async def test_every_page_carries_strict_headers_and_nothing_inline(office: Office, address: str) -> None:
    await office.enter()

    answer = await office.get(address)

    policy = answer.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    page = text_of(answer)
    assert not [bad for bad in ("<script", "<style", " style=", " onclick", "javascript:") if bad in page]


async def test_style_sheet_may_be_kept_for_good_under_a_name_that_changes_with_it(office: Office) -> None:
    await office.enter()
    page = text_of(await office.get("overview"))
    address = page.partition('rel="stylesheet" href="/api/dashboard/')[2].partition('"')[0]

    style = await office.get(address)

    assert (style.status_code, style.mimetype) == (200, "text/css")
    assert "immutable" in style.headers["Cache-Control"]
    assert (await office.get("static/style-0.css")).status_code == 404
    assert (await office.get("static/frame.py")).status_code == 404


class TestSignedInWithEntra:
    @pytest.fixture(autouse=True)
    def _authentication_is_on(self, office: Office) -> None:
        office.configure(WEBSITE_AUTH_ENABLED="True")

    async def test_who_is_signed_in_needs_no_key_and_is_named(self, office: Office) -> None:
        entered = await office.get("people?phase=held", **{"X-MS-CLIENT-PRINCIPAL-NAME": "iris@contoso.com"})

        assert (entered.status_code, entered.headers["Location"]) == (303, "/api/dashboard/people?phase=held")
        page = text_of(await office.get("people", **{"X-MS-CLIENT-PRINCIPAL-NAME": "iris@contoso.com"}))
        assert "iris@contoso.com" in page

    async def test_session_is_good_for_nobody_else(self, office: Office) -> None:
        await office.get("people", **{"X-MS-CLIENT-PRINCIPAL-NAME": "iris@contoso.com"})

        answer = await office.get("people", **{"X-MS-CLIENT-PRINCIPAL-NAME": "bob@contoso.com"})

        assert answer.status_code == 303
        page = text_of(await office.get("people", **{"X-MS-CLIENT-PRINCIPAL-NAME": "bob@contoso.com"}))
        assert "bob@contoso.com" in page
        assert "iris@contoso.com" not in page


async def test_header_that_anybody_can_send_opens_nothing_while_authentication_is_off(office: Office) -> None:
    answer = await office.get("overview", **{"X-MS-CLIENT-PRINCIPAL-NAME": "iris@contoso.com"})

    assert (answer.status_code, office.cookies) == (401, {})


FOREIGN = [
    {"Origin": "https://evil.example", "Host": "offstage.contoso.com"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin", "Host": "offstage.contoso.com"},
    {"Origin": SITE, "Sec-Fetch-Site": "cross-site", "Host": "offstage.contoso.com"},
    {"Origin": SITE, "Sec-Fetch-Site": "same-site", "Host": "offstage.contoso.com"},
    {"Origin": "null", "Host": "offstage.contoso.com"},
    {"Host": "offstage.contoso.com"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_form_posted_from_elsewhere_changes_nothing_though_its_token_is_right(
    office: Office, headers: dict[str, str]
) -> None:
    await office.enter()
    page = text_of(await office.get("overview"))
    token = page.partition('name="token" value="')[2].partition('"')[0]

    answer = await office.post("sign-out", [("token", token)], **headers)

    assert answer.status_code == 403
    assert office.cookies


async def test_form_through_a_proxy_with_another_name_is_taken(office: Office) -> None:
    await office.enter()
    page = text_of(await office.get("overview"))
    token = page.partition('name="token" value="')[2].partition('"')[0]
    headers = {"Origin": "https://off.example", "Host": "app.azurewebsites.net", "X-Forwarded-Host": "off.example"}

    answer = await office.post("sign-out", [("token", token)], **headers)

    assert answer.status_code == 303


@pytest.mark.parametrize("fields", [[], [("token", "")], [("token", "wrong")], [("token", "ü")]])
async def test_form_without_the_token_of_this_session_changes_nothing(
    office: Office, fields: list[tuple[str, str]]
) -> None:
    await office.enter()

    answer = await office.post("sign-out", fields)

    assert (answer.status_code, len(office.cookies)) == (403, 1)


async def test_token_of_another_session_is_worth_nothing(office: Office) -> None:
    await office.enter()
    token = text_of(await office.get("overview")).partition('name="token" value="')[2].partition('"')[0]
    await office.enter()

    answer = await office.post("sign-out", [("token", token)])

    assert answer.status_code == 403


async def test_notice_of_another_session_is_not_shown(office: Office) -> None:
    await office.enter()
    office.cookies["offstage-notice"] = "T2xk.forged"

    assert 'class="notice"' not in text_of(await office.get("overview"))


async def test_trouble_of_the_tables_is_said_on_a_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise Unavailable("tables", "query Members", status=503)

    await office.enter()
    monkeypatch.setattr(wiring, "tables", broken)

    answer = await office.get("overview")

    assert answer.status_code == 503
    assert "gave no answer just now" in plain(text_of(answer))
