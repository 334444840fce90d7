"""An org, a tenant and tables in which all is well, for one thing at a time to be broken in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import wiring
from clients.okta import SCOPES
from lifecycle.events import EVENT_TYPES
from lifecycle.health import LastDriftCheck
from lifecycle.system_log import Place
from local.m365_tenant.sample_tenant import seed_sample_people as seed_tenant
from local.m365_tenant.server import make_app as make_tenant_app
from local.m365_tenant.tenant import M365Tenant
from local.okta_org.model import Channel, ChannelConfig, EventHook, HookEvents, OAuthClient
from local.okta_org.org import OktaOrg
from local.okta_org.sample_org import seed_sample_people as seed_org
from local.okta_org.server import make_app as make_org_app
from local.stand_in.sample_people import MAIL_SENDER, MANAGED_GROUP_NAME, OPERATORS_MAILBOX
from local.stand_in.server import serving
from rows import state
from settings import Settings, read_settings
from triggers import health_checks

HERE = "https://offstage.azurewebsites.net"
CLIENT_ID = "0oa8svc2Wq4Er6Ty15d7"
ROLES = (
    "User.Read.All",
    "User.EnableDisableAccount.All",
    "User.RevokeSessions.All",
    "LicenseAssignment.ReadWrite.All",
    "LicenseAssignment.Read.All",
    "Mail.Send",
)


@cache
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def graph_token(*roles: str, **claims: Any) -> str:
    """An access token as Microsoft makes them, but for who signed it."""
    return jwt.encode({"roles": list(roles), **claims}, "nobody checks the signature of it here", algorithm="HS256")


@dataclass
class HealthScene:
    """`settings` are what the app is set to; `reads` makes it read others."""

    org: OktaOrg
    tenant: M365Tenant
    settings: Settings
    values: dict[str, str]

    @property
    def client(self) -> OAuthClient:
        return self.org.state.oauth_clients[CLIENT_ID]

    @property
    def hook(self) -> EventHook:
        return next(iter(self.org.state.hooks.values()))

    async def reads(self, **values: str) -> None:
        """Set settings to other values; the clients are made anew."""
        self.values |= values
        self.settings = read_settings(self.values)
        await wiring.close()

    async def grants(self, *roles: str, **claims: Any) -> None:
        """The tenant gives the app a token with these roles, and holds it to them."""
        self.tenant.token = graph_token(*roles, **claims)
        await self.reads(GRAPH_ACCESS_TOKEN=self.tenant.token)

    async def remembers(self, *, polled: timedelta, drift: timedelta, findings: int = 0) -> None:
        """How long ago catch-up and the drift check ran."""
        now = datetime.now(UTC)
        tables = await wiring.tables()
        stored = await state.find_place(tables)
        place = Place("https://contoso.okta.com/api/v1/logs?after=1", now - polled, now - polled)
        await state.store_place(tables, place, stored.etag if stored else None)
        await state.store_drift_check(tables, LastDriftCheck(now - drift, findings, {"past_due": findings}))


@asynccontextmanager
async def healthy(tables_connection: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HealthScene]:
    """Everything as it should be, by a service app with its scopes and a token with its roles."""
    org, tenant = OktaOrg(), M365Tenant(token=graph_token(*ROLES))
    seed_org(org)
    seed_tenant(tenant)
    scopes = [*SCOPES, "okta.eventHooks.read"]
    org.state.oauth_clients[CLIENT_ID] = OAuthClient(client_id=CLIENT_ID, name="Offstage", scopes=scopes)
    hook = _hook(org)
    org.state.hooks[hook.id] = hook
    monkeypatch.setattr(state, "TABLE", f"T{uuid4().hex}")
    monkeypatch.setattr(wiring, "_clients", {})
    monkeypatch.setattr(health_checks, "_known", {})
    async with serving(make_org_app(org)) as okta_url, serving(make_tenant_app(tenant)) as graph_url:
        values = {**_values(okta_url, graph_url, tenant.token), "TABLES_CONNECTION": tables_connection}
        scene = HealthScene(org, tenant, read_settings(values), values)
        monkeypatch.setattr(wiring, "settings", lambda: scene.settings)
        await scene.remembers(polled=timedelta(minutes=1), drift=timedelta(hours=9))
        yield scene
        await wiring.close()


def _values(okta_url: str, graph_url: str, token: str) -> dict[str, str]:
    return {
        "OKTA_ORG_URL": okta_url,
        "OKTA_CLIENT_ID": CLIENT_ID,
        "OKTA_PRIVATE_KEY": private_key(),
        "OKTA_HOOK_SECRET": "a-secret-of-the-event-hook",
        "OFFICE_GROUP": MANAGED_GROUP_NAME,
        "GRAPH_BASE_URL": f"{graph_url}/v1.0",
        "GRAPH_ACCESS_TOKEN": token,
        "MAIL_SENDER": MAIL_SENDER,
        "OPERATORS_EMAIL": OPERATORS_MAILBOX,
    }


def _hook(org: OktaOrg) -> EventHook:
    now = org.controls.clock.millis()
    return EventHook(
        id="who4tq1x9bQm7Zr2e5d7",
        name="Offstage",
        verification_status="VERIFIED",
        created=now,
        created_by="00u1adm9kQ2Lw8Xy15d7",
        last_updated=now,
        events=HookEvents(type="EVENT_TYPE", items=list(EVENT_TYPES)),
        channel=Channel(type="HTTP", version="1.0.0", config=ChannelConfig(uri=f"{HERE}/api/okta/events")),
        source="https://contoso.okta.com/api/v1/eventHooks/who4tq1x9bQm7Zr2e5d7",
    )
