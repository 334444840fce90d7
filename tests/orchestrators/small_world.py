"""Okta, the tenant and the tables of one person, in memory: a call that others may come in between is one step.

The real activities run on it. A step happens at one instant; what comes between two steps is the scheduler's choice.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import pytest

import wiring
from clients.errors import Conflict, NoSeats, Unavailable
from clients.records import EntraUser, LicenseAssignment, OktaGroup, OktaUser, Row, SubscribedSku
from clients.table_rows import from_entity, to_entity
from lifecycle.catalog import CatalogEntry
from rows import audit, catalog
from settings import Settings, read_settings
from tests.orchestrators.driver import NOW

T = TypeVar("T")
Licenses = Mapping[str, tuple[str, ...]]  # skuId -> the service plans that are off

OKTA_USER = "00u7new3Zp5Rt6Vb15d7"
ENTRA_USER = "5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001"
LOGIN = "maya.lin@contoso.com"
GROUPS = {"Office": "00g2m365Abc9Qwe15d7", "Visio": "00g2visioAbc9Qw15d7"}
E3, VISIO, SWAY = (
    "05e9a617-0261-4cee-bb44-138d3ef5d965",
    "c5928f49-12ba-48f7-ada3-0d743a3601d5",
    "a23b959c-7ce8-4e57-9140-b90eb88a9e97",
)
ACCOUNT = "the account"
HELD: Licenses = {E3: (SWAY,), VISIO: ()}
SETTINGS = read_settings(
    {
        "OKTA_ORG_URL": "http://127.0.0.1:7080",
        "OKTA_API_TOKEN": "token",
        "OKTA_HOOK_SECRET": "a-secret-that-is-long-enough-for-a-test",
        "TABLES_CONNECTION": "UseDevelopmentStorage=true",
        "GRAPH_BASE_URL": "http://127.0.0.1:7081/v1.0",
        "GRAPH_ACCESS_TOKEN": "token",
        "OFFICE_GROUP": '["Office", "Visio"]',
        "GROUP_DELAYS": '{"Visio": "1 week"}',
    }
)


class Fate(Enum):
    HAPPENS = "happens"
    ANSWER_LOST = "happens, but its answer gets lost"
    LOST = "does not happen, and nobody notices"


@dataclass
class Step:
    """What a call waits for; the scheduler answers with its fate."""

    name: str
    may_be_lost: bool = False

    def __await__(self) -> Generator["Step", Fate, Fate]:
        fate = yield self
        return fate


@dataclass(frozen=True)
class Truth:
    """What Okta says at one moment: whether the person is entitled, and to what in the long run."""

    entitled: bool
    rights: frozenset[str]  # the enabled account, and licenses


@dataclass(frozen=True)
class TenantWrite:
    instance: str
    what: str
    entitled: bool  # before the activity
    wrongly: frozenset[str]  # taken, although Okta said before the activity and says now that the person is to have it


@dataclass
class SmallWorld:
    """`acting` is the instance whose step it is, and `before` what was true when its activity began: whoever lets a
    step happen says so before."""

    groups: set[str] = field(default_factory=lambda: {"Office"})
    status: str = "ACTIVE"
    enabled: bool = True
    held: Licenses = field(default_factory=lambda: HELD)  # while in every group
    direct: Licenses = field(default_factory=lambda: HELD)
    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    writes: list[TenantWrite] = field(default_factory=list)
    acting: str = ""
    before: Truth = Truth(True, frozenset())
    on_write: Callable[[TenantWrite], None] = lambda write: None
    settings: Settings = SETTINGS
    now: datetime = NOW
    has_seats: bool = True
    catalog: Mapping[str, str] = field(default_factory=dict)  # group -> the one SKU cataloged for it

    @property
    def entitled(self) -> bool:
        return bool(self.groups) and self.status != "DEPROVISIONED"

    @property
    def expected(self) -> Licenses:
        """The licenses that Okta's truth demands in the long run."""
        foreign = {sku for group, sku in self.catalog.items() if group not in self.groups}
        return {sku: off for sku, off in self.held.items() if self.entitled and sku not in foreign}

    @property
    def truth(self) -> Truth:
        return Truth(self.entitled, frozenset([*self.expected, ACCOUNT] if self.entitled else []))

    def wrote(self, what: str, taken: Iterable[str] = ()) -> None:
        wrongly = frozenset(taken) & self.before.rights & self.truth.rights
        write = TenantWrite(self.acting, what, self.before.entitled, wrongly)
        self.writes.append(write)
        self.on_write(write)

    def rows_of(self, table: str) -> list[Mapping[str, Any]]:
        """The rows of a table as Table Storage gives them."""
        return [row.values for (of, _, _), row in self.rows.items() if of == table]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the activities find this world where they look for their clients."""
        tables = SmallTables(self)
        for group, sku in self.catalog.items():
            entry = CatalogEntry(GROUPS[group], group, sku, sku, sku, "User", "Enabled", 100, 10, NOW, assign=True)
            tables.put(catalog.TABLE, catalog.to_values(entry))
        monkeypatch.setattr(wiring, "tables", _ready(tables))
        monkeypatch.setattr(wiring, "okta", _ready(SmallOkta(self)))
        monkeypatch.setattr(wiring, "graph", _ready(SmallGraph(self)))
        monkeypatch.setattr(wiring, "settings", lambda: self.settings)


def _ready(client: T) -> Callable[[], Awaitable[T]]:
    async def get() -> T:
        return client

    return get


async def happen(name: str, effect: Callable[[], T]) -> T:
    fate = await Step(name)
    result = effect()
    if fate is Fate.ANSWER_LOST:
        raise Unavailable("graph", name, detail="the answer got lost")
    return result


async def happen_or_get_lost(name: str, effect: Callable[[], None]) -> None:
    fate = await Step(name, may_be_lost=True)
    if fate is not Fate.LOST:
        effect()
    if fate is Fate.ANSWER_LOST:
        raise Unavailable("graph", name, detail="the answer got lost")


class SmallTables:
    """What clients.tables.Tables is to the rows; values go through the same conversion as on their way to Azure."""

    def __init__(self, world: SmallWorld) -> None:
        self._world = world
        self._writes = 0

    async def get(self, table: str, partition_key: str, row_key: str) -> Row | None:
        return await happen(f"read {table}", lambda: self._world.rows.get((table, partition_key, row_key)))

    async def insert(self, table: str, values: Mapping[str, Any]) -> str:
        if table == audit.TABLE and (table, values["PartitionKey"], values["RowKey"]) not in self._world.rows:
            return self.put(table, values)  # no step, as in `upsert`
        return await happen(f"insert {table}", lambda: self._write(table, values, None))

    async def replace(self, table: str, values: Mapping[str, Any], etag: str) -> str:
        return await happen(f"replace {table}", lambda: self._write(table, values, etag))

    async def upsert(self, table: str, values: Mapping[str, Any]) -> str:
        """Audit and mails: nothing reads them but the step that wrote them, so their order does not matter."""
        return self.put(table, values)

    async def delete(self, table: str, partition_key: str, row_key: str) -> None:
        """Of what no play writes, so that nothing can come in between."""
        self._world.rows.pop((table, partition_key, row_key), None)

    async def query(self, table: str, filter: str, parameters: Mapping[str, Any]) -> AsyncIterator[Row]:
        """The catalog, which nobody changes during a play. Knows no filter but equality."""
        conditions = [condition.split(" eq @") for condition in filter.split(" and ")]
        for (of, _, _), row in list(self._world.rows.items()):
            if of == table and all(row.values[column] == parameters[name] for column, name in conditions):
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


class SmallOkta:
    def __init__(self, world: SmallWorld) -> None:
        self._world = world

    async def read_user(self, id_or_login: str) -> OktaUser | None:
        return await happen("read user in Okta", lambda: OktaUser(OKTA_USER, self._world.status, LOGIN, LOGIN))

    async def list_user_groups(self, okta_user_id: str) -> list[OktaGroup]:
        world = self._world
        return await happen("read groups in Okta", lambda: [OktaGroup(GROUPS[g], g) for g in sorted(world.groups)])

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        return OktaGroup(name_or_id, name_or_id)


class SmallGraph:
    def __init__(self, world: SmallWorld) -> None:
        self._world = world

    async def read_user(self, id_or_upn: str) -> EntraUser:
        return await happen("read account", self._account)

    async def read_manager(self, entra_user_id: str) -> None:
        return None

    async def set_account_enabled(self, entra_user_id: str, enabled: bool) -> None:
        def effect() -> None:
            self._world.wrote("enable" if enabled else "disable", taken=[] if enabled else [ACCOUNT])
            self._world.enabled = enabled

        await happen("enable account" if enabled else "disable account", effect)

    async def revoke_sign_in_sessions(self, entra_user_id: str) -> None:
        await happen("revoke sessions", lambda: self._world.wrote("revoke"))

    async def assign_license(
        self, entra_user_id: str, *, add: Sequence[tuple[str, tuple[str, ...]]] = (), remove: Sequence[str] = ()
    ) -> None:
        def effect() -> None:
            if add and not self._world.has_seats:
                refused = NoSeats("graph", "assign licenses", status=400)
                refused.sku_id = add[0][0]
                raise refused
            self._world.wrote(f"remove {remove}" if remove else f"add {add}", remove)
            kept = {sku: off for sku, off in self._world.direct.items() if sku not in remove}
            self._world.direct = kept | {sku: tuple(off) for sku, off in add}

        await happen("remove licenses" if remove else "add licenses", effect)

    async def list_subscribed_skus(self) -> list[SubscribedSku]:
        world = self._world
        return [SubscribedSku(sku, sku, "Enabled", "User", 100, 0, 10 if world.has_seats else 100) for sku in HELD]

    def _account(self) -> EntraUser:
        licenses = tuple(LicenseAssignment(sku, off) for sku, off in self._world.direct.items())
        return EntraUser(ENTRA_USER, LOGIN, "Maya", LOGIN, self._world.enabled, "NL", licenses=licenses)
