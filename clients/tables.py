"""Azure Table Storage through azure-data-tables: rows in, rows out, our errors raised.

Tables are made on first use. The SDK does not repeat a write that must not happen twice (an insert, or one bound to an
ETag). aiohttp may, once, when the connection of a `replace` breaks: a Conflict can be about one's own first write, so
read again before deciding anything.
"""

import base64
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceExistsError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from clients.addresses import checked_base_url
from clients.errors import ClientError, NotFound
from clients.records import Row, RowPage
from clients.table_errors import TABLE_NOT_FOUND, table_error
from clients.table_rows import (
    check_key,
    escape_key,
    from_entity,
    join_text,
    render_filter,
    request_bytes,
    split_text,
    to_entity,
    unescape_key,
)

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

__all__ = ["Row", "RowPage", "Tables", "Write", "escape_key", "join_text", "split_text", "unescape_key"]

# At INFO it writes the address and the headers of every request.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)

T = TypeVar("T")

MAX_WRITES = 100  # in one transaction
MAX_REQUEST_BYTES = 4 * 1024 * 1024
# All retries off: azure-core takes a connection that broke after the request for one that never came about.
ONCE: dict[str, Any] = {"retry_total": 0}
# Short: whoever calls retries for longer. None on a status, since the SDK would sleep through any Retry-After.
RETRIES: dict[str, Any] = {"retry_connect": 2, "retry_read": 2, "retry_status": 0, "retry_backoff_factor": 0.2}
TIMEOUTS: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 20}  # seconds


@dataclass(frozen=True, slots=True)
class Write:
    """One part of `submit`. Only replace, merge and delete look at the ETag; without one they are unconditional."""

    kind: Literal["insert", "replace", "merge", "upsert", "delete"]
    values: Mapping[str, Any]
    etag: str | None = None


class Tables:
    """With a connection string, or an endpoint and a credential (DefaultAzureCredential unless one is given)."""

    def __init__(
        self,
        *,
        connection_string: str | None = None,
        endpoint: str | None = None,
        credential: "AsyncTokenCredential | None" = None,
    ) -> None:
        self._credential: AsyncTokenCredential | None = None
        if connection_string:
            self._service = TableServiceClient.from_connection_string(
                connection_string, use_env_settings=not _is_azurite(connection_string), **RETRIES, **TIMEOUTS
            )
        elif endpoint:
            self._credential = credential or _default_credential()
            address = checked_base_url("TABLES_ENDPOINT", endpoint)
            self._service = TableServiceClient(address, credential=self._credential, **RETRIES, **TIMEOUTS)
        else:
            raise ValueError("Table Storage needs TABLES_CONNECTION or TABLES_ENDPOINT")
        self._ready: dict[str, TableClient] = {}

    async def close(self) -> None:
        await self._service.close()
        if self._credential is not None:
            await self._credential.close()

    async def ensure(self, table: str) -> None:
        """Make the table unless it is there. A table that is just being deleted raises Unavailable for a while."""
        if table in self._ready:
            return
        client = self._service.get_table_client(table)
        try:
            await client.create_table()
        except ResourceExistsError:
            pass
        except AzureError as error:
            raise table_error(f"create the table {table}", error) from error
        self._ready[table] = client

    async def get(self, table: str, partition_key: str, row_key: str) -> Row | None:
        check_key("PartitionKey", partition_key)
        check_key("RowKey", row_key)
        client = await self._table(table)
        try:
            entity = await self._ask(table, f"read {row_key} from {table}", client.get_entity(partition_key, row_key))
        except NotFound:
            return None
        return _row(entity)

    async def insert(self, table: str, values: Mapping[str, Any]) -> str:
        """Store a new row and return its ETag. Raises Conflict when there is one with these keys."""
        client, entity = await self._table(table), to_entity(values)
        return await self._write(table, "insert", values, client.create_entity(entity, **ONCE))

    async def replace(self, table: str, values: Mapping[str, Any], etag: str) -> str:
        """Store these values and no others. Raises Conflict when the row is not as it was read, or gone."""
        return await self._update(table, UpdateMode.REPLACE, values, etag)

    async def merge(self, table: str, values: Mapping[str, Any], etag: str) -> str:
        """Store these values beside the row's others; None leaves a value as it is. Raises Conflict as `replace`."""
        return await self._update(table, UpdateMode.MERGE, values, etag)

    async def upsert(self, table: str, values: Mapping[str, Any]) -> str:
        """Store these values and no others, whatever was there."""
        client, entity = await self._table(table), to_entity(values)
        return await self._write(table, "upsert", values, client.upsert_entity(entity, mode=UpdateMode.REPLACE))

    async def delete(self, table: str, partition_key: str, row_key: str, etag: str | None = None) -> None:
        """A row that is gone already is no error. With an ETag, raises Conflict when the row is not as it was read."""
        check_key("PartitionKey", partition_key)
        check_key("RowKey", row_key)
        client = await self._table(table)
        call = client.delete_entity(partition_key, row_key, **(_if_unchanged(etag) | ONCE if etag else {}))
        await self._ask(table, f"delete {row_key} in {table}", call)

    async def query(self, table: str, filter: str, parameters: Mapping[str, Any]) -> AsyncIterator[Row]:
        """All rows that match, page by page; `filter` names its values (`PartitionKey eq @group`). Empty: all rows."""
        continuation = None
        while True:
            page = await self.query_page(table, filter, parameters, continuation, 1000)
            for row in page.rows:
                yield row
            if (continuation := page.continuation) is None:
                return

    async def query_page(
        self,
        table: str,
        filter: str,
        parameters: Mapping[str, Any],
        continuation: str | None,
        limit: int,
        columns: Sequence[str] | None = None,
    ) -> RowPage:
        """At most `limit` rows (1000 at most), whole or with these columns alone.

        Raises ValueError for a continuation that is not one of ours.
        """
        client, text = await self._table(table), render_filter(filter, parameters)
        options: dict[str, Any] = {"results_per_page": limit} | ({"select": list(columns)} if columns else {})
        entities = client.query_entities(text, **options) if text else client.list_entities(**options)
        pages = entities.by_page(_decoded(continuation))
        while True:  # the service may answer an empty page with a continuation
            rows = [_row(entity) for entity in await self._ask(table, f"query {table}", _next_page(pages))]
            token: dict[str, str] | None = getattr(pages, "continuation_token", None)
            if rows or not token:
                return RowPage(rows, _encoded(token))

    async def submit(self, table: str, writes: Iterable[Write]) -> None:
        """Do the writes in transactions, each of one partition, with at most 100 rows and 4 MiB.

        Each transaction happens whole or not at all; of several, the first ones may have happened when it raises.
        """
        client = await self._table(table)
        for chunk in _chunks([(write, to_entity(write.values)) for write in writes]):
            operations = [_operation(write, entity) for write, entity in chunk]
            call = client.submit_transaction(operations, **ONCE)
            await self._ask(table, f"store {len(chunk)} rows in {table}", call, has_etag=any(w.etag for w, _ in chunk))

    async def _update(self, table: str, mode: UpdateMode, values: Mapping[str, Any], etag: str) -> str:
        client, entity = await self._table(table), to_entity(values)
        call = client.update_entity(entity, mode=mode, **_if_unchanged(etag), **ONCE)
        return await self._write(table, mode.value, values, call, has_etag=True)

    async def _write(
        self, table: str, verb: str, values: Mapping[str, Any], call: Awaitable[Any], *, has_etag: bool = False
    ) -> str:
        asked = f"{verb} {values['RowKey']} in {table}"
        return str((await self._ask(table, asked, call, has_etag=has_etag))["etag"])

    async def _table(self, table: str) -> TableClient:
        await self.ensure(table)
        return self._ready[table]

    async def _ask(self, table: str, asked: str, call: Awaitable[T], *, has_etag: bool = False) -> T:
        try:
            return await call
        except AzureError as error:
            found: ClientError = table_error(asked, error, has_etag=has_etag)
            if found.code == TABLE_NOT_FOUND:
                self._ready.pop(table, None)  # somebody deleted it; the next use makes it anew
            raise found from error


