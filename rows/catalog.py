"""The table `Licenses`, the license catalog: one row per group and SKU. Every write is bound to what was read.

A group is known by its id in Okta, so that a renamed one keeps its rows; people may ask for it by name as well.

So a choice an operator makes during a store is never lost, and two stores at once do no harm: whoever was overtaken
raises Conflict, and a retry reads again.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from clients.table_rows import escape_key, unescape_key
from lifecycle.catalog import CatalogEntry, StorePlan
from lifecycle.entitlement import Group
from rows.stored import Stored

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Licenses"
# The first four are the columns of the flow pack's table.
COLUMNS = {
    "sku_id": "MicrosoftLicenseSku",
    "name": "MicrosoftLicenseName",
    "row_number": "RowNumber",
    "group_name": "OktaGroupName",
    "sku_part_number": "SkuPartNumber",
    "assign": "Assign",
    "enabled_units": "EnabledUnits",
    "consumed_units": "ConsumedUnits",
    "capability_status": "CapabilityStatus",
    "applies_to": "AppliesTo",
    "stored_at": "StoredAt",
}


async def read(tables: "Tables", group_id: str | None = None) -> list[CatalogEntry]:
    """The catalog of one group, or the whole of it, also of groups that are not managed any more."""
    return _in_order(await read_stored(tables, group_id))


async def read_stored(tables: "Tables", group_id: str | None = None) -> list[Stored[CatalogEntry]]:
    """As `read`, with ETags and in no order."""
    return await _query(tables, "PartitionKey eq @key", key=key_of(group_id)) if group_id else await _query(tables, "")


async def read_asked_for(tables: "Tables", group: str) -> list[CatalogEntry]:
    """The catalog of the group with this id, or of all groups with this name."""
    try:
        named = await _query(tables, "PartitionKey eq @key or OktaGroupName eq @name", key=key_of(group), name=group)
    except ValueError:  # longer than any name or id
        return []
    return _in_order(named)


async def read_groups(tables: "Tables") -> list[Group]:
    """The groups that have rows, managed or not, by the names they had at their last store."""
    entries = sorted((each.record for each in await read_stored(tables)), key=lambda entry: entry.stored_at)
    names = {entry.group_id: entry.group_name for entry in entries}
    return [Group(id, name) for id, name in sorted(names.items(), key=lambda each: (each[1], each[0]))]


async def find(tables: "Tables", group: str, sku_id: str) -> list[Stored[CatalogEntry]]:
    """The row of one SKU of the group with this id, or of every group with this name."""
    try:
        key, row_key = key_of(group), escape_key(sku_id.lower())
    except ValueError:  # longer than any name, id or skuId
        return []
    if row := await tables.get(TABLE, key, row_key):
        return [Stored(from_values(row.values), row.etag)]
    return await _query(tables, "OktaGroupName eq @name and RowKey eq @sku", name=group, sku=row_key)


async def choose(tables: "Tables", chosen: Stored[CatalogEntry], *, assign: bool) -> None:
    """Write whether newcomers are given a SKU. Raises Conflict when the row is not as it was read."""
    await tables.merge(TABLE, {**_keys(chosen.record), COLUMNS["assign"]: assign}, chosen.etag)


async def store(tables: "Tables", plan: StorePlan, former: Iterable[Stored[CatalogEntry]]) -> None:
    """Carry out the plan for one group in as few transactions as the service allows, the deletions last."""
    from clients.tables import Write

    known = {stored.record.sku_id: stored for stored in former}
    writes = []
    for entry in plan.write:
        etag = known[entry.sku_id].etag if entry.sku_id in known else None
        writes.append(Write("merge" if etag else "insert", to_values(entry), etag))
    deletes = [Write("delete", _keys(known[each].record), known[each].etag) for each in plan.delete]
    await tables.submit(TABLE, [*writes, *deletes])


async def delete(tables: "Tables", entries: Iterable[Stored[CatalogEntry]]) -> None:
    """Delete rows of one group, a hundred at a time."""
    from clients.tables import Write

    await tables.submit(TABLE, [Write("delete", _keys(each.record), each.etag) for each in entries])


def key_of(group_id: str) -> str:
    """The partition of a group. Raises ValueError for more than any id is long."""
    return escape_key(group_id)


def to_values(entry: CatalogEntry) -> dict[str, Any]:
    return _keys(entry) | columns_of(entry)


def columns_of(entry: CatalogEntry) -> dict[str, Any]:
    """The row as people see it in the table or in a spreadsheet, without its keys."""
    return {column: getattr(entry, name) for name, column in COLUMNS.items()}


def from_values(values: Mapping[str, Any]) -> CatalogEntry:
    """Raises ValueError for a row the app did not write."""
    missing = [column for column in COLUMNS.values() if column not in values]
    if missing:
        row = f"{values.get('RowKey')} of {values.get('PartitionKey')}"
        raise ValueError(f"the row {row} in the table {TABLE} lacks {', '.join(missing)}; clear it and store again")
    known: dict[str, Any] = {name: values[column] for name, column in COLUMNS.items()}
    return CatalogEntry(group_id=unescape_key(values["PartitionKey"]), **known)


def _keys(entry: CatalogEntry) -> dict[str, Any]:
    return {"PartitionKey": key_of(entry.group_id), "RowKey": entry.sku_id}


async def _query(tables: "Tables", condition: str, **values: str) -> list[Stored[CatalogEntry]]:
    return [Stored(from_values(row.values), row.etag) async for row in tables.query(TABLE, condition, values)]


def _in_order(rows: Iterable[Stored[CatalogEntry]]) -> list[CatalogEntry]:
    entries = (stored.record for stored in rows)
    return sorted(entries, key=lambda entry: (entry.group_name, entry.group_id, entry.row_number))
