"""The settings and the real clients, each built once, on first use.

The vendor SDKs take seconds to import, and the worker has one event loop on which Okta may just be waiting for its
answer; so they are imported in a thread, and not before something needs them.
"""

import asyncio
import csv
import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from clients.durable import Durable
from settings import Settings, read_settings

if TYPE_CHECKING:
    from clients.graph import Graph
    from clients.okta import Okta
    from clients.tables import Tables

__all__ = ["Durable", "close", "durable", "graph", "now", "okta", "settings", "sku_names", "tables"]

SKU_NAMES = Path(__file__).parent / "data" / "microsoft-sku-names.csv"

_clients: dict[str, "asyncio.Future[Any]"] = {}


@cache
def settings() -> Settings:
    """The settings of this process. Raises SettingsError, which names every fault."""
    return read_settings()


def now() -> datetime:
    """The present. The local host puts its own clock in the place of this, which can be moved."""
    return datetime.now(UTC)


async def okta() -> "Okta":
    return await _once("clients.okta", _build_okta)  # type: ignore[no-any-return]


async def graph() -> "Graph":
    return await _once("clients.graph", _build_graph)  # type: ignore[no-any-return]


async def tables() -> "Tables":
    return await _once("clients.tables", _build_tables)  # type: ignore[no-any-return]


def durable(client: Any) -> Durable:
    """The durable client of one invocation, which the SDK leaves untyped, behind our words."""
    return Durable(client)


@cache
def sku_names() -> dict[str, str]:
    """Microsoft's product name per skuId, as shipped with the app."""
    with SKU_NAMES.open(encoding="utf-8", newline="") as file:
        return {row["skuId"].lower(): row["productName"] for row in csv.DictReader(file)}


async def _once(module: str, build: Callable[[ModuleType], Any]) -> Any:
    """Build a client on first use; callers that come meanwhile wait for the same one."""
    if module not in _clients:
        _clients[module] = asyncio.ensure_future(_built(module, build))
    try:
        return await asyncio.shield(_clients[module])
    except Exception:
        _clients.pop(module, None)  # the next caller tries again
        raise


async def close() -> None:
    """Close the clients that were built, and forget them: for a command, which ends, as a function app does not."""
    building = list(_clients.values())
    _clients.clear()
    for built in await asyncio.gather(*building, return_exceptions=True):
        if not isinstance(built, BaseException):
            await built.close()


async def _built(module: str, build: Callable[[ModuleType], Any]) -> Any:
    return await asyncio.to_thread(lambda: build(importlib.import_module(module)))


def _build_okta(module: ModuleType) -> Any:
    found = settings()
    return module.Okta(
        found.okta_org_url,
        token=_revealed(found.okta_api_token),
        client_id=found.okta_client_id,
        private_key=_revealed(found.okta_private_key),
    )


def _build_graph(module: ModuleType) -> Any:
    found = settings()
    return module.Graph(found.graph_base_url, access_token=_revealed(found.graph_access_token))


def _build_tables(module: ModuleType) -> Any:
    found = settings()
    return module.Tables(connection_string=_revealed(found.tables_connection), endpoint=found.tables_endpoint)


def _revealed(secret: Any) -> str | None:
    return None if secret is None else secret.get_secret_value()