def _is_azurite(connection_string: str) -> bool:
    """Only Azurite does without TLS. It is near: at each request aiohttp would look for a proxy, and into ~/.netrc."""
    return "TableEndpoint=http://" in connection_string


def _default_credential() -> "AsyncTokenCredential":
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential()


def _if_unchanged(etag: str) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _row(entity: Any) -> Row:
    return Row(from_entity(entity), entity.metadata["etag"])


async def _next_page(pages: AsyncIterator[AsyncIterator[Any]]) -> list[Any]:
    async for page in pages:
        return [entity async for entity in page]
    return []


def _operation(write: Write, entity: dict[str, Any]) -> Any:
    guard = _if_unchanged(write.etag) if write.etag else {}
    match write.kind:
        case "insert":
            return "create", entity
        case "upsert":
            return "upsert", entity, {"mode": "replace"}
        case "delete":
            return "delete", entity, guard
        case kind:
            return "update", entity, {"mode": kind, **guard}


def _chunks(writes: list[tuple[Write, dict[str, Any]]]) -> Iterator[list[tuple[Write, dict[str, Any]]]]:
    """In order, a new chunk wherever a transaction has to end: partition, number, size, or the same row again."""
    chunk: list[tuple[Write, dict[str, Any]]] = []
    size, partition, rows = 0, None, set[str]()
    for write, entity in writes:
        bytes_ = request_bytes(entity)
        is_other = entity["PartitionKey"] != partition or entity["RowKey"] in rows
        if chunk and (is_other or len(chunk) == MAX_WRITES or size + bytes_ > MAX_REQUEST_BYTES):
            yield chunk
            chunk, size, rows = [], 0, set()
        chunk.append((write, entity))
        size, partition = size + bytes_, entity["PartitionKey"]
        rows.add(entity["RowKey"])
    if chunk:
        yield chunk


def _encoded(token: dict[str, str] | None) -> str | None:
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode() if token else None


def _decoded(continuation: str | None) -> Any:
    if continuation is None:
        return None
    try:
        token = json.loads(base64.urlsafe_b64decode(continuation))
    except ValueError as error:
        raise ValueError("the continuation is not one that was given out") from error
    if not isinstance(token, dict) or set(token) != {"PartitionKey", "RowKey"} or not _are_texts(token.values()):
        raise ValueError("the continuation is not one that was given out")
    return token


def _are_texts(values: Iterable[object]) -> bool:
    return all(value is None or isinstance(value, str) for value in values)
