"""The timer that looks into the outbox."""

import logging
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from azure.functions.timer import TimerRequest

import wiring
from clients.tables import Tables
from lifecycle.inputs import DeliverInput
from lifecycle.mail_ledger import WaitingMail
from rows import outbox
from tests.triggers.durable_client import FakeDurableClient
from tests.triggers.members_world import answering
from triggers import empty_outbox

AT = datetime(2026, 9, 14, tzinfo=UTC)
MAIL = WaitingMail("00u1", "account_disabled-1", "account_disabled", AT, "d41c7e80", "<p>Hello</p>")


@pytest.fixture(autouse=True)
async def _own_table(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "TABLE", f"T{uuid4().hex}")
    monkeypatch.setattr(wiring, "tables", answering(tables))


async def look(client: FakeDurableClient) -> list[str]:
    timer = empty_outbox.empty_outbox._function.get_user_function().client_function
    await timer(TimerRequest(past_due=False), client)
    return list(client.instances)


async def test_nothing_is_started_while_nothing_waits() -> None:
    assert await look(FakeDurableClient()) == []


async def test_mail_that_waits_starts_the_delivery(tables: Tables) -> None:
    await outbox.put(tables, MAIL)

    assert await look(FakeDurableClient()) == ["deliver_mails"]


async def test_one_delivery_is_under_way_at_a_time_and_another_follows_it(tables: Tables) -> None:
    await outbox.put(tables, MAIL)
    client = FakeDurableClient()

    client.instances["deliver_mails"] = "Running"
    await look(client)
    assert client.inputs == {}

    client.instances["deliver_mails"] = "Completed"
    await look(client)
    assert client.input_of("deliver_mails", DeliverInput) == DeliverInput()


async def test_host_that_cannot_start_it_says_so_and_is_asked_again(
    tables: Tables, caplog: pytest.LogCaptureFixture
) -> None:
    await outbox.put(tables, MAIL)
    client = FakeDurableClient()
    client.broken = True

    with caplog.at_level(logging.ERROR):
        assert await look(client) == []

    assert "looked into again in a minute" in caplog.text
