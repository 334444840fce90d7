"""Real tables, and a person in an org and a tenant of our own making."""

from uuid import uuid4

import pytest

import wiring
from activities import log_readings
from activities.log_readings import LogReadings
from clients.records import OktaUser
from clients.tables import Tables
from rows import accounts, audit, catalog, drift, mails, members, outbox, roster, state
from tests.activities.person_world import ACCOUNT, MAYA, MEMBER, OKTA_ID, BusyHost, PersonWorld
from tests.activities.wire import stand_in


@pytest.fixture
def own_tables(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Tables that no other test knows."""
    for module in (accounts, audit, catalog, drift, mails, members, outbox, roster, state):
        monkeypatch.setattr(module, "TABLE", f"T{uuid4().hex}")
    monkeypatch.setattr(drift, "READINGS", f"T{uuid4().hex}")
    monkeypatch.setattr(audit, "BY_TIME", f"T{uuid4().hex}")
    return tables


@pytest.fixture
async def person(own_tables: Tables, monkeypatch: pytest.MonkeyPatch) -> PersonWorld:
    world = PersonWorld(own_tables)
    world.okta.users = {OKTA_ID: OktaUser(OKTA_ID, "ACTIVE", MEMBER.login, email=MAYA.mail, display_name="Maya Lin")}
    stand_in(monkeypatch, lambda: world.settings, tables=own_tables, okta=world.okta, graph=world.graph)
    monkeypatch.setattr(log_readings, "readings", LogReadings())
    monkeypatch.setattr(wiring, "now", lambda: world.now)
    monkeypatch.setattr(wiring, "durable", lambda client: BusyHost())
    await world.remember(MEMBER)
    await world.remember_account(ACCOUNT)
    return world
