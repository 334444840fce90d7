"""Okta and Microsoft Graph as the activities see them, on a small world."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import pytest

import wiring
from activities import log_readings
from clients.errors import NoSeats
from clients.records import EntraUser, LicenseAssignment, LogPage, OktaGroup, OktaUser, Row, SubscribedSku
from rows import catalog, roster
from tests.orchestrators.small_log import SmallReadings
from tests.orchestrators.small_replicas import LAG
from tests.orchestrators.small_steps import OKTA, TENANT, happen, read, write
from tests.orchestrators.small_tables import SmallTables
from tests.orchestrators.small_world import ACCOUNT, GROUPS, HELD, SmallAccount, SmallUser, SmallWorld

T = TypeVar("T")
Org = Mapping[str, SmallUser]


def install(world: SmallWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the activities find this world where they look for their clients."""
    tables = SmallTables(world)
    for entry in world.catalog_entries:
        tables.put(catalog.TABLE, catalog.to_values(entry))
    check_nightly(world)
    monkeypatch.setattr(wiring, "tables", _ready(tables))
    monkeypatch.setattr(wiring, "okta", _ready(SmallOkta(world)))
    monkeypatch.setattr(wiring, "graph", _ready(SmallGraph(world)))
    monkeypatch.setattr(wiring, "settings", lambda: world.settings)
    monkeypatch.setattr(wiring, "now", lambda: world.now)
    monkeypatch.setattr(log_readings, "readings", SmallReadings(world))


def check_nightly(world: SmallWorld) -> None:
    """Remember who is in a managed group, as the nightly check does."""
    for key in [key for key in world.rows if key[0] == roster.TABLE]:
        del world.rows[key]
    for user in world.okta.state.values():
        if user.groups:
            world.rows[roster.TABLE, roster.PARTITION, user.id] = Row({}, "of last night")


def _ready(client: T) -> Callable[[], Awaitable[T]]:
    async def get() -> T:
        return client

    return get


class SmallOkta:
    """Readings about one person may be old; what two replicas would say within one reading is not told apart."""

    def __init__(self, world: SmallWorld) -> None:
        self._world = world

    async def read_user(self, id_or_login: str) -> OktaUser | None:
        def find(org: Org) -> OktaUser | None:
            found = [user for user in org.values() if id_or_login in (user.id, user.login)]
            return okta_user(found[0]) if found else None

        return await self._read("read user in Okta", find)

    async def find_users_by_email(self, email: str) -> list[OktaUser]:
        return await self._read(
            "find users in Okta", lambda org: [okta_user(user) for user in org.values() if user.email == email]
        )

    async def list_user_groups(self, okta_user_id: str) -> list[OktaGroup]:
        def find(org: Org) -> list[OktaGroup]:
            groups = org[okta_user_id].groups if okta_user_id in org else ()
            return [OktaGroup(GROUPS[group], group) for group in sorted(groups)]

        return await self._read("read groups in Okta", find)

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        """A group that is being deleted is there still when its removals are logged."""
        deleted_at = self._world.deleted_groups.get(name_or_id)
        is_gone = deleted_at is not None and self._world.now - deleted_at >= LAG
        return None if is_gone else OktaGroup(name_or_id, name_or_id)

    async def list_log_events(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        filter: str | None = None,
        next_link: str | None = None,
        limit: int = 1000,
    ) -> LogPage:
        """By event type and target alone; the instants are of no concern in a story of weeks."""
        asked = re.fullmatch(r'eventType eq "(.*)" and target.id eq "(.*)"', filter or "")
        assert asked is not None, f"no filter that the small world knows: {filter}"
        event_type, target_id = asked.groups()

        def find() -> LogPage:
            entries = [entry for entry in self._world.visible_log() if entry["eventType"] == event_type]
            about = [dict(each) for each in entries if target_id in [target["id"] for target in each["target"]]]
            return LogPage(about[:limit], None)

        return await happen("read Okta's log", find)

    async def _read(self, name: str, find: Callable[[Org], T]) -> T:
        world = self._world
        return await read(OKTA, name, lambda old: find(world.okta.read(world.now, old=old)))


def okta_user(user: SmallUser) -> OktaUser:
    return OktaUser(user.id, user.status, user.login, user.email)


class SmallGraph:
    def __init__(self, world: SmallWorld) -> None:
        self._world = world

    async def read_user(self, id_or_upn: str) -> EntraUser | None:
        world = self._world
        if all(id_or_upn not in (account.id, account.name) for account in world.tenant.state.values()):
            return None

        def find(old: bool) -> EntraUser:
            accounts = world.tenant.read(world.now, old=old).values()
            return next(entra_user(each) for each in accounts if id_or_upn in (each.id, each.name))

        return await read(TENANT, "read account", find)

    async def find_user_by_mail(self, mail: str) -> EntraUser | None:
        return await self.read_user(mail)

    async def read_manager(self, entra_user_id: str) -> None:
        return None

    async def set_account_enabled(self, entra_user_id: str, enabled: bool) -> None:
        def effect() -> None:
            what = "enable" if enabled else "disable"
            self._world.wrote(entra_user_id, what, taken=[] if enabled else [ACCOUNT])
            self._world.change_account(entra_user_id, enabled=enabled)

        await write("enable account" if enabled else "disable account", effect)

    async def revoke_sign_in_sessions(self, entra_user_id: str) -> None:
        await write("revoke sessions", lambda: self._world.wrote(entra_user_id, "revoke"))

    async def assign_license(
        self, entra_user_id: str, *, add: Sequence[tuple[str, tuple[str, ...]]] = (), remove: Sequence[str] = ()
    ) -> None:
        world = self._world

        def effect() -> None:
            if add and not world.has_seats:
                refused = NoSeats("graph", "assign licenses", status=400)
                refused.sku_id = add[0][0]
                raise refused
            world.wrote(entra_user_id, f"remove {remove}" if remove else f"add {add}", remove)
            direct = world.tenant.state[entra_user_id].direct
            kept = {sku: off for sku, off in direct.items() if sku not in remove}
            world.change_account(entra_user_id, direct=kept | {sku: tuple(off) for sku, off in add})

        await write("remove licenses" if remove else "add licenses", effect)

    async def list_subscribed_skus(self) -> list[SubscribedSku]:
        world = self._world
        return [SubscribedSku(sku, sku, "Enabled", "User", 100, 0, 10 if world.has_seats else 100) for sku in HELD]


def entra_user(account: SmallAccount) -> EntraUser:
    licenses = tuple(LicenseAssignment(sku, off) for sku, off in account.direct.items())
    return EntraUser(account.id, account.name, None, account.name, account.enabled, "NL", licenses=licenses)
