import httpx
import pytest

from local.okta_org.org import OktaOrg
from local.stand_in.sample_people import EVERYONE_GROUP_NAME, MANAGED_GROUP_ID, MANAGED_GROUP_NAME

MAYA = "00u7new3Zp5Rt6Vb15d7"
LENA_LOGIN = "lvogt@corp.contoso.example"
NEW_PERSON = {"login": "ana@contoso.com", "email": "ana@contoso.com", "firstName": "Ana", "lastName": "Silva"}


@pytest.mark.parametrize("key", [MAYA, "maya.lin%40contoso.com", "MAYA.LIN@contoso.com"])
async def test_a_user_is_found_by_id_and_by_login_without_regard_to_case(okta: httpx.AsyncClient, key: str) -> None:
    answer = await okta.get(f"/api/v1/users/{key}")

    assert (answer.status_code, answer.json()["id"]) == (200, MAYA)
    assert answer.json()["profile"]["manager"] == "noor.haddad@contoso.com"


async def test_an_unknown_user_is_answered_with_okta_s_error_body(okta: httpx.AsyncClient) -> None:
    answer = await okta.get("/api/v1/users/nobody%40contoso.com")

    body = answer.json()
    assert answer.status_code == 404
    assert body["errorCode"] == body["errorLink"] == "E0000007"
    assert body["errorSummary"] == "Not found: Resource not found: nobody@contoso.com (User)"
    assert body["errorId"].startswith("oae")
    assert body["errorCauses"] == []


async def test_an_email_that_is_not_the_login_finds_nobody_by_path_but_somebody_by_filter(
    okta: httpx.AsyncClient,
) -> None:
    by_path = await okta.get("/api/v1/users/lena.vogt%40contoso.com")
    by_filter = await okta.get("/api/v1/users", params={"filter": 'profile.email eq "Lena.Vogt@contoso.com"'})

    assert by_path.status_code == 404
    assert [user["profile"]["login"] for user in by_filter.json()] == [LENA_LOGIN]


async def test_groups_of_a_user_include_everyone(okta: httpx.AsyncClient) -> None:
    groups = (await okta.get(f"/api/v1/users/{MAYA}/groups")).json()

    assert {group["profile"]["name"] for group in groups} == {EVERYONE_GROUP_NAME, MANAGED_GROUP_NAME}


async def test_users_come_in_pages_joined_by_two_link_headers(okta: httpx.AsyncClient) -> None:
    first = await okta.get("/api/v1/users", params={"limit": 4})
    links = first.headers.get_list("link")
    second = await okta.get(first.links["next"]["url"])

    assert [link.rsplit("; ", 1)[1] for link in links] == ['rel="self"', 'rel="next"']
    assert (len(first.json()), len(second.json())) == (4, 3)
    assert "next" not in second.links
    assert len({user["id"] for user in first.json() + second.json()}) == 7


async def test_only_search_and_filter_find_deactivated_users(okta: httpx.AsyncClient) -> None:
    await okta.post(f"/api/v1/users/{MAYA}/lifecycle/deactivate")

    listed = (await okta.get("/api/v1/users")).json()
    queried = (await okta.get("/api/v1/users", params={"q": "maya"})).json()
    searched = (await okta.get("/api/v1/users", params={"search": 'status eq "DEPROVISIONED"'})).json()

    assert MAYA not in {user["id"] for user in listed}
    assert queried == []
    assert [user["id"] for user in searched] == [MAYA]


