"""Okta, the tenant and the tables of two accounts and the people they may belong to, in memory.

What the clients of tests/orchestrators/small_clients.py read and write; the real activities run on it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from clients.records import Row
from lifecycle.catalog import CatalogEntry
from lifecycle.readings import SHARED_FOR
from rows import accounts
from settings import Settings, read_settings
from tests.orchestrators.driver import NOW
from tests.orchestrators.small_replicas import LAG, Replicated

Licenses = Mapping[str, tuple[str, ...]]  # skuId -> the service plans that are off

OKTA_USER, OTHER_USER = "00u7new3Zp5Rt6Vb15d7", "00u8bobR5tY6uI7oP15d"
# People by the letter that a story calls them by. A and B are there from the start, the others may be hired.
USERS = {"A": OKTA_USER, "B": OTHER_USER} | {letter: f"00u{letter}Rehired5tY6u15d" for letter in "CDEF"}
ENTRA_USER, OTHER_ENTRA_USER = "5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001", "5b0f3a52-7c1e-4d7a-9a53-0c1de5a10002"
LOGIN, OTHER_LOGIN = "maya.lin@contoso.com", "bob.ray@contoso.com"
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


@dataclass(frozen=True)
class SmallUser:
    """An Okta user; whoever is gone from Okta is not in the world."""

    id: str
    login: str
    email: str
    status: str = "ACTIVE"
    groups: frozenset[str] = frozenset()

    @property
    def is_living(self) -> bool:
        return self.status != "DEPROVISIONED"

    @property
    def entitled(self) -> bool:
        return self.is_living and bool(self.groups)


@dataclass(frozen=True)
class SmallAccount:
    """`name` is its userPrincipalName and its mail address."""

    id: str
    name: str
    enabled: bool
    direct: Licenses


@dataclass(frozen=True)
class Truth:
    """What Okta says at one moment: whose an account is, and whether that user is entitled, and to what in the end."""

    entitled: bool
    rights: frozenset[str]  # the enabled account, and licenses
    owner: str | None = None  # the living user to whom the account belongs


Truths = Mapping[str, Truth]  # by the account's id


@dataclass(frozen=True)
class LoggedEvent:
    """An entry of the System Log, and from when on the log answers with it."""

    values: Mapping[str, Any]
    visible_at: datetime

    @property
    def uuid(self) -> str:
        return str(self.values["uuid"])


@dataclass(frozen=True)
class TenantWrite:
    instance: str
    okta_user_id: str
    account: str
    what: str
    entitled: bool  # before the activity, and not only since a moment that a late reading does not know of
    wrongly: frozenset[str]  # taken, although Okta said before the activity and says now that the person is to have it
    is_strangers: bool  # it is, and was before the activity, the account of somebody else, whom nobody may pass over


@dataclass
class SmallWorld:
    """`acting` is the instance whose step it is, `acting_for` its user, and `before` what was true when its activity
    began: whoever lets a step happen says so before."""

    okta: Replicated[SmallUser]
    tenant: Replicated[SmallAccount]
    held: Licenses = field(default_factory=lambda: HELD)  # while in every group
    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    writes: list[TenantWrite] = field(default_factory=list)
    log: list[LoggedEvent] = field(default_factory=list)
    acting: str = ""
    acting_for: str = ""
    before: Truths = field(default_factory=dict)
    on_write: Callable[[TenantWrite], None] = lambda write: None
    settings: Settings = SETTINGS
    now: datetime = NOW
    has_seats: bool = True
    lags: bool = False  # readings may be old, so what has been true for a moment only is not held against anybody
    blocked: set[str] = field(default_factory=set)  # ids of accounts that somebody else disabled
    deleted_groups: dict[str, datetime] = field(default_factory=dict)  # by id, and when
    catalog: Mapping[str, str] = field(default_factory=dict)  # group -> the one SKU cataloged for it
    was_true: list[tuple[datetime, Truths]] = field(default_factory=list)

    def change_user(self, user: SmallUser | None, okta_user_id: str) -> None:
        """Put somebody into Okta, or take somebody out."""
        self.was_true.append((self.now, self._truths()))
        self.okta.change(okta_user_id, user, self.now)

    def change_account(self, account_id: str, *, enabled: bool | None = None, direct: Licenses | None = None) -> None:
        account = self.tenant.state[account_id]
        changed = replace(
            account,
            enabled=account.enabled if enabled is None else enabled,
            direct=account.direct if direct is None else direct,
        )
        self.tenant.change(account_id, changed, self.now)

    # The first account, which is the only one in most stories.
    @property
    def enabled(self) -> bool:
        return self.tenant.state[ENTRA_USER].enabled

    @property
    def direct(self) -> Licenses:
        return self.tenant.state[ENTRA_USER].direct

    def candidates_for(self, account_id: str) -> list[SmallUser]:
        """Whose the account may be: one living user, or several who have its mail address and nothing else."""
        name = self.tenant.state[account_id].name
        living = {user.id: user for user in self.okta.state.values() if user.is_living}
        if by_login := [user for user in living.values() if user.login == name]:
            return by_login
        if (owner := self.owner_in_row(account_id)) in living:
            return [living[owner]]
        names = {account.name for account in self.tenant.state.values()}
        return [user for user in living.values() if user.email == name and user.login not in names]

    def owner_in_row(self, account_id: str) -> str:
        row = self.rows.get((accounts.TABLE, accounts.PARTITION, account_id))
        return accounts.from_values(row.values).owner if row else ""

    def owner_of(self, account_id: str) -> SmallUser | None:
        candidates = self.candidates_for(account_id)
        return candidates[0] if len(candidates) == 1 else None

    def entitled(self, account_id: str = ENTRA_USER) -> bool:
        owner = self.owner_of(account_id)
        return owner is not None and owner.entitled

    def expected(self, account_id: str = ENTRA_USER) -> Licenses:
        """The licenses that Okta's truth demands in the long run."""
        owner = self.owner_of(account_id)
        if owner is None or not owner.entitled:
            return {}
        foreign = {sku for group, sku in self.catalog.items() if group not in owner.groups}
        return {sku: off for sku, off in self.held.items() if sku not in foreign}

    @property
    def truths(self) -> Truths:
        """Where readings may be old, only what has been true for so long.

        That the account is to be enabled has to have been true for half a minute: so long a look at Okta may be shared.
        """
        recent = [former for until, former in self.was_true if self.lags and self.now - until < LAG]
        looked_at = [former for until, former in self.was_true if self.now - until < SHARED_FOR]
        if not (recent or looked_at):
            return self._truths()
        truths = {id: _lasting(truth, [former[id] for former in recent]) for id, truth in self._truths().items()}
        just_entitled = {id for id in truths for former in looked_at if ACCOUNT not in former[id].rights}
        return {
            id: replace(truth, rights=truth.rights - {ACCOUNT}) if id in just_entitled else truth
            for id, truth in truths.items()
        }

    def _truths(self) -> Truths:
        return {id: self._truth(id) for id in self.tenant.state}

    def _truth(self, account_id: str) -> Truth:
        owner = self.owner_of(account_id)
        rights = frozenset([*self.expected(account_id), ACCOUNT] if owner and owner.entitled else [])
        return Truth(bool(rights), rights, owner.id if owner else None)

    def wrote(self, account_id: str, what: str, taken: Iterable[str] = ()) -> None:
        before, now = self.before[account_id], self.truths[account_id]
        write = TenantWrite(
            self.acting,
            self.acting_for,
            account_id,
            what,
            before.entitled and bool(before.rights),
            frozenset(taken) & before.rights & now.rights,
            self._is_strangers(before, now),
        )
        self.writes.append(write)
        self.on_write(write)

    def _is_strangers(self, before: Truth, now: Truth) -> bool:
        """Whoever is not living any more passes over a living user who is not entitled."""
        if before.owner != now.owner or now.owner in (None, self.acting_for):
            return False
        acts_for = self.okta.state.get(self.acting_for)
        return (acts_for is not None and acts_for.is_living) or (before.entitled and bool(before.rights & now.rights))

    def visible_log(self) -> list[Mapping[str, Any]]:
        return [each.values for each in self.log if each.visible_at <= self.now]

    def rows_of(self, table: str) -> list[Mapping[str, Any]]:
        """The rows of a table as Table Storage gives them."""
        return [row.values for (of, _, _), row in self.rows.items() if of == table]

    @property
    def catalog_entries(self) -> list[CatalogEntry]:
        return [
            CatalogEntry(GROUPS[group], group, sku, sku, sku, "User", "Enabled", 100, 10, NOW, assign=True)
            for group, sku in self.catalog.items()
        ]


