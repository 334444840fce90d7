"""An Okta and a tenant that answer what they are told, beside real tables that count their transactions."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from activities.activity import Call
from activities.catalog import store_group
from clients.errors import ClientError, Rejected
from clients.records import OktaGroup, SubscribedSku
from clients.tables import Tables
from lifecycle.catalog import CatalogEntry, StoredGroup
from lifecycle.entitlement import Group
from lifecycle.retries import Failure
from rows import catalog
from tests.activities.wire import Run

NOW = datetime(2026, 9, 14, 4, 20, tzinfo=UTC)
OFFICE = Group("00g1aaaaaaaaaaaaaaaa", "Office 365 Assignments")
SALES = Group("00g2bbbbbbbbbbbbbbbb", "Sales")
SLASHES = Group("00g3cccccccccccccccc", "Berlin/Paris #1?")
Effect = Callable[[], Awaitable[object]]

_RUN = Run(Call("store_licenses-1", okta_user_id="", event_uuid="", at=NOW))
perform = _RUN.perform
refusal = _RUN.refusal


def sku(number: int) -> SubscribedSku:
    return SubscribedSku(
        sku_id=str(UUID(int=number)),
        sku_part_number=f"PART_{number}",
        capability_status="Enabled",
        applies_to="User",
        enabled_units=10,
        warning_units=0,
        consumed_units=number % 10,
    )


def skus(first: int, last: int) -> list[SubscribedSku]:
    return [sku(number) for number in range(first, last + 1)]


class World:
    """Beside Okta and the tenant it is the settings: which groups are managed."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.skus = skus(1, 2)
        self.failure: ClientError | None = None  # what the tenant answers instead
        self.groups = [OFFICE, SALES, SLASHES]
        self.office_group: tuple[str, ...] = (OFFICE.name,)
        self.ambiguous: set[str] = set()
        self.transactions: list[int] = []
        self.before_transaction: dict[int, Effect] = {}

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        if name_or_id in self.ambiguous:
            raise Rejected("okta", f"find the group {name_or_id!r}", code="ambiguous_group")
        found = [group for group in self.groups if name_or_id in (group.id, group.name)]
        return OktaGroup(found[0].id, found[0].name) if found else None

    async def list_subscribed_skus(self) -> list[SubscribedSku]:
        if self.failure:
            raise self.failure
        return self.skus

    def manages(self, group_id: str, group_name: str) -> bool:
        return group_id in self.office_group or group_name in self.office_group

    def rename(self, group: Group, name: str) -> Group:
        """What an administrator does in Okta."""
        renamed = replace(group, name=name)
        self.groups = [renamed if each.id == group.id else each for each in self.groups]
        return renamed

    async def entries(self, group: Group | None = OFFICE) -> list[CatalogEntry]:
        return await catalog.read(self.tables, group.id if group else None)

    async def choose(self, entry: CatalogEntry, *, assign: bool) -> None:
        """What the route does, bound to what was read."""
        (stored,) = await catalog.find(self.tables, entry.group_id, entry.sku_id)
        await catalog.choose(self.tables, stored, assign=assign)

    def count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count what leaves for the service: each `submit_transaction` is one entity group transaction."""
        from azure.data.tables.aio import TableClient

        original = TableClient.submit_transaction

        async def counted(client: TableClient, operations: list[Any], **options: Any) -> object:
            if effect := self.before_transaction.pop(len(self.transactions) + 1, None):
                await effect()
            self.transactions.append(len(operations))
            return await original(client, operations, **options)

        monkeypatch.setattr(TableClient, "submit_transaction", counted)


async def store(group: Group = OFFICE, *, clear_first: bool = False, days: int = 0) -> StoredGroup:
    return await perform(store_group, group=group, clear_first=clear_first, stored_at=NOW + timedelta(days=days))


async def fail_to_store(*, clear_first: bool = False, days: int = 0) -> Failure:
    return await refusal(store_group, group=OFFICE, clear_first=clear_first, stored_at=NOW + timedelta(days=days))
