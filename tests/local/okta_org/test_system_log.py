from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from local.okta_org.org import OktaOrg
from local.stand_in.sample_people import MANAGED_GROUP_ID, MANAGED_GROUP_NAME

from .conftest import put

MAYA = "00u7new3Zp5Rt6Vb15d7"
OMAR = "00u7oth8Hj2Kl4Mn15d7"
REMOVED = "group.user_membership.remove"


def membership(user_id: str) -> str:
    return f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{user_id}"


async def logs(okta: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = (await okta.get("/api/v1/logs", params=query)).raise_for_status().json()
    return events


async def test_a_removal_names_actor_targets_and_transaction_as_okta_does(okta: httpx.AsyncClient) -> None:
    await okta.delete(membership(MAYA))

    (event,) = await logs(okta)

    assert event["eventType"] == REMOVED
    assert event["legacyEventType"] == "core.user_group_member.user_remove"
    assert event["outcome"] == {"result": "SUCCESS", "reason": None}
    assert (event["actor"]["type"], event["actor"]["displayName"]) == ("User", "Iris Admin")
    assert (event["transaction"]["type"], "requestApiTokenId" in event["transaction"]["detail"]) == ("WEB", True)
    assert event["debugContext"]["debugData"]["requestUri"] == membership(MAYA)
    assert event["request"]["ipChain"][0]["ip"] == "127.0.0.1"
    targets = {target["type"]: target for target in event["target"]}
    assert (targets["User"]["id"], targets["User"]["alternateId"]) == (MAYA, "maya.lin@contoso.com")
    assert targets["UserGroup"]["alternateId"] == "unknown"
    assert targets["UserGroup"]["displayName"] == MANAGED_GROUP_NAME


async def test_a_change_by_a_group_rule_is_a_job_of_the_system(okta: httpx.AsyncClient) -> None:
    await okta.post("/control/memberships", json=[{"group": MANAGED_GROUP_NAME, "user": MAYA, "action": "remove"}])

    (event,) = await logs(okta)

    assert (event["actor"]["type"], event["actor"]["alternateId"]) == ("SystemPrincipal", "system@okta.com")
    assert event["transaction"]["type"] == "JOB"


async def test_polling_gives_a_next_link_even_when_nothing_is_new_and_then_only_what_is(
    okta: httpx.AsyncClient,
) -> None:
    empty = await okta.get("/api/v1/logs")
    await okta.delete(membership(MAYA))
    first = await okta.get(empty.links["next"]["url"])
    second = await okta.get(first.links["next"]["url"])

    assert (empty.json(), second.json()) == ([], [])
    assert [event["eventType"] for event in first.json()] == [REMOVED]
    assert "next" in second.links


async def test_polling_keeps_the_order_in_which_events_were_kept(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    await okta.delete(membership(MAYA))
    late = {**org.log.events[0], "uuid": "late", "published": "2020-01-01T00:00:00.000Z"}
    late["published"] = (org.controls.clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    await okta.post("/control/log_events", json=[{"event": late}])

    polled = await logs(okta)
    bounded = await logs(okta, until="2099-01-01T00:00:00Z")

    assert [event["uuid"] == "late" for event in polled] == [False, True]
    assert [event["uuid"] == "late" for event in bounded] == [True, False]


async def test_an_event_is_found_by_its_uuid_alone(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    for user_id in (MAYA, OMAR):
        await okta.delete(membership(user_id))
    uuid = org.log.events[1]["uuid"]

    found = await logs(okta, filter=f'uuid eq "{uuid}"', until="2099-01-01T00:00:00Z")

    assert [event["uuid"] for event in found] == [uuid]
    assert await logs(okta, filter='uuid eq "never-happened"', until="2099-01-01T00:00:00Z") == []


async def test_a_log_that_is_held_shows_what_happened_meanwhile_when_it_is_released(
    okta: httpx.AsyncClient, org: OktaOrg
) -> None:
    heard: list[str] = []
    org.log.on_event = lambda event: heard.append(event["target"][0]["id"])
    first = await okta.get("/api/v1/logs")
    await okta.post("/control/log_events/hold")
    await okta.delete(membership(MAYA))
    held = await logs(okta)

    await okta.post("/control/log_events/release")
    await okta.delete(membership(OMAR))

    assert (heard, held) == ([MAYA, OMAR], [])
    polled = (await okta.get(first.links["next"]["url"])).json()
    assert [event["target"][0]["id"] for event in polled] == [MAYA, OMAR]


async def test_a_bounded_query_has_finite_pages(okta: httpx.AsyncClient) -> None:
    for user_id in (MAYA, OMAR):
        await okta.delete(membership(user_id))

    first = await okta.get("/api/v1/logs", params={"limit": "1", "until": "2099-01-01T00:00:00Z"})
    second = await okta.get(first.links["next"]["url"])

    assert [len(page.json()) for page in (first, second)] == [1, 1]
    assert first.json()[0]["uuid"] != second.json()[0]["uuid"]
    assert "next" not in second.links


async def test_events_are_filtered_by_type_and_by_any_target(okta: httpx.AsyncClient) -> None:
    await okta.delete(membership(MAYA))
    await okta.delete(membership(OMAR))
    await okta.post(f"/api/v1/users/{MAYA}/lifecycle/deactivate")
    either = '(eventType eq "group.user_membership.add" or eventType eq "group.user_membership.remove")'

    found = await logs(okta, filter=f'{either} and target.id eq "{MAYA}"')

    assert [event["eventType"] for event in found] == [REMOVED]


async def test_descending_order_shows_the_newest_first(okta: httpx.AsyncClient) -> None:
    await put(okta, "/control/clock", {"offset_seconds": -60})
    await okta.delete(membership(MAYA))
    await put(okta, "/control/clock", {"offset_seconds": 0})
    await okta.delete(membership(OMAR))

    newest_first = await logs(okta, sortOrder="DESCENDING")

    assert [event["target"][0]["id"] for event in newest_first] == [OMAR, MAYA]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-01-01T00:00:00Z", "after": "abc"},
        {"after": "abc"},
        {"since": "yesterday"},
        {"since": "2000-01-01T00:00:00Z"},
        {"limit": "1001"},
        {"sortOrder": "UP"},
        {"filter": 'published gt "2026-01-01T00:00:00Z"'},
    ],
)
async def test_a_query_okta_refuses_is_a_400(okta: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await okta.get("/api/v1/logs", params=query)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000001")


async def test_the_moved_clock_stamps_events(okta: httpx.AsyncClient) -> None:
    await put(okta, "/control/clock", {"offset_seconds": 86400 * 30})
    await okta.delete(membership(MAYA))

    (event,) = await logs(okta)

    published = datetime.fromisoformat(event["published"])
    assert timedelta(days=29, hours=23) < published - datetime.now(UTC) < timedelta(days=30, minutes=1)
