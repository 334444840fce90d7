from typing import Any

import httpx
import pytest

from local.m365_tenant.odata import DEFAULT_PROPERTIES
from local.m365_tenant.tenant import DEFAULT_TOKEN, M365Tenant

MAYA = "maya.lin@contoso.com"
USERS = "/v1.0/users"


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


async def filtered(graph: httpx.AsyncClient, expression: str) -> list[str]:
    answer = await graph.get(USERS, params={"$filter": expression, "$select": "userPrincipalName"})
    return [user["userPrincipalName"] for user in answer.raise_for_status().json()["value"]]


async def test_without_select_only_the_default_properties_come(graph: httpx.AsyncClient) -> None:
    user = (await graph.get(f"{USERS}/{MAYA}")).json()

    assert set(user) == {"@odata.context", *DEFAULT_PROPERTIES}


@pytest.mark.parametrize("root", ["/v1.0/users", "/v1.0//users"])
async def test_select_brings_what_it_names_and_a_double_slash_does_not_matter(
    graph: httpx.AsyncClient, root: str
) -> None:
    query = {"$select": "id,accountEnabled,usageLocation,assignedLicenses,licenseAssignmentStates"}
    user = (await graph.get(f"{root}/MAYA.LIN%40contoso.com", params=query)).json()

    assert (user["accountEnabled"], user["usageLocation"]) == (True, "NL")
    assert "displayName" not in user
    by_group = [state["assignedByGroup"] is not None for state in user["licenseAssignmentStates"]]
    assert by_group == [False, False, False, True]
    assert len(user["assignedLicenses"]) == 4


async def test_an_unknown_property_is_refused(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(f"{USERS}/{MAYA}", params={"$select": "id,shoeSize"})

    message = "Could not find a property named 'shoeSize' on type 'microsoft.graph.user'."
    assert error_of(answer) == (400, "BadRequest", message)


async def test_expand_brings_the_manager_and_nothing_where_there_is_none(graph: httpx.AsyncClient) -> None:
    expand = {"$expand": "manager($select=id,mail)"}
    maya = (await graph.get(f"{USERS}/{MAYA}", params=expand)).json()
    omar = (await graph.get(f"{USERS}/omar.reyes@contoso.com", params=expand)).json()

    assert maya["manager"]["mail"] == "noor.haddad@contoso.com"
    assert maya["manager"]["@odata.type"] == "#microsoft.graph.user"
    assert "manager" not in omar


async def test_the_manager_is_read_alone_and_404_when_there_is_none(graph: httpx.AsyncClient) -> None:
    tomas = await graph.get(f"{USERS}/tomas.berg@contoso.com/manager")
    omar = await graph.get(f"{USERS}/omar.reyes@contoso.com/manager")

    assert tomas.json()["displayName"] == "Noor Haddad"
    assert (omar.status_code, omar.json()["error"]["code"]) == (404, "Request_ResourceNotFound")


async def test_an_unknown_user_is_answered_with_graph_s_error_body(graph: httpx.AsyncClient) -> None:
    answer = await graph.get(f"{USERS}/nobody@contoso.com", headers={"client-request-id": "mine"})

    message = (
        "Resource 'nobody@contoso.com' does not exist or one of its queried reference-property objects are not present."
    )
    assert error_of(answer) == (404, "Request_ResourceNotFound", message)
    inner = answer.json()["error"]["innerError"]
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["client-request-id"] == answer.headers["client-request-id"] == "mine"
    assert set(inner) == {"date", "request-id", "client-request-id"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "Access token is empty."),
        ("Bearer wrong", "CompactToken parsing failed with error code: 80049217"),
        (f"SSWS {DEFAULT_TOKEN}", "Access token is empty."),
    ],
)
async def test_without_the_token_nothing_is_answered(graph: httpx.AsyncClient, value: str, message: str) -> None:
    answer = await graph.get(USERS, headers={"Authorization": value})

    assert error_of(answer) == (401, "InvalidAuthenticationToken", message)
    assert answer.headers["request-id"]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("mail eq 'LENA.vogt@contoso.com'", ["lena.vogt@contoso.com"]),
        ("userPrincipalName eq 'nobody@contoso.com'", []),
        ("proxyAddresses/any(p:p eq 'smtp:lena.vogt@contoso.com')", ["lena.vogt@contoso.com"]),
        ("proxyAddresses/any(x:startswith(x,'smtp:lena'))", ["lena.vogt@contoso.com"]),
        ("surname eq 'O''Neil' and not (accountEnabled eq false)", ["zoe.oneil@contoso.com"]),
        ("startswith(mail,'omar') or mail eq 'x'", ["omar.reyes@contoso.com"]),
        ("accountEnabled eq false", ["offboarding@contoso.com", "it-operations@contoso.com"]),
    ],
)
async def test_users_are_filtered(graph: httpx.AsyncClient, expression: str, found: list[str]) -> None:
    assert await filtered(graph, expression) == found


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("shoeSize eq '1'", "Request_UnsupportedQuery"),
        ("mail eq 'it''s", "Request_BadRequest"),
        ("mail eq", "Request_BadRequest"),
        ("mail has 'x'", "Request_BadRequest"),
    ],
)
async def test_a_filter_graph_does_not_know_is_refused(graph: httpx.AsyncClient, expression: str, code: str) -> None:
    answer = await graph.get(USERS, params={"$filter": expression})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_users_come_in_pages(graph: httpx.AsyncClient) -> None:
    first = (await graph.get(USERS, params={"$top": 5, "$select": "id"})).json()
    second = (await graph.get(first["@odata.nextLink"])).json()

    assert (len(first["value"]), len(second["value"])) == (5, 4)
    assert set(second["value"][0]) == {"id"}
    assert "@odata.nextLink" not in second


