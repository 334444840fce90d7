"""Who has no key gets a 401 from every route of the app, of the Durable API and of the host itself."""

import re

import pytest

from tests.security.conftest import PLANTED, SecuredCompany, SecuredStack

# The liveness route answers everybody; the event hook asks for its own secret, which a stranger does not have either.
# The style sheet of the pages is no secret.
FOR_EVERYBODY = {"health", "dashboard/static/x"}
DURABLE = "/runtime/webhooks/durabletask"
INSTANCE = f"{DURABLE}/instances/staged_deactivation-1"
OTHERS = [
    ("GET", f"{DURABLE}/instances"),
    ("DELETE", f"{DURABLE}/instances?createdTimeFrom=2020-01-01"),
    ("GET", f"{INSTANCE}?showInput=true&showHistory=true"),
    ("DELETE", INSTANCE),
    ("POST", f"{INSTANCE}/raiseEvent/command-1"),
    ("POST", f"{INSTANCE}/terminate"),
    ("POST", f"{DURABLE}/orchestrators/staged_deactivation"),
    ("POST", "/admin/functions/catch_up"),
    ("GET", "/admin/host/status"),
    ("POST", "/admin/clock"),
]
WRONG = [
    {},
    {"x-functions-key": "wrong"},
    {"x-functions-key": PLANTED["OKTA_HOOK_SECRET"]},
    {"Authorization": "wrong"},
    {"Authorization": f"Bearer {PLANTED['LOCAL_HOST_KEY']}"},
]


def routes_of_the_app(stack: SecuredStack) -> list[tuple[str, str]]:
    """Every HTTP function as the host announces it, so that none added later is forgotten here."""
    announced = (stack.data / "logs/host.log").read_text().partition("Functions:")[2].partition("Host is listening")[0]
    found = re.findall(r"^\s*\w+: \[([\w,]+)\] http://[^/]+(/\S+)$", announced, re.MULTILINE)
    return [(method, re.sub(r"\{.*?\}", "x", path)) for methods, path in found for method in methods.split(",")]


@pytest.mark.parametrize("headers", WRONG, ids=["none", "wrong", "another secret", "wrong secret", "key as secret"])
async def test_no_route_lets_in_who_has_no_key(company: SecuredCompany, headers: dict[str, str]) -> None:
    routes = routes_of_the_app(company.stack)

    async with company.stranger() as stranger:
        refused = {
            (method, path): (await stranger.request(method, path, headers=headers)).status_code
            for method, path in routes + OTHERS
            if path.removeprefix("/api/") not in FOR_EVERYBODY
        }

    assert ("POST", "/api/okta/events") in refused
    assert ("GET", "/api/licenses") in refused
    assert set(refused.values()) == {401}, {route: status for route, status in refused.items() if status != 401}


async def test_everybody_may_ask_whether_the_app_is_up_and_learns_nothing_else(company: SecuredCompany) -> None:
    async with company.stranger() as stranger:
        up = await stranger.get("/api/health")

    assert (up.status_code, up.json()) == (200, {"status": "up"})


async def test_hook_secret_opens_nothing_but_the_hook(company: SecuredCompany) -> None:
    secret = {"Authorization": PLANTED["OKTA_HOOK_SECRET"]}

    async with company.stranger() as okta:
        hook = await okta.get("/api/okta/events", headers=secret)
        catalog = await okta.get("/api/licenses", headers=secret)

    assert (hook.status_code, catalog.status_code) == (200, 401)


async def test_key_does_not_open_the_hook(company: SecuredCompany) -> None:
    assert (await company.host.post("/api/okta/events", json={})).status_code == 401


async def test_no_answer_carries_the_key_that_was_asked_with(company: SecuredCompany) -> None:
    """The one key of this host stands for the system key as well."""
    key = PLANTED["LOCAL_HOST_KEY"]
    period = {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z", "top": "1"}
    routes = routes_of_the_app(company.stack)
    company.heard.clear()

    async with company.stranger() as operator:
        for method, path in routes:
            about = period if path.startswith("/api/audit") else {"group": "nobody"} if method == "DELETE" else {}
            answer = await operator.request(method, path, params={**about, "code": key})
            assert answer.status_code != 500, (method, path)

    assert len(company.heard) == len(routes)
    assert [heard for heard in company.heard if key in heard] == []
