"""The clients against the stand-ins of the local stack: both sides have the same idea of the vendors' words."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from clients.errors import ClientError, Inherited, NoSeats, NotAssigned, PrivilegedUser, Throttled, Unavailable
from clients.graph import Graph
from clients.okta import Okta
from local.m365_tenant.sample_tenant import seed_sample_people as seed_tenant
from local.m365_tenant.server import make_app as make_tenant_app
from local.m365_tenant.tenant import M365Tenant
from local.okta_org.org import OktaOrg
from local.okta_org.sample_org import seed_sample_people as seed_org
from local.okta_org.server import make_app as make_org_app
from local.stand_in.sample_people import MAIL_SENDER, MANAGED_GROUP_ID, MANAGED_GROUP_NAME, NOOR_LOGIN, PEOPLE

TOKEN = "local-token"
MAYA = next(person for person in PEOPLE if person.first_name == "Maya")
ADMIN = next(person for person in PEOPLE if person.is_privileged)
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"


async def serve(app: web.Application) -> AsyncIterator[str]:
    async with TestServer(app) as server:
        yield str(server.make_url("/")).rstrip("/")


@pytest.fixture
async def org_url() -> AsyncIterator[str]:
    org = OktaOrg(token=TOKEN)
    seed_org(org)
    async for url in serve(make_org_app(org)):
        yield url


@pytest.fixture
async def tenant_url() -> AsyncIterator[str]:
    tenant = M365Tenant(token=TOKEN)
    seed_tenant(tenant)
    async for url in serve(make_tenant_app(tenant)):
        yield url


@pytest.fixture
async def okta(org_url: str) -> AsyncIterator[Okta]:
    client = Okta(org_url, token=TOKEN, timeout=1.0)
    yield client
    await client.close()


@pytest.fixture
async def graph(tenant_url: str) -> AsyncIterator[Graph]:
    client = Graph(f"{tenant_url}/v1.0", access_token=TOKEN, timeout=1.0)
    yield client
    await client.close()


async def switch_on(url: str, **fault: Any) -> None:
    async with httpx.AsyncClient() as http:
        (await http.put(f"{url}/control/faults", json=[fault])).raise_for_status()


async def test_a_user_of_the_org_is_read_by_id_and_by_login(okta: Okta) -> None:
    found = await okta.read_user(MAYA.okta_user_id)

    assert found is not None
    assert (found.login, found.status, found.manager, found.country_code) == (MAYA.login, "ACTIVE", NOOR_LOGIN, "NL")
    assert await okta.read_user(MAYA.login) == found
    assert await okta.read_user("nobody@contoso.com") is None


async def test_the_managed_group_is_found_either_way_with_its_members(okta: Okta) -> None:
    group = await okta.find_group(MANAGED_GROUP_NAME)

    assert group is not None
    assert await okta.find_group(MANAGED_GROUP_ID) == group
    assert await okta.find_group(MANAGED_GROUP_NAME.lower()) is None
    assert group in await okta.list_user_groups(MAYA.okta_user_id)
    assert MAYA.login in {member.login async for member in okta.list_group_members(group.id)}


async def test_the_system_log_is_read_on_from_where_it_ended(okta: Okta, org_url: str) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    first = await okta.list_log_events(since=f"{an_hour_ago:%Y-%m-%dT%H:%M:%SZ}")
    async with httpx.AsyncClient(headers={"Authorization": f"SSWS {TOKEN}"}) as http:
        path = f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{MAYA.okta_user_id}"
        (await http.delete(f"{org_url}{path}")).raise_for_status()

    second = await okta.list_log_events(next_link=first.next)

    assert [event["eventType"] for event in second.events] == ["group.user_membership.remove"]
    assert second.next is not None


async def test_the_rate_limit_of_the_org_is_throttling(okta: Okta, org_url: str) -> None:
    await switch_on(org_url, kind="status", status=429)

    with pytest.raises(Throttled):
        await okta.read_user(MAYA.okta_user_id)


async def test_an_account_is_read_disabled_and_enabled(graph: Graph) -> None:
    before = await graph.read_user(MAYA.entra_user_id)
    assert before is not None
    assert before.account_enabled
    assert await graph.read_user(MAYA.login) == before
    assert await graph.find_user_by_mail(MAYA.email) == before

    await graph.set_account_enabled(MAYA.entra_user_id, enabled=False)
    await graph.revoke_sign_in_sessions(MAYA.entra_user_id)

    after = await graph.read_user(MAYA.entra_user_id)
    assert after is not None
    assert not after.account_enabled


async def test_direct_licenses_go_and_come_back_with_their_disabled_plans(graph: Graph) -> None:
    before = await graph.read_user(MAYA.entra_user_id)
    assert before is not None
    direct = [each for each in before.licenses if each.assigned_by_group is None]
    inherited = [each for each in before.licenses if each.assigned_by_group]
    assert (len(direct), len(inherited)) == (3, 1)

    await graph.assign_license(before.id, remove=[each.sku_id for each in direct])
    without = await graph.read_user(before.id)
    assert without is not None
    assert list(without.licenses) == inherited

    await graph.assign_license(before.id, add=[(each.sku_id, each.disabled_plans) for each in direct])
    again = await graph.read_user(before.id)
    assert again is not None
    assert {(each.sku_id, frozenset(each.disabled_plans)) for each in again.licenses} == {
        (each.sku_id, frozenset(each.disabled_plans)) for each in before.licenses
    }


async def test_the_tenants_refusals_are_told_apart(graph: Graph, tenant_url: str) -> None:
    user = await graph.read_user(MAYA.entra_user_id)
    assert user is not None
    inherited = next(each.sku_id for each in user.licenses if each.assigned_by_group)

    with pytest.raises(Inherited):
        await graph.assign_license(user.id, remove=[inherited])
    with pytest.raises(NotAssigned):
        await graph.assign_license(user.id, remove=["a403ebcc-fae0-4ca2-8c8c-7a907fd6c235"])
    with pytest.raises(PrivilegedUser):
        await graph.set_account_enabled(ADMIN.entra_user_id, enabled=False)


async def test_used_up_seats_name_the_sku(graph: Graph, tenant_url: str) -> None:
    await graph.assign_license(MAYA.entra_user_id, remove=[E3])
    async with httpx.AsyncClient() as http:
        (await http.put(f"{tenant_url}/control/skus/SPE_E3", json={"enabled": 1})).raise_for_status()

    with pytest.raises(NoSeats) as caught:
        await graph.assign_license(MAYA.entra_user_id, add=[(E3, [])])

    assert caught.value.sku_id == E3


async def test_the_manager_and_the_skus_of_the_tenant_arrive(graph: Graph) -> None:
    manager = await graph.read_manager(MAYA.entra_user_id)
    skus = {sku.sku_id: sku for sku in await graph.list_subscribed_skus()}

    assert manager is not None
    assert manager.mail == NOOR_LOGIN
    assert skus[E3].sku_part_number == "SPE_E3"
    assert skus[E3].enabled_units == 300


async def test_a_mail_arrives_in_its_mailbox(graph: Graph, tenant_url: str) -> None:
    await graph.send_mail(MAIL_SENDER, NOOR_LOGIN, "Hello", "<p>Hi Noor</p>")

    async with httpx.AsyncClient() as http:
        mailbox = (await http.get(f"{tenant_url}/control/mailboxes/{NOOR_LOGIN}")).text
    assert "Hi Noor" in mailbox


FAULTS: list[tuple[dict[str, Any], type[ClientError]]] = [
    ({"kind": "status", "status": 429, "retry_after": 7}, Throttled),
    ({"kind": "status", "status": 503, "empty_body": True}, Unavailable),
]


@pytest.mark.parametrize(("fault", "kind"), FAULTS)
async def test_a_fault_of_the_tenant_is_an_error_of_ours(
    graph: Graph, tenant_url: str, fault: dict[str, Any], kind: type[ClientError]
) -> None:
    await switch_on(tenant_url, **fault)

    with pytest.raises(kind) as caught:
        await graph.read_user(MAYA.entra_user_id)

    assert caught.value.retry_after == fault.get("retry_after")
