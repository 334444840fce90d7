"""A stand-in that knows a token of the test's choosing: `python -m tests.security.stand_in okta-org PORT TOKEN`."""

import sys

from aiohttp import web

from local.m365_tenant import sample_tenant
from local.m365_tenant import server as tenant_server
from local.m365_tenant.tenant import M365Tenant
from local.okta_org import sample_org
from local.okta_org import server as okta_server
from local.okta_org.org import OktaOrg
from local.stand_in.server import run_until_stopped


def okta_org(token: str) -> web.Application:
    org = OktaOrg(token=token)
    sample_org.seed_sample_people(org)
    return okta_server.make_app(org)


def m365_tenant(token: str) -> web.Application:
    tenant = M365Tenant(token=token)
    sample_tenant.seed_sample_people(tenant)
    return tenant_server.make_app(tenant)


if __name__ == "__main__":
    name, port, token = sys.argv[1:]
    make = {"okta-org": okta_org, "m365-tenant": m365_tenant}[name]
    sys.exit(run_until_stopped(make(token), int(port), name))
