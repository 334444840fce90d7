"""What Microsoft Graph tells us: as a record, as None, or as an error, and never asked twice."""

import logging
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

import clients.graph
from clients.errors import (
    ClientError,
    Conflict,
    NotPermitted,
    Rejected,
    Throttled,
    Unavailable,
)
from clients.graph import Graph
from clients.records import EntraUser, LicenseAssignment, ServicePlan, SubscribedSku
from tests.clients.graph_answers import DENIED, E3, MANAGER, NO_SUCH, P2, PLAN, READ, SELECT, TOKEN, refusal, user
from tests.clients.script import Script


async def test_a_user_arrives_with_every_license_and_how_it_is_held(script: Script, graph: Graph) -> None:
    states = [
        {"skuId": E3.upper(), "disabledPlans": [PLAN], "assignedByGroup": None, "state": "Active", "error": "None"},
        {"skuId": P2, "disabledPlans": [], "assignedByGroup": "g1", "state": "Error", "error": "CountViolation"},
    ]
    more = {"usageLocation": "ES", "onPremisesSyncEnabled": True, "accountEnabled": False}
    script.answer(READ, user(licenseAssignmentStates=states, **more))

    found = await graph.read_user("u1")

    held = (
        LicenseAssignment(E3, (PLAN,), None, "Active", None),
        LicenseAssignment(P2, (), "g1", "Error", "CountViolation"),
    )
    assert found == EntraUser("u1", "ana@contoso.com", "Ana", "ana@contoso.com", False, "ES", True, held)
    assert script.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


async def test_one_connection_serves_all_requests(script: Script, graph: Graph) -> None:
    for _ in range(3):
        script.answer(READ, user())
        await graph.read_user("u1")

    assert len({seen.port for seen in script.seen}) == 1


async def test_a_user_principal_name_is_encoded_in_the_path(script: Script, graph: Graph) -> None:
    script.answer(f"GET /v1.0/users/o%27hara%2Bx%23ext%23%40contoso.com?{SELECT}", user())

    assert await graph.read_user("o'hara+x#ext#@contoso.com")


async def test_a_user_the_tenant_does_not_have_is_none(script: Script, graph: Graph) -> None:
    script.answer(READ, refusal(NO_SUCH), status=404)

    assert await graph.read_user("u1") is None
    assert await graph.read_user("") is None


