from pathlib import Path

import httpx

from local.m365_tenant.sample_tenant import seed_sample_people
from local.m365_tenant.server import make_app
from local.m365_tenant.tenant import DEFAULT_TOKEN, M365Tenant
from local.stand_in.server import serving

MAYA = "maya.lin@contoso.com"
SKU_ID = "AAAAAAAA-0000-0000-0000-000000000001"


async def test_skus_users_and_groups_are_seeded_in_bulk(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    sku = {"skuId": SKU_ID, "skuPartNumber": "TESTED", "enabled": 3, "consumed": 1}
    (await graph.post("/control/skus", json=[sku])).raise_for_status()
    user = {
        "id": "11111111-0000-0000-0000-000000000001",
        "userPrincipalName": "ana@contoso.com",
        "displayName": "Ana",
        "manager": MAYA,
        "licenses": [{"sku": "TESTED"}, {"sku": "SPE_E3", "disabledPlans": ["SWAY"]}],
    }
    (await graph.post("/control/users", json=[user])).raise_for_status()
    group = {"displayName": "All staff", "licenses": [{"sku": "FLOW_FREE"}], "members": ["ana@contoso.com"]}
    (await graph.post("/control/groups", json=[group])).raise_for_status()

    ana = tenant.user("ana@contoso.com")
    assert (ana.id, ana.mail, ana.usage_location) == (user["id"], "ana@contoso.com", "NL")
    assert ana.manager_id == tenant.user(MAYA).id
    assert [held.assigned_by_group is None for held in ana.license_assignment_states] == [True, True, False]
    skus = (await graph.get("/v1.0/subscribedSkus")).json()["value"]
    assert [sku["consumedUnits"] for sku in skus if sku["skuId"] == SKU_ID.lower()] == [2]


async def test_users_and_skus_can_be_taken_away(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    await graph.delete(f"/control/users/{MAYA}")
    await graph.delete("/control/skus/VISIOCLIENT")

    assert (await graph.get(f"/v1.0/users/{MAYA}")).status_code == 404
    assert "VISIOCLIENT" not in {sku.sku_part_number for sku in tenant.state.skus.values()}


async def test_a_user_is_shown_as_it_is_whatever_a_reading_sees(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    stale = {"kind": "stale_reads", "reads": 5}
    (await graph.put("/control/faults", json=[stale])).raise_for_status()
    await graph.patch(f"/v1.0/users/{MAYA}", json={"accountEnabled": False})

    read = (await graph.get(f"/v1.0/users/{MAYA}", params={"$select": "accountEnabled"})).json()
    shown = (await graph.get(f"/control/users/{MAYA}")).json()

    assert read["accountEnabled"]
    assert shown == tenant.user(MAYA).model_dump(by_alias=True)
    assert not shown["accountEnabled"]


async def test_the_request_log_proves_which_writes_to_one_user_overlapped(graph: httpx.AsyncClient) -> None:
    for key in (MAYA, "MAYA.lin%40contoso.com", "5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001"):
        await graph.patch(f"/v1.0/users/{key}", json={"accountEnabled": False})

    entries = (await graph.get("/control/requests")).json()["requests"]

    assert {entry["user"] for entry in entries} == {"5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001"}
    assert [entry["body"] for entry in entries] == [{"accountEnabled": False}] * 3
    ends = [entry["ended_at"] for entry in entries]
    starts = [entry["started_at"] for entry in entries]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))
    await graph.delete("/control/requests")
    assert (await graph.get("/control/requests")).json()["requests"] == []


async def test_a_reset_tenant_can_start_with_the_sample_people(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    await graph.patch(f"/v1.0/users/{MAYA}", json={"accountEnabled": False})
    await graph.post("/control/reset", json={"seed": True})

    assert tenant.user(MAYA).account_enabled


async def test_a_tenant_with_a_data_file_remembers_across_restarts(tmp_path: Path) -> None:
    data = tmp_path / "tenant.json"
    tenant = M365Tenant(data=data)
    seed_sample_people(tenant)
    recipient = [{"emailAddress": {"address": MAYA}}]
    headers = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
    async with serving(make_app(tenant)) as url, httpx.AsyncClient(base_url=url, headers=headers) as graph:
        body = {"message": {"toRecipients": recipient, "subject": "x"}}
        (await graph.post(f"/v1.0/users/{MAYA}/sendMail", json=body)).raise_for_status()

    assert M365Tenant(data=data).state == tenant.state
    assert len(tenant.state.mailboxes[MAYA]) == 1
