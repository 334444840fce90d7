"""Tables of its own for each test, in a real Azurite."""

from uuid import uuid4

import pytest

from rows import accounts, audit, catalog, drift, mails, members, outbox, roster, state


@pytest.fixture(autouse=True)
def _own_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (accounts, audit, catalog, drift, mails, members, outbox, roster, state):
        monkeypatch.setattr(module, "TABLE", f"T{uuid4().hex}")
    monkeypatch.setattr(drift, "READINGS", f"T{uuid4().hex}")
    monkeypatch.setattr(audit, "BY_TIME", f"T{uuid4().hex}")
