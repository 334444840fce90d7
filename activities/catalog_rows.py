"""The rows of the license catalog: one per group and SKU, with the columns of the flow pack's table and some more."""

from collections.abc import Iterable
from typing import Any

import wiring
from clients.table_rows import escape_key
from lifecycle.catalog import CatalogEntry

LICENSES = "Licenses"
COLUMNS = {
    "group_name": "OktaGroupName",
    "sku_id": "MicrosoftLicenseSku",
    "name": "MicrosoftLicenseName",
    "row_number": "RowNumber",
    "sku_part_number": "SkuPartNumber",
    "assign": "Assign",
    "enabled_units": "EnabledUnits",
    "consumed_units": "ConsumedUnits",
    "capability_status": "CapabilityStatus",
    "applies_to": "AppliesTo",
    "stored_at": "StoredAt",
}


async def read_group(group_name: str) -> list[CatalogEntry]:
    """The catalog of one group, in the order it was stored."""
    tables = await wiring.tables()
    rows = tables.query(LICENSES, "PartitionKey eq @group", {"group": escape_key(group_name)})
    return sorted([_entry(row.values) async for row in rows], key=lambda entry: entry.row_number)


async def read_all() -> list[CatalogEntry]:
    """The whole catalog."""
    tables = await wiring.tables()
    rows = tables.query(LICENSES, "", {})
    entries = [_entry(row.values) async for row in rows]
    return sorted(entries, key=lambda entry: (entry.group_name, entry.row_number))


async def write(entries: Iterable[CatalogEntry]) -> None:
    """Write rows, a hundred of one group at a time."""
    from clients.tables import Write

    tables = await wiring.tables()
    await tables.submit(LICENSES, [Write("upsert", _values(entry)) for entry in entries])


async def delete(group_name: str, sku_ids: Iterable[str]) -> None:
    """Delete rows of one group, a hundred at a time."""
    from clients.tables import Write

    tables = await wiring.tables()
    keys = [{"PartitionKey": escape_key(group_name), "RowKey": sku_id} for sku_id in sku_ids]
    await tables.submit(LICENSES, [Write("delete", key) for key in keys])


def _values(entry: CatalogEntry) -> dict[str, Any]:
    values = {column: getattr(entry, name) for name, column in COLUMNS.items()}
    return {"PartitionKey": escape_key(entry.group_name), "RowKey": entry.sku_id, **values}


def _entry(values: dict[str, Any]) -> CatalogEntry:
    return CatalogEntry(**{name: values[column] for name, column in COLUMNS.items()})
