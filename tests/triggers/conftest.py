"""An audit of its own for whatever operators ask for."""

from uuid import uuid4

import pytest

import wiring
from clients.tables import Tables
from rows import audit
from settings import read_settings
from tests.triggers.members_world import answering
from tests.triggers.test_okta_event_hook import ENVIRON


@pytest.fixture
def audited(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Real tables with an audit that no other test knows, and settings."""
    found = read_settings(ENVIRON)
    for name in ("TABLE", "BY_TIME"):
        monkeypatch.setattr(audit, name, f"T{uuid4().hex}")
    monkeypatch.setattr(wiring, "tables", answering(tables))
    monkeypatch.setattr(wiring, "settings", lambda: found)
    return tables
