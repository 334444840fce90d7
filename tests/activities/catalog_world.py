"""An Okta and a tenant that answer what they are told, beside real tables that count their transactions."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from activities import catalog, catalog_rows
from clients.errors import Rejected
from clients.records import OktaGroup, SubscribedSku
from clients.tables import Tables
from lifecycle.catalog import CatalogEntry

NOW = datetime(2026, 9, 14, 4, 20, tzinfo=UTC)
GROUP = "Office 365 Assignments"
GROUPS = {"00g1aaaaaaaaaaaaaaaa": GROUP, "00g2bbbbbbbbbbbbbbbb": "Sales", "00g3cccccccccccccccc": "Berlin/Paris #1?"}
Effect = Callable[[], Awaitable[object]]


def sku(number: int, **differing: Any) -> SubscribedSku:
    usual: dict[str, Any] = {
        "sku_id": str(UUID(int=number)),
        "sku_part_number": f"PART_{number}",
        "capability_status": "Enabled",
        "applies_to": "User",
        "enabled_units": 10,
        "warning_units": 0,
        "consumed_units": number % 10,
    }
    return SubscribedSku(**{**usual, **differing})


class World:
    """An Okta and a tenant that answer what they are told, and real tables that count their transactions."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.skus = [sku(1), sku(2)]
        self.office_group: tuple[str, ...] = (GROUP,)
        self.ambiguous: set[str] = set()
        self.transactions: list[int] = []
        self.before_transaction: dict[int, Effect] = {}

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        if name_or_id in self.ambiguous:
            raise Rejected("okta", f"find the group {name_or_id!r}", code="ambiguous_group")
        found = [(id, name) for id, name in GROUPS.items() if name_or_id in (id, name)]
        return OktaGroup(*found[0]) if found else None

    async def list_subscribed_skus(self) -> list[SubscribedSku]:
        return self.skus

    def manages(self, group_id: str, group_name: str) -> bool:
        return group_id in self.office_group or group_name in self.office_group

    def count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count what leaves for the service: each `submit_transaction` is one entity group transaction."""
        from azure.data.tables.aio import TableClient

        original = TableClient.submit_transaction

        async def counted(client: Any, operations: list[Any], **options: Any) -> Any:
            if effect := self.before_transaction.pop(len(self.transactions) + 1, None):
                await effect()
            self.transactions.append(len(operations))
            return await original(client, operations, **options)

        monkeypatch.setattr(TableClient, "submit_transaction", counted)


def answering(client: Any) -> Callable[[], Awaitable[Any]]:
    async def answer() -> Any:
        return client

    return answer


async def perform(activity: Any, **details: Any) -> dict[str, Any]:
    """Call an activity as the orchestrator does."""
    call = {"instance": "store_licenses-1", "okta_user_id": "", "event_uuid": "", "at": NOW.isoformat()}
    answer: dict[str, Any] = await activity._function.get_user_function()({**call, "details": details})
    return answer


async def store(group: str = GROUP, *, clear_first: bool = False, days: int = 0) -> dict[str, Any]:
    stored_at = (NOW + timedelta(days=days)).isoformat()
    return await perform(catalog.store_group, group=group, clear_first=clear_first, stored_at=stored_at)


async def choose(world: World, entry: CatalogEntry, *, assign: bool, group: str = GROUP) -> None:
    """What the route does: one column, bound to what was read."""
    row = next(row for row in await catalog_rows.read_rows(group) if row.values["RowKey"] == entry.sku_id)
    keys = {name: row.values[name] for name in ("PartitionKey", "RowKey")}
    await world.tables.merge(catalog_rows.LICENSES, {**keys, "Assign": assign}, row.etag)
