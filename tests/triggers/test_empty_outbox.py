"""The timer that looks into the outbox."""

import logging
from uuid import uuid4

import pytest
from azure.functions.timer import TimerRequest

import wiring
from clients.tables import Tables
from lifecycle.mail_ledger import OUTBOX_PARTITION
from tests.triggers.durable_client import FakeDurableClient
from tests.triggers.members_world import answering
from triggers import empty_outbox


@pytest.fixture
async def outbox(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"T{uuid4().hex}"
    monkeypatch.setattr(empty_outbox, "OUTBOX", name)
    monkeypatch.setattr(wiring, "tables", answering(tables))
    return name


async def look(client: FakeDurableClient) -> list[str]:
    timer = empty_outbox.empty_outbox._function.get_user_function().client_function
    await timer(TimerRequest(past_due=False), client)
    return list(client.instances)


async def put_a_mail(tables: Tables, outbox: str) -> None:
    await tables.upsert(outbox, {"PartitionKey": OUTBOX_PARTITION, "RowKey": "1", "Kind": "account_disabled"})


async def test_nothing_is_started_while_nothing_waits(outbox: str) -> None:
    assert await look(FakeDurableClient()) == []


async def test_mail_that_waits_starts_the_delivery(tables: Tables, outbox: str) -> None:
    await put_a_mail(tables, outbox)

    assert await look(FakeDurableClient()) == ["deliver_mails"]


async def test_one_delivery_is_under_way_at_a_time_and_another_follows_it(tables: Tables, outbox: str) -> None:
    await put_a_mail(tables, outbox)
    client = FakeDurableClient()

    client.instances["deliver_mails"] = "Running"
    await look(client)
    assert client.inputs == {}

    client.instances["deliver_mails"] = "Completed"
    await look(client)
    assert client.inputs == {"deliver_mails": {}}


async def test_host_that_cannot_start_it_says_so_and_is_asked_again(
    tables: Tables, outbox: str, caplog: pytest.LogCaptureFixture
) -> None:
    await put_a_mail(tables, outbox)
    client = FakeDurableClient()
    client.broken = True

    with caplog.at_level(logging.ERROR):
        assert await look(client) == []

    assert "looked into again in a minute" in caplog.text
