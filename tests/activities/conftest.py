"""The wiring as the activities find it in these tests: a real table, and vendors of our own making."""

from uuid import uuid4

import pytest

import wiring
from activities import records
from clients.tables import Tables
from tests.activities.person_world import MAYA, MEMBER, OKTA_ID, OktaUser, PersonWorld


@pytest.fixture
async def person(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> PersonWorld:
    for table in ("MEMBERS", "AUDIT", "MAILS", "OUTBOX"):
        monkeypatch.setattr(records, table, f"T{uuid4().hex}")
    world = PersonWorld(tables)
    world.okta.users = {OKTA_ID: OktaUser(OKTA_ID, "ACTIVE", MEMBER.login, email=MAYA.mail, display_name="Maya Lin")}

    def giving(client: object):
        async def give() -> object:
            return client

        return give

    monkeypatch.setattr(wiring, "settings", lambda: world.settings)
    for name in ("tables", "graph", "okta"):
        monkeypatch.setattr(wiring, name, giving(getattr(world, name)))
    await world.remember(MEMBER)
    return world
