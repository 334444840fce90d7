"""The tables of a small world: what clients.tables.Tables is to the rows."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from clients.errors import Conflict
from clients.records import Row
from clients.table_rows import from_entity, to_entity
from rows import audit, mails, outbox
from tests.orchestrators.small_steps import happen
from tests.orchestrators.small_world import SmallWorld

# Nothing reads them but the step that wrote them, so it does not matter when they are written: that is no step.
UNREAD = (audit.TABLE, audit.BY_TIME, mails.TABLE, outbox.TABLE)


class SmallTables:
    """Values go through the same conversion as on their way to Azure."""

    def __init__(self, world: SmallWorld) -> None:
        self._world = world
        self._writes = 0

    async def get(self, table: str, partition_key: str, row_key: str) -> Row | None:
        return await happen(f"read {table}", lambda: self._world.rows.get((table, partition_key, row_key)))

    async def insert(self, table: str, values: Mapping[str, Any]) -> str:
        if table in UNREAD and (table, values["PartitionKey"], values["RowKey"]) not in self._world.rows:
            return self.put(table, values)
        return await happen(f"insert {table}", lambda: self._write(table, values, None))

    async def replace(self, table: str, values: Mapping[str, Any], etag: str) -> str:
        return await happen(f"replace {table}", lambda: self._write(table, values, etag))

    async def upsert(self, table: str, values: Mapping[str, Any]) -> str:
        if table in UNREAD:
            return self.put(table, values)
        return await happen(f"upsert {table}", lambda: self.put(table, values))

    async def delete(self, table: str, partition_key: str, row_key: str) -> None:
        """One that is not there is no error, and no step: nobody can tell when that was asked."""
        if (table, partition_key, row_key) in self._world.rows:
            await happen(f"delete {table}", lambda: self._world.rows.pop((table, partition_key, row_key), None))

    async def query(self, table: str, filter: str, parameters: Mapping[str, Any]) -> AsyncIterator[Row]:
        """The catalog, which nobody changes during a play, and notes. Knows no filter but equality."""
        conditions = [condition.split(" eq @") for condition in filter.split(" and ") if condition]
        for (of, partition, key), row in list(self._world.rows.items()):
            values = {"PartitionKey": partition, "RowKey": key, **row.values}
            if of == table and all(values[column] == parameters[name] for column, name in conditions):
                yield row

    def _write(self, table: str, values: Mapping[str, Any], etag: str | None) -> str:
        present = self._world.rows.get((table, values["PartitionKey"], values["RowKey"]))
        if (present.etag if present else None) != etag:
            raise Conflict("tables", f"write {table}", status=412)
        return self.put(table, values)

    def put(self, table: str, values: Mapping[str, Any]) -> str:
        self._writes += 1
        row = Row(from_entity(to_entity(values)), f"{self._writes}")
        self._world.rows[table, values["PartitionKey"], values["RowKey"]] = row
        return row.etag