def _lasting(truth: Truth, recent: Iterable[Truth]) -> Truth:
    """What was true all the time."""
    if any(former.owner != truth.owner for former in recent):
        return Truth(truth.entitled, frozenset())
    return replace(truth, rights=truth.rights.intersection(*(former.rights for former in recent)))


def small_world(
    *,
    groups: Iterable[str] = ("Office",),
    held: Licenses = HELD,
    direct: Licenses = HELD,
    enabled: bool = True,
    catalog: Mapping[str, str] | None = None,
    settings: Settings = SETTINGS,
) -> SmallWorld:
    """A world with one person, whose login is the name of the account."""
    maya = SmallUser(OKTA_USER, LOGIN, LOGIN, groups=frozenset(groups))
    account = SmallAccount(ENTRA_USER, LOGIN, enabled, direct)
    okta, tenant = Replicated({maya.id: maya}), Replicated({account.id: account})
    return SmallWorld(okta, tenant, held, catalog=catalog or {}, settings=settings)


def add_second_person(world: SmallWorld, *, groups: Iterable[str], direct: Licenses) -> None:
    """Another person, with another account."""
    bob = SmallUser(OTHER_USER, OTHER_LOGIN, OTHER_LOGIN, groups=frozenset(groups))
    world.okta.state[bob.id] = bob
    world.tenant.state[OTHER_ENTRA_USER] = SmallAccount(OTHER_ENTRA_USER, OTHER_LOGIN, enabled=True, direct=direct)
