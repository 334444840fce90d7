"""An Okta, a tenant and a durable client that answer what they are told, beside real tables of this test alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from activities import drift, drift_rows, records
from clients.errors import ClientError
from clients.records import EntraUser, OktaGroup, OktaUser, Row
from clients.tables import Tables
from lifecycle.intake import Start
from lifecycle.members import Member
from lifecycle.stages import Phase
from settings import Settings, read_settings
from tests.activities.person_world import ENVIRON

BEGAN_AT = datetime(2026, 9, 14, 3, 25, tzinfo=UTC)
LONG_AGO = BEGAN_AT - timedelta(days=3)
RUN = "reconcile_members-1"
OFFICE = OktaGroup("00g1aaaaaaaaaaaaaaaa", "Office 365 Assignments")
VISIO = OktaGroup("00g2bbbbbbbbbbbbbbbb", "Visio Users")
PROTECTED = "ceo@contoso.com"


def login(number: int) -> str:
    return f"user.{number}@contoso.com"


def okta_user(number: int, status: str = "ACTIVE") -> OktaUser:
    return OktaUser(f"00u{number}", status, login(number), login(number))


def account(number: int, *, enabled: bool = True) -> EntraUser:
    return EntraUser(f"entra-{number}", login(number), None, login(number), enabled)


def member(number: int, **differing: Any) -> Member:
    usual = Member(f"00u{number}", login(number), f"activation-{number}", f"{number}", LONG_AGO, Phase.ACTIVE)
    return replace(usual, **{"updated_at": LONG_AGO, "group_id": OFFICE.id} | differing)


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

    async def start_all(self, starts: list[Start]) -> list[bool]:
        new = [start for start in starts if start not in self.started]
        self.started += new
        return [start in new for start in starts]


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
        known = [group for group in (OFFICE, VISIO) if group.id in self.members_of]
        return next((group for group in known if name_or_id in (group.id, group.name)), None)

    async def list_group_members(self, group_id: str) -> AsyncIterator[OktaUser]:
        async for each in self._pages(self.members_of[group_id]):
            yield each

    async def list_users(self) -> AsyncIterator[EntraUser]:
        async for each in self._pages(self.accounts):
            yield each

    async def _pages(self, items: list[Any]) -> AsyncIterator[Any]:
        for number, item in enumerate(items):
            if number == self.broken_after and self.failure:
                raise self.failure
            yield item
            await asyncio.sleep(0)

    async def remember(self, *members: Member) -> None:
        for each in members:
            await self.tables.upsert(records.MEMBERS, records.member_values(each))

    async def read_all(self) -> list[dict[str, Any]]:
        """What the orchestrator hands to the comparison."""
        groups = await perform(drift.find_groups_to_check)
        return [{**group, **await perform(drift.read_group, group=group)} for group in groups]

    async def compare(self, groups: list[dict[str, Any]] | None = None) -> Any:
        read = await self.read_all() if groups is None else groups
        return await perform(drift.compare_with_tenant, client=self.durable, groups=read)

    async def found(self) -> list[tuple[str, str, str | None]]:
        """Kind, login and flow of what the comparison stored."""
        rows = await self.rows()
        return [(row["Kind"], row["Login"], row.get("Flow")) for row in rows]

    async def rows(self) -> list[dict[str, Any]]:
        return [row.values for row in await drift_rows.read_findings(RUN)]

    async def readings(self) -> list[Row]:
        return [row async for row in self.tables.query(drift_rows.READINGS, "", {})]


async def perform(activity: Any, *, client: Any = None, **details: Any) -> Any:
    """Call an activity as the orchestrator does. Returns the value, or the failure it reported."""
    call = {"instance": RUN, "okta_user_id": "", "event_uuid": "", "at": BEGAN_AT.isoformat()}
    call["details"] = {"began_at": BEGAN_AT.isoformat(), **details}  # type: ignore[assignment]
    function = activity._function.get_user_function()
    answer = await (function(call) if client is None else function.client_function(call=call, client=client))
    return next(iter(answer.values()))
