"""The rows of the license catalog: one per group and SKU. Every write is bound to what was read (its ETag).

So a choice an operator makes during a store is never lost, and two stores at once do no harm: whoever was overtaken
raises Conflict, and a retry reads again.
"""

from collections.abc import Iterable

import wiring
from clients.records import Row
from clients.table_rows import escape_key, unescape_key
from lifecycle.catalog import LICENSES, CatalogEntry, StorePlan, entry_from, row_values


async def read_group(group_name: str) -> list[CatalogEntry]:
    """The catalog of one group, in the order it was stored."""
    entries = [entry_from(row.values) for row in await read_rows(group_name)]
    return sorted(entries, key=lambda entry: entry.row_number)


async def read_all() -> list[CatalogEntry]:
    """The whole catalog, also of groups that are not managed any more."""
    tables = await wiring.tables()
    entries = [entry_from(row.values) async for row in tables.query(LICENSES, "", {})]
    return sorted(entries, key=lambda entry: (entry.group_name, entry.row_number))


async def read_rows(group_name: str) -> list[Row]:
    tables = await wiring.tables()
    rows = tables.query(LICENSES, "PartitionKey eq @group", {"group": escape_key(group_name)})
    return [row async for row in rows]


async def read_group_names() -> list[str]:
    """The groups that have rows, managed or not."""
    tables = await wiring.tables()
    keys = {row.values["PartitionKey"] async for row in tables.query(LICENSES, "", {})}
    return sorted(unescape_key(key) for key in keys)


async def store(group_name: str, plan: StorePlan, former: Iterable[Row]) -> None:
    """Carry out a plan in as few transactions as the service allows, the deletions last."""
    from clients.tables import Write

    etags = {row.values["RowKey"]: row.etag for row in former}
    partition = {"PartitionKey": escape_key(group_name)}
    writes = []
    for entry in plan.write:
        etag = etags.get(entry.sku_id)
        values = {**partition, "RowKey": entry.sku_id, **row_values(entry)}
        writes.append(Write("merge" if etag else "insert", values, etag))
    deletes = [Write("delete", {**partition, "RowKey": sku_id}, etags[sku_id]) for sku_id in plan.delete]
    tables = await wiring.tables()
    await tables.submit(LICENSES, [*writes, *deletes])


async def delete(rows: Iterable[Row]) -> None:
    """Delete rows of one group, a hundred at a time."""
    from clients.tables import Write

    keys = ("PartitionKey", "RowKey")
    tables = await wiring.tables()
    await tables.submit(LICENSES, [Write("delete", {key: row.values[key] for key in keys}, row.etag) for row in rows])
