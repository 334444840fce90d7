import httpx
import pytest

from local.okta_org.org import OktaOrg
from local.stand_in.sample_people import EVERYONE_GROUP_ID, MANAGED_GROUP_ID, MANAGED_GROUP_NAME

MAYA = "00u7new3Zp5Rt6Vb15d7"
MEMBERSHIP = f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{MAYA}"


@pytest.mark.parametrize(
    "query",
    [
        {"q": "office 365"},
        {"search": f'profile.name eq "{MANAGED_GROUP_NAME}"'},
        {"filter": f'id eq "{MANAGED_GROUP_ID}" and type eq "OKTA_GROUP"'},
    ],
)
async def test_a_group_is_found_by_q_search_and_filter(okta: httpx.AsyncClient, query: dict[str, str]) -> None:
    groups = (await okta.get("/api/v1/groups", params=query)).json()

    assert [group["id"] for group in groups] == [MANAGED_GROUP_ID]


async def test_a_group_cannot_be_filtered_by_its_name(okta: httpx.AsyncClient) -> None:
    answer = await okta.get("/api/v1/groups", params={"filter": 'profile.name eq "x"'})

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000031")


async def test_search_by_name_is_exact_about_case(okta: httpx.AsyncClient) -> None:
    query = {"search": f'profile.name eq "{MANAGED_GROUP_NAME.lower()}"'}

    assert (await okta.get("/api/v1/groups", params=query)).json() == []


async def test_leaving_and_joining_answer_204_and_log_one_event_each(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    statuses = [(await okta.delete(MEMBERSHIP)).status_code, (await okta.put(MEMBERSHIP)).status_code]

    assert statuses == [204, 204]
    types = [event["eventType"] for event in org.log.events]
    assert types == ["group.user_membership.remove", "group.user_membership.add"]


async def test_changing_nothing_logs_nothing(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    assert (await okta.put(MEMBERSHIP)).status_code == 204
    assert org.log.events == []


async def test_members_come_in_pages_and_include_deactivated_ones(okta: httpx.AsyncClient) -> None:
    await okta.post(f"/api/v1/users/{MAYA}/lifecycle/deactivate")

    first = await okta.get(f"/api/v1/groups/{MANAGED_GROUP_ID}/users", params={"limit": 5})
    second = await okta.get(first.links["next"]["url"])

    statuses = {user["id"]: user["status"] for user in first.json() + second.json()}
    assert len(statuses) == 7
    assert statuses[MAYA] == "DEPROVISIONED"


async def test_nobody_is_added_to_everyone_by_hand(okta: httpx.AsyncClient) -> None:
    answer = await okta.put(f"/api/v1/groups/{EVERYONE_GROUP_ID}/users/{MAYA}")

    assert (answer.status_code, answer.json()["errorCode"]) == (403, "E0000006")


async def test_membership_of_unknown_group_or_user_is_not_found(okta: httpx.AsyncClient) -> None:
    by_group = await okta.put(f"/api/v1/groups/00gnone/users/{MAYA}")
    by_user = await okta.put(f"/api/v1/groups/{MANAGED_GROUP_ID}/users/00unone")

    assert {by_group.json()["errorCode"], by_user.json()["errorCode"]} == {"E0000007"}


async def test_deleting_a_group_logs_the_deletion_and_no_removals(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    answer = await okta.delete(f"/api/v1/groups/{MANAGED_GROUP_ID}")

    assert answer.status_code == 204
    assert (await okta.get(f"/api/v1/groups/{MANAGED_GROUP_ID}")).status_code == 404
    assert [event["eventType"] for event in org.log.events] == ["group.lifecycle.delete"]
    assert org.log.events[0]["target"][0]["displayName"] == MANAGED_GROUP_NAME


async def test_a_group_is_created_renamed_and_has_a_unique_name(okta: httpx.AsyncClient) -> None:
    created = (await okta.post("/api/v1/groups", json={"profile": {"name": "Interns"}})).json()
    again = await okta.post("/api/v1/groups", json={"profile": {"name": "Interns"}})
    renamed = await okta.put(f"/api/v1/groups/{created['id']}", json={"profile": {"name": "Trainees"}})

    assert again.status_code == 400
    assert (renamed.json()["id"], renamed.json()["profile"]["name"]) == (created["id"], "Trainees")
