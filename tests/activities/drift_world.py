"""An Okta, a tenant and a durable client that answer what they are told, beside real tables of this test alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from activities.activity import Call
from activities.drift import compare_with_tenant, find_groups_to_check, read_group, start_mending
from clients.errors import ClientError
from clients.records import EntraUser, OktaGroup, OktaUser, Row
from clients.tables import Tables
from lifecycle.accounts import Account
from lifecycle.drift_evidence import DriftCounts, Finding, Kind, ReadGroup
from lifecycle.entitlement import Group
from lifecycle.events import Flow
from lifecycle.inputs import ReconcileInput, Start
from lifecycle.members import Member
from lifecycle.retries import Failure
from lifecycle.stages import Phase
from rows import accounts, drift, members
from settings import Settings, read_settings
from tests.activities.person_world import ENVIRON
from tests.activities.wire import Run

T = TypeVar("T")

BEGAN_AT = datetime(2026, 9, 14, 3, 25, tzinfo=UTC)
LONG_AGO = BEGAN_AT - timedelta(days=3)
RUN = "reconcile_members-1"
OFFICE = Group("00g1aaaaaaaaaaaaaaaa", "Office 365 Assignments")
VISIO = Group("00g2bbbbbbbbbbbbbbbb", "Visio Users")
PROTECTED = "ceo@contoso.com"

_RUN = Run(Call(RUN, okta_user_id="", event_uuid="", at=BEGAN_AT))
perform = _RUN.perform
refusal = _RUN.refusal


def login(number: int) -> str:
    return f"user.{number}@contoso.com"


def okta_user(number: int, status: str = "ACTIVE") -> OktaUser:
    return OktaUser(f"00u{number}", status, login(number), login(number))


def account(number: int, *, enabled: bool = True) -> EntraUser:
    return EntraUser(f"entra-{number}", login(number), None, login(number), enabled)


def member(number: int) -> Member:
    """Somebody who was active in a managed group long ago."""
    return Member(
        f"00u{number}",
        login(number),
        f"activation-{number}",
        f"{number}",
        LONG_AGO,
        Phase.ACTIVE,
        group_id=OFFICE.id,
        updated_at=LONG_AGO,
    )


def known_account(number: int) -> Account:
    """What the app knows of the account of somebody it once disabled."""
    return Account(f"entra-{number}", login(number), f"00u{number}", f"activation-{number}", disabled_by_us=True)


EVERYTHING = ReconcileInput(apply=True)


class FakeDurable:
    """Knows which runs are alive, and remembers what was started."""

    def __init__(self) -> None:
        self.living: set[str] = set()
        self.started: list[Start] = []
        self.before_answer: Callable[[], Awaitable[object]] | None = None

    async def is_finished(self, instance: str) -> bool:
        if self.before_answer:
            await self.before_answer()
        return instance not in self.living

    async def start_all(self, starts: Iterable[Start]) -> list[bool]:
        asked = list(starts)
        new = [start for start in asked if start not in self.started]
        self.started += new
        return [start in new for start in asked]


@dataclass
class DriftWorld:
    tables: Tables
    members_of: dict[str, list[OktaUser]] = field(default_factory=lambda: {OFFICE.id: [], VISIO.id: []})
    accounts: list[EntraUser] = field(default_factory=list)
    broken_after: int | None = None  # members or accounts that come before a page fails
    failure: ClientError | None = None
    durable: FakeDurable = field(default_factory=FakeDurable)
    settings: Settings = field(
        default_factory=lambda: read_settings(
            ENVIRON | {"OFFICE_GROUP": f'["{OFFICE.name}", "{VISIO.id}"]', "PROTECTED_LOGINS": PROTECTED}
        )
    )

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        known = [OktaGroup(group.id, group.name) for group in (OFFICE, VISIO) if group.id in self.members_of]
        return next((group for group in known if name_or_id in (group.id, group.name)), None)

    async def list_group_members(self, group_id: str) -> AsyncIterator[OktaUser]:
        async for each in self._pages(self.members_of[group_id]):
            yield each

    async def list_users(self) -> AsyncIterator[EntraUser]:
        async for each in self._pages(self.accounts):
            yield each

    async def _pages(self, items: list[T]) -> AsyncIterator[T]:
        for number, item in enumerate(items):
            if number == self.broken_after and self.failure:
                raise self.failure
            yield item
            await asyncio.sleep(0)

    async def remember(self, *people: Member) -> None:
        for each in people:
            await self.tables.upsert(members.TABLE, members.to_values(each))

    async def remember_accounts(self, *known: Account) -> None:
        for each in known:
            await self.tables.upsert(accounts.TABLE, accounts.to_values(each))

    async def read_all(self) -> tuple[ReadGroup, ...]:
        """What the orchestrator hands to the comparison."""
        groups = await perform(find_groups_to_check)
        return tuple([await perform(read_group, group=group) for group in groups])

    async def compare(self) -> DriftCounts:
        return await perform(compare_with_tenant, groups=await self.read_all(), began_at=BEGAN_AT)

    async def fail_to_compare(self) -> Failure:
        return await refusal(compare_with_tenant, groups=await self.read_all(), began_at=BEGAN_AT)

    async def mend(self, first: int = 0, end: int = 50, asked: ReconcileInput = EVERYTHING) -> int:
        return await perform(start_mending, first=first, end=end, began_at=BEGAN_AT, asked=asked)

    async def findings(self) -> list[Finding]:
        """What the comparison stored."""
        return await drift.read_findings(self.tables, RUN)

    async def found(self) -> list[tuple[Kind, str, Flow | None]]:
        return [(each.kind, each.login, each.flow) for each in await self.findings()]

    async def readings(self) -> list[Row]:
        """The rows of all that was read from Okta."""
        return [row async for row in self.tables.query(drift.READINGS, "", {})]
