from pathlib import Path

import httpx

from local.okta_org.org import OktaOrg
from local.okta_org.sample_org import seed_sample_people
from local.okta_org.server import make_app
from local.stand_in.sample_people import MANAGED_GROUP_ID, MANAGED_GROUP_NAME
from local.stand_in.server import serving

from .conftest import put

MAYA = "00u7new3Zp5Rt6Vb15d7"


async def test_people_and_groups_are_seeded_in_bulk_without_events(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    people = [
        {"id": f"00u{number:017}", "profile": {"login": f"p{number}@contoso.com"}, "groups": [MANAGED_GROUP_NAME]}
        for number in range(50)
    ]
    await okta.post("/control/users", json=people)
    group = {"id": "00gnew", "name": "Interns", "members": ["p7@contoso.com"]}
    (await okta.post("/control/groups", json=[group])).raise_for_status()

    assert len(org.group(MANAGED_GROUP_ID).members) == 57
    assert list(org.group("00gnew").members) == [f"00u{7:017}"]
    assert org.log.events == []


async def test_a_quiet_change_leaves_no_event(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    change = {"group": MANAGED_GROUP_ID, "user": MAYA, "action": "remove", "quiet": True}
    await okta.post("/control/memberships", json=[change])

    assert MAYA not in org.group(MANAGED_GROUP_ID).members
    assert org.log.events == []


async def test_reset_empties_the_org_and_can_seed_it_again(okta: httpx.AsyncClient, org: OktaOrg) -> None:
    await put(okta, "/control/faults", [{"kind": "drop"}])
    await okta.post("/control/reset")
    empty = org.is_empty
    await okta.post("/control/reset", json={"seed": True})

    assert empty
    assert MAYA in org.group(MANAGED_GROUP_ID).members
    assert (await okta.get("/control/faults")).json() == []


async def test_the_request_log_tells_who_was_concerned_and_when(okta: httpx.AsyncClient) -> None:
    await okta.get("/api/v1/users/maya.lin%40contoso.com")
    await okta.put(f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{MAYA}")
    await okta.get("/api/v1/users/nobody")

    entries = (await okta.get("/control/requests")).json()["requests"]
    later = (await okta.get("/control/requests", params={"since": entries[1]["number"]})).json()["requests"]
    of_users = (await okta.get("/control/requests", params={"path": "/api/v1/users/"})).json()["requests"]

    assert [entry["user"] for entry in entries] == [MAYA, MAYA, "nobody"]
    assert [(entry["method"], entry["status"]) for entry in entries] == [("GET", 200), ("PUT", 204), ("GET", 404)]
    assert all(entry["started_at"] < entry["ended_at"] for entry in entries)
    assert entries[0]["ended_at"] < entries[1]["started_at"]
    assert later == entries[2:]
    assert of_users == [entries[0], entries[2]]


async def test_a_control_request_that_makes_no_sense_is_explained(okta: httpx.AsyncClient) -> None:
    unknown_kind = await okta.put("/control/faults", json=[{"kind": "stale_reads"}])
    unknown_name = await okta.put("/control/faults", json=[{"kind": "drop", "often": True}])
    unknown_user = await okta.post("/control/memberships", json=[{"group": MANAGED_GROUP_ID, "user": "nobody"}])

    assert (unknown_kind.status_code, unknown_name.status_code, unknown_user.status_code) == (400, 400, 404)
    assert "stale_reads" in unknown_kind.json()["error"]


async def test_an_org_with_a_data_file_remembers_across_restarts(tmp_path: Path) -> None:
    data = tmp_path / "okta.json"
    headers = {"Authorization": "SSWS local-okta-token"}
    org = OktaOrg(data=data)
    seed_sample_people(org)
    async with serving(make_app(org)) as url, httpx.AsyncClient(base_url=url, headers=headers) as okta:
        await okta.delete(f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{MAYA}")

    again = OktaOrg(data=data)

    assert MAYA not in again.group(MANAGED_GROUP_ID).members
    assert [event["eventType"] for event in again.log.events] == ["group.user_membership.remove"]
    assert again.user(MAYA).profile == org.user(MAYA).profile