async def test_accounts_are_disabled_and_usage_location_set_with_204(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    body = {"@odata.type": "#microsoft.graph.user", "accountEnabled": False, "usageLocation": "PT"}
    answer = await graph.patch(f"{USERS}/{MAYA}", json=body)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (tenant.user(MAYA).account_enabled, tenant.user(MAYA).usage_location) == (False, "PT")


@pytest.mark.parametrize(
    "body", [{"accountEnabled": "no"}, {"usageLocation": "Narnia"}, {"usageLocation": None}, {"id": "x"}, {"shoe": 1}]
)
async def test_a_value_that_makes_no_sense_changes_nothing(
    graph: httpx.AsyncClient, tenant: M365Tenant, body: dict[str, Any]
) -> None:
    before = tenant.user(MAYA).record
    answer = await graph.patch(f"{USERS}/{MAYA}", json={"department": "x", **body})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert tenant.user(MAYA).record == before


async def test_a_privileged_account_cannot_be_disabled(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    answer = await graph.patch(f"{USERS}/it.admin@contoso.com", json={"accountEnabled": False})

    message = "Insufficient privileges to complete the operation."
    assert error_of(answer) == (403, "Authorization_RequestDenied", message)
    assert tenant.user("it.admin@contoso.com").account_enabled


async def test_a_synced_account_takes_account_enabled_until_the_directory_overwrites_it(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    tenant.user(MAYA).on_premises_sync_enabled = True

    refused = await graph.patch(f"{USERS}/{MAYA}", json={"jobTitle": "x"})
    taken = await graph.patch(f"{USERS}/{MAYA}", json={"accountEnabled": False})
    between = tenant.user(MAYA).account_enabled
    await graph.post(f"/control/users/{MAYA}/directory_sync")

    assert "on-premises mastered Directory Sync objects" in refused.json()["error"]["message"]
    assert (refused.status_code, taken.status_code) == (400, 204)
    assert (between, tenant.user(MAYA).account_enabled) == (False, True)


async def test_revoking_sessions_moves_the_instant_from_which_they_are_valid(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    tenant.controls.clock.offset_seconds = 3600
    before = tenant.user(MAYA).sign_in_sessions_valid_from_date_time

    answer = await graph.post(f"{USERS}/{MAYA}/revokeSignInSessions")

    assert (answer.status_code, answer.json()["value"]) == (200, True)
    assert tenant.user(MAYA).sign_in_sessions_valid_from_date_time > before


@pytest.mark.parametrize(("rule", "stale_reads"), [({"reads": 2}, 2), ({"seconds": 0.0}, 0)])
async def test_reads_after_a_write_answer_the_former_state_for_a_while(
    graph: httpx.AsyncClient, tenant: M365Tenant, rule: dict[str, Any], stale_reads: int
) -> None:
    match = {"method": "PATCH", "path": "/users/"}
    await graph.put("/control/faults", json=[{"kind": "stale_reads", "match": match, **rule}])
    await graph.patch(f"{USERS}/{MAYA}", json={"accountEnabled": False})

    query = {"$select": "accountEnabled"}
    seen = [(await graph.get(f"{USERS}/{MAYA}", params=query)).json()["accountEnabled"] for _ in range(4)]

    assert seen == [True] * stale_reads + [False] * (4 - stale_reads)
    assert not tenant.user(MAYA).account_enabled


async def test_a_lagging_replica_answers_what_the_user_was_some_seconds_ago(
    graph: httpx.AsyncClient, tenant: M365Tenant
) -> None:
    await graph.put("/control/faults", json=[{"kind": "lag", "seconds": 15}])
    await graph.patch(f"{USERS}/{MAYA}", json={"accountEnabled": False})

    query = {"$select": "accountEnabled"}
    seen = []
    for seconds in (10, 20):
        await graph.put("/control/clock", json={"offset_seconds": seconds})
        seen.append((await graph.get(f"{USERS}/{MAYA}", params=query)).json()["accountEnabled"])

    assert seen == [True, False]
    assert not tenant.user(MAYA).account_enabled


async def test_an_unknown_segment_is_refused(graph: httpx.AsyncClient) -> None:
    answer = await graph.get("/v1.0/unicorns")

    assert error_of(answer) == (400, "BadRequest", "Resource not found for the segment 'unicorns'.")