async def test_no_login_is_written_to_the_log(script: Script, graph: Graph, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    script.answer(f"GET /v1.0/users/ana%40contoso.com?{SELECT}", user())

    await graph.read_user("ana@contoso.com")

    assert caplog.text == ""


@pytest.mark.parametrize("lacking", ["licenseAssignmentStates", "accountEnabled", "id"])
async def test_a_user_without_what_was_asked_for_is_an_incomplete_read(
    script: Script, graph: Graph, lacking: str
) -> None:
    script.answer(READ, {name: value for name, value in user().items() if name != lacking})

    with pytest.raises(Unavailable, match=lacking):
        await graph.read_user("u1")


ANSWERS: list[tuple[int, object, bytes, type[ClientError]]] = [
    (400, refusal("Request_BadRequest"), b"", Rejected),
    (401, refusal("InvalidAuthenticationToken"), b"", NotPermitted),
    (403, refusal(DENIED, "Insufficient privileges to complete the operation."), b"", NotPermitted),
    (404, refusal("ResourceNotFound"), b"", Rejected),
    (404, None, b"<html>no such page</html>", Rejected),
    (409, refusal("Directory_ConcurrencyViolation"), b"", Conflict),
    (412, refusal("PreconditionFailed"), b"", Conflict),
    (429, refusal("TooManyRequests"), b"", Throttled),
    (429, None, b"", Throttled),
    (500, None, b"", Unavailable),
    (500, refusal("InternalServerError"), b"", Unavailable),
    (502, None, b"<html>bad gateway</html>", Unavailable),
    (503, refusal("ServiceUnavailable"), b"", Unavailable),
    (504, None, b"", Unavailable),
    (400, ["not", "an", "error"], b"", Rejected),
    (302, None, b"", Unavailable),
    (204, None, b"", Unavailable),
    (200, None, b"", Unavailable),
    (200, None, b"<html>sign in</html>", Unavailable),
    (200, None, b'{"id": "u', Unavailable),
    (200, [], b"", Unavailable),
    (200, user(licenseAssignmentStates=[{"skuId": 5}]), b"", Unavailable),
    (200, user(licenseAssignmentStates=[{"state": "Active"}]), b"", Unavailable),
]


@pytest.mark.parametrize(("status", "json", "body", "kind"), ANSWERS)
async def test_every_other_answer_is_an_error_of_ours_after_one_request(
    script: Script, graph: Graph, status: int, json: object, body: bytes, kind: type[ClientError]
) -> None:
    page = (("Content-Type", "text/html" if body.startswith(b"<") else "application/json"),)
    script.answer(READ, json, status=status, body=body, headers=page if body else ())

    with pytest.raises(ClientError) as caught:
        await graph.read_user("u1")

    assert type(caught.value) is kind
    assert caught.value.permanent == (kind in (Rejected, NotPermitted))
    assert TOKEN not in str(caught.value)


async def test_an_error_names_what_was_asked_what_came_back_and_the_permission(script: Script, graph: Graph) -> None:
    script.answer(READ, refusal(DENIED, "Insufficient privileges to complete the operation."), status=403)

    with pytest.raises(NotPermitted) as caught:
        await graph.read_user("u1")

    error = caught.value
    assert (error.system, error.status, error.code, error.request_id) == ("graph", 403, DENIED, "req-7")
    assert str(error) == (
        "Microsoft Graph was asked to read the user u1 and answered 403 Authorization_RequestDenied: Insufficient"
        " privileges to complete the operation (request id req-7). Check that the app has User.Read.All,"
        " with admin consent."
    )


@pytest.mark.parametrize(("header", "seconds"), [("17", 17.0), ("Mon, 23 Nov 2020 10:00:00 GMT", 0.0), ("soon", None)])
async def test_retry_after_is_handed_on_and_not_slept_through(
    script: Script, graph: Graph, header: str, seconds: float | None
) -> None:
    script.answer(READ, refusal("TooManyRequests"), status=429, headers=(("Retry-After", header),))

    with pytest.raises(Throttled) as caught:
        await graph.read_user("u1")

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("fault", ["drop", "hang"])
async def test_no_answer_is_unavailable(script: Script, fault: str) -> None:
    graph = Graph(f"{script.url}/v1.0", access_token=TOKEN, timeout=0.2)
    script.answer(READ, fault=fault)

    with pytest.raises(Unavailable, match="gave no answer"):
        await graph.read_user("u1")

    await graph.close()


async def test_call_gives_up_in_all_although_each_piece_of_the_answer_is_in_time(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a write cannot come long after its run has found the account to be its own."""
    monkeypatch.setattr(clients.graph, "GIVES_UP_AFTER", 0.1)
    graph = Graph(f"{script.url}/v1.0", access_token=TOKEN)
    script.answer(READ, fault="hang")

    with pytest.raises(Unavailable, match="TimeoutError"):
        await graph.read_user("u1")

    await graph.close()


async def test_a_user_is_found_by_mail_first_and_then_by_another_address(script: Script, graph: Graph) -> None:
    quoted = "o%27%27hara%40contoso.com"
    script.answer(f"GET /v1.0/users?$filter=mail%20eq%20%27{quoted}%27&$select=id&$top=5", {"value": []})
    address = f"proxyAddresses/any(p:p%20eq%20%27smtp:{quoted}%27)".replace("/", "%2F").replace(":", "%3A")
    address = address.replace("(", "%28").replace(")", "%29")
    script.answer(f"GET /v1.0/users?$filter={address}&$select=id&$top=5", {"value": [{"id": "u1"}]})
    script.answer(READ, user())

    found = await graph.find_user_by_mail("o'hara@contoso.com")

    assert found is not None
    assert found.id == "u1"


async def test_a_mail_address_of_two_users_is_refused_and_both_are_named(script: Script, graph: Graph) -> None:
    several = {"value": [{"id": "u1"}, {"id": "u2"}]}
    script.answer("GET /v1.0/users?$filter=mail%20eq%20%27a%40b.c%27&$select=id&$top=5", several)

    with pytest.raises(Rejected, match="u1, u2"):
        await graph.find_user_by_mail("a@b.c")


async def test_the_manager_arrives(script: Script, graph: Graph) -> None:
    script.answer(MANAGER, user(id="u9", mail="eva@contoso.com"))

    manager = await graph.read_manager("u1")

    assert manager is not None
    assert (manager.id, manager.mail) == ("u9", "eva@contoso.com")


async def test_no_manager_or_a_contact_as_manager_is_none(script: Script, graph: Graph) -> None:
    script.answer(MANAGER, refusal(NO_SUCH), status=404)
    script.answer(MANAGER, {"@odata.type": "#microsoft.graph.orgContact", "id": "c1"})

    assert await graph.read_manager("u1") is None
    assert await graph.read_manager("u1") is None


async def test_subscribed_skus_arrive_with_units_and_plans(script: Script, graph: Graph) -> None:
    plan = {"servicePlanId": PLAN, "servicePlanName": "TEAMS1", "appliesTo": "User", "provisioningStatus": "Success"}
    sku = {
        "skuId": E3.upper(),
        "skuPartNumber": "SPE_E3",
        "capabilityStatus": "Enabled",
        "appliesTo": "User",
        "prepaidUnits": {"enabled": 25, "warning": 3, "suspended": 1},
        "consumedUnits": 7,
        "servicePlans": [plan],
    }
    script.answer("GET /v1.0/subscribedSkus", {"value": [sku, {"skuId": P2}]})

    assert await graph.list_subscribed_skus() == [
        SubscribedSku(E3, "SPE_E3", "Enabled", "User", 25, 3, 7, (ServicePlan(PLAN, "TEAMS1", "User"),)),
        SubscribedSku(P2, "", "", "", 0, 0, 0, ()),
    ]


LISTED = "$select=id,userPrincipalName,mail,accountEnabled,licenseAssignmentStates&$top=999"


async def test_all_users_are_listed_page_by_page(script: Script, graph: Graph) -> None:
    more = f"/v1.0/users?{LISTED}&$skiptoken=abc%2B"
    script.answer(f"GET /v1.0/users?{LISTED}", {"value": [user(id="u1")], "@odata.nextLink": f"{script.url}{more}"})
    script.answer(f"GET {more}", {"value": [user(id="u2", accountEnabled=False)]})

    found = [(each.id, each.account_enabled) async for each in graph.list_users()]

    assert found == [("u1", True), ("u2", False)]
    assert script.seen[1].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("second", [{"status": 503}, {"json": {"value": [{"id": "u2"}]}}, {"json": {}}])
async def test_page_of_users_that_cannot_be_read_raises(script: Script, graph: Graph, second: Any) -> None:
    script.answer(f"GET /v1.0/users?{LISTED}", {"value": [user()], "@odata.nextLink": f"{script.url}/v1.0/users?p=2"})
    script.answer("GET /v1.0/users?p=2", **second)

    with pytest.raises(Unavailable):
        [each async for each in graph.list_users()]


@pytest.mark.parametrize("link", ["https://evil.example/v1.0/users?p=2", "http://127.0.0.1/v1.0.evil/users", 7])
async def test_link_that_leads_elsewhere_is_not_followed(script: Script, graph: Graph, link: Any) -> None:
    script.answer(f"GET /v1.0/users?{LISTED}", {"value": [user()], "@odata.nextLink": link})

    with pytest.raises(Rejected, match="the next page is said to be"):
        [each async for each in graph.list_users()]


class Credential:
    """Stands in for azure-identity."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.scopes: list[str] = []
        self.is_closed = False

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes.extend(scopes)
        if self.error:
            raise self.error
        return AccessToken("from-identity", 2**31)

    async def close(self) -> None:
        self.is_closed = True


async def test_a_credential_gives_the_token_and_is_closed_in_the_end(script: Script) -> None:
    credential: Any = Credential()
    script.answer(READ, user())
    graph = Graph(f"{script.url}/v1.0", credential=credential)

    await graph.read_user("u1")
    await graph.close()

    assert script.seen[0].headers["Authorization"] == "Bearer from-identity"
    assert credential.scopes == ["https://127.0.0.1/.default"]
    assert credential.is_closed


async def test_an_identity_without_a_token_is_named_and_may_have_one_later(script: Script) -> None:
    credential: Any = Credential(ClientAuthenticationError("no managed identity\nand much more"))
    graph = Graph(f"{script.url}/v1.0", credential=credential)

    with pytest.raises(Unavailable, match=r"no managed identity\. Check the app's identity") as refused:
        await graph.read_user("u1")
    assert not refused.value.permanent
    assert not refused.value.may_have_happened

    await graph.close()


def test_a_token_is_only_sent_over_https_or_to_this_machine() -> None:
    with pytest.raises(ValueError, match="GRAPH_BASE_URL"):
        Graph("http://graph.microsoft.com/v1.0", access_token=TOKEN)
