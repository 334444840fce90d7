"""Operators, people in real tables, and an Okta and a durable client of our own making."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest

import wiring
from clients.records import OktaUser
from clients.tables import Tables
from lifecycle.accounts import Account
from lifecycle.audit import AuditEntry
from lifecycle.inputs import EventInput
from lifecycle.members import Member
from lifecycle.stages import Phase
from rows import accounts, audit, mails
from rows import members as member_rows
from settings import read_settings
from tests.triggers.durable_client import FakeDurableClient
from tests.triggers.test_okta_event_hook import ENVIRON
from triggers import members

NOW = datetime.now(UTC)
RUN = "staged_deactivation-d41c7e80"
ADA = Member(
    okta_user_id="00u1ada",
    login="ada@contoso.com",
    instance=RUN,
    event_uuid="d41c7e80",
    published=NOW - timedelta(minutes=5),
    phase=Phase.GRACE_PERIOD,
    display_name="Ada <b>Lovelace</b>",
    entra_user_id="entra-ada",
    awaiting_command="command-1",
)
BOB = replace(
    ADA,
    okta_user_id="00u2bob",
    login="bob@contoso.com",
    phase=Phase.UNLICENSED,
    awaiting_command=None,
    entra_user_id=None,
)
ADAS = Account("entra-ada", ADA.login, ADA.okta_user_id, RUN, due_at=NOW + timedelta(days=30))
IN_OKTA = OktaUser("00u3cyd", "ACTIVE", "cyd@contoso.com")
Answer = tuple[int, Any]


class FakeOkta:
    def __init__(self) -> None:
        self.users = {IN_OKTA.id: IN_OKTA, IN_OKTA.login: IN_OKTA}
        self.fault: Exception | None = None

    async def read_user(self, id_or_login: str) -> OktaUser | None:
        if self.fault:
            raise self.fault
        return self.users.get(id_or_login)


class World:
    """`tables` are real, under names of their own; Ada's run is alive."""

    def __init__(self, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables = tables
        self.okta = FakeOkta()
        self.client = FakeDurableClient()
        self.client.instances[RUN] = "Running"
        found = read_settings(ENVIRON)
        for table in (member_rows, accounts, audit, mails):
            monkeypatch.setattr(table, "TABLE", f"T{uuid4().hex}")
        monkeypatch.setattr(audit, "BY_TIME", f"T{uuid4().hex}")
        monkeypatch.setattr(wiring, "tables", answering(tables))
        monkeypatch.setattr(wiring, "okta", answering(self.okta))
        monkeypatch.setattr(wiring, "settings", lambda: found)

    async def put(self, *people: Member) -> None:
        """Store these rows, whatever was there."""
        for member in people:
            former = await member_rows.find(self.tables, member.okta_user_id)
            if former:
                await member_rows.replace(self.tables, member, former.etag)
            else:
                await member_rows.insert(self.tables, member)

    async def put_account(self, account: Account) -> None:
        await self.tables.upsert(accounts.TABLE, accounts.to_values(account))

    async def listed(self, **params: str) -> Answer:
        return await send(members.list_members, params=params)

    async def shown(self, user: str) -> Answer:
        return await send(members.show_member, user=user)

    async def tell(self, user: str, command: str, body: Any = b"") -> Answer:
        return await send(members.command_member, self.client, user=user, command=command, body=body)

    def events(self) -> dict[str, EventInput]:
        """What flows were started with, by their instances."""
        return {instance: self.client.input_of(instance, EventInput) for instance in self.client.inputs}

    async def audited(self, okta_user_id: str = ADA.okta_user_id) -> list[AuditEntry]:
        return [entry async for entry in audit.of_person(self.tables, okta_user_id)]


def answering(client: Any) -> Callable[[], Awaitable[Any]]:
    async def answer() -> Any:
        return client

    return answer


async def send(route: Any, *client: Any, params: dict[str, str] | None = None, body: Any = b"", **path: str) -> Answer:
    """Call the function as the worker does. Returns the status and the parsed body."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = "http://localhost/api"
    request = func.HttpRequest("POST", address, params=params or {}, route_params=path, body=encoded)
    function = route._function.get_user_function()
    response = await getattr(function, "client_function", function)(request, *client)
    return response.status_code, json.loads(response.get_body())
