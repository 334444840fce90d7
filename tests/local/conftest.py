"""A tenant in this process, with the sample people, and a client that may do everything."""

from collections.abc import AsyncIterator

import httpx
import pytest

from local.m365_tenant.sample_tenant import seed_sample_people
from local.m365_tenant.server import make_app
from local.m365_tenant.tenant import DEFAULT_TOKEN, M365Tenant
from local.stand_in.server import serving


@pytest.fixture
async def tenant() -> M365Tenant:
    tenant = M365Tenant()
    seed_sample_people(tenant)
    return tenant


@pytest.fixture
async def graph(tenant: M365Tenant) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
    async with serving(make_app(tenant)) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        yield client