@pytest.mark.parametrize("query", [{"filter": 'profile.title eq "x"'}, {"search": "status eq"}, {"filter": "("}])
async def test_a_filter_okta_does_not_know_is_refused(okta: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await okta.get("/api/v1/users", params=query)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000031")


async def test_deactivation_keeps_memberships_and_writes_one_event(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    answer = await okta.post(f"/api/v1/users/{MAYA}/lifecycle/deactivate")

    assert answer.status_code == 200
    assert org.user(MAYA).status == "DEPROVISIONED"
    assert MAYA in org.group(MANAGED_GROUP_ID).members
    assert [event["eventType"] for event in org.log.events] == ["user.lifecycle.deactivate"]


async def test_a_user_who_comes_back_is_provisioned_until_a_password_is_set(okta: httpx.AsyncClient) -> None:
    await okta.post(f"/api/v1/users/{MAYA}/lifecycle/deactivate")

    answer = await okta.post(f"/api/v1/users/{MAYA}/lifecycle/activate", params={"sendEmail": "false"})
    again = await okta.post(f"/api/v1/users/{MAYA}/lifecycle/reactivate")

    assert answer.json()["activationToken"]
    assert (await okta.get(f"/api/v1/users/{MAYA}")).json()["status"] == "PROVISIONED"
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("act", "status", "code"),
    [
        ("activate", 403, "E0000016"),
        ("reactivate", 403, "E0000038"),
        ("unsuspend", 400, "E0000001"),
    ],
)
async def test_an_act_that_does_not_fit_an_active_user_is_refused(
    okta: httpx.AsyncClient, act: str, status: int, code: str
) -> None:
    answer = await okta.post(f"/api/v1/users/{MAYA}/lifecycle/{act}")

    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


async def test_suspending_and_unsuspending_leads_back_to_active(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    await okta.post(f"/api/v1/users/{MAYA}/lifecycle/suspend")
    suspended = org.user(MAYA).status
    await okta.post(f"/api/v1/users/{MAYA}/lifecycle/unsuspend")

    assert (suspended, org.user(MAYA).status) == ("SUSPENDED", "ACTIVE")
    assert [event["eventType"] for event in org.log.events] == ["user.lifecycle.suspend", "user.lifecycle.unsuspend"]


async def test_the_first_delete_deactivates_and_the_second_one_deletes(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    first = await okta.delete(f"/api/v1/users/{MAYA}")
    between = org.user(MAYA).status
    second = await okta.delete(f"/api/v1/users/{MAYA}")

    assert (first.status_code, between, second.status_code) == (204, "DEPROVISIONED", 204)
    assert (await okta.get(f"/api/v1/users/{MAYA}")).status_code == 404
    assert MAYA not in org.group(MANAGED_GROUP_ID).members
    assert [event["eventType"] for event in org.log.events] == [
        "user.lifecycle.deactivate",
        "user.lifecycle.delete.initiated",
        "user.lifecycle.delete.completed",
    ]


async def test_a_user_can_be_created_and_changed(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    body = {"profile": NEW_PERSON, "credentials": {"password": {"value": "x"}}, "groupIds": [MANAGED_GROUP_ID]}
    created = (await okta.post("/api/v1/users", json=body)).json()
    await okta.post(f"/api/v1/users/{created['id']}", json={"profile": {"title": "Buyer"}})

    assert created["status"] == "ACTIVE"
    assert org.user("ana@contoso.com").profile["title"] == "Buyer"
    assert created["id"] in org.group(MANAGED_GROUP_ID).members
    changed = org.log.events[-1]["debugContext"]["debugData"]["changedAttributes"]
    assert changed == "title"


@pytest.mark.parametrize(
    ("profile", "cause"),
    [
        ({**NEW_PERSON, "email": ""}, "email: The field cannot be left blank"),
        (
            {**NEW_PERSON, "login": "Maya.Lin@contoso.com"},
            "login: An object with this field already exists in the current organization",
        ),
    ],
)
async def test_a_user_without_what_okta_needs_is_refused_with_the_cause(
    okta: httpx.AsyncClient, profile: dict[str, str], cause: str
) -> None:
    answer = await okta.post("/api/v1/users", json={"profile": profile})

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000001")
    assert answer.json()["errorCauses"] == [{"errorSummary": cause}]


async def test_a_body_that_is_not_json_is_refused(okta: httpx.AsyncClient) -> None:
    answer = await okta.post("/api/v1/users", content=b"{")

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000003")


async def test_a_lagging_replica_answers_what_the_user_was_some_seconds_ago(okta: httpx.AsyncClient) -> None:
    await okta.put("/control/faults", json=[{"kind": "lag", "seconds": 15}])
    await okta.delete(f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{MAYA}")
    await okta.post(f"/api/v1/users/{MAYA}/lifecycle/deactivate")

    seen = []
    for seconds in (10, 20):
        await okta.put("/control/clock", json={"offset_seconds": seconds})
        groups = (await okta.get(f"/api/v1/users/{MAYA}/groups")).json()
        status = (await okta.get(f"/api/v1/users/{MAYA}")).json()["status"]
        seen.append((MANAGED_GROUP_ID in [group["id"] for group in groups], status))

    assert seen == [(True, "ACTIVE"), (False, "DEPROVISIONED")]
