"""One person in an Okta org, a tenant and a members row, all of our own making, for activities that act on people."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from activities import records
from clients.errors import ClientError
from clients.records import EntraUser, LicenseAssignment, OktaGroup, OktaUser, Row, SubscribedSku
from clients.tables import Tables
from lifecycle.members import Member
from settings import Settings, read_settings

NOW = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
INSTANCE = "staged_deactivation-d41c7e80"
OKTA_ID = "00u7new3Zp5Rt6Vb15d7"
ENTRA_ID = "5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001"
LOGIN = "maya.lin@contoso.com"
E3, VISIO = "05e9a617-0261-4cee-bb44-138d3ef5d965", "c5928f49-12ba-48f7-ada3-0d743a3601d5"
MEMBER = Member(OKTA_ID, LOGIN, INSTANCE, "d41c7e80", NOW, entra_user_id=ENTRA_ID, user_principal_name=LOGIN)
MAYA = EntraUser(
    ENTRA_ID,
    LOGIN,
    "Maya Lin",
    LOGIN,
    account_enabled=True,
    usage_location="NL",
    licenses=(LicenseAssignment(E3, ("sway",)), LicenseAssignment(VISIO)),
)
ENVIRON = {
    "OKTA_ORG_URL": "https://contoso.okta.com",
    "OKTA_API_TOKEN": "token",
    "OKTA_HOOK_SECRET": "a-secret-of-the-event-hook",
    "TABLES_CONNECTION": "UseDevelopmentStorage=true",
    "MAIL_SENDER": "offboarding@contoso.com",
    "OPERATORS_EMAIL": "it-operations@contoso.com",
}


class FakeGraph:
    """A tenant that does as it is told, late or not at all where a test says so."""

    def __init__(self) -> None:
        self.users = {ENTRA_ID: MAYA}
        self.asked: list[str] = []
        self.mails: list[tuple[str, str]] = []
        self.fail: dict[str, list[ClientError]] = {}
        self.act_before_failing = False
        self.stale_reads = 0
        self.seats = 10
        self._former = MAYA

    async def read_user(self, id_or_upn: str) -> EntraUser | None:
        self.asked.append(f"read {id_or_upn}")
        found = next((user for user in self.users.values() if id_or_upn in (user.id, user.user_principal_name)), None)
        if found and self.stale_reads and found != self._former:
            self.stale_reads -= 1
            return self._former
        return found

    async def find_user_by_mail(self, mail: str) -> EntraUser | None:
        self.asked.append(f"find {mail}")
        return next((user for user in self.users.values() if user.mail == mail), None)

    async def read_manager(self, entra_user_id: str) -> EntraUser | None:
        return self.users.get("manager")

    async def set_account_enabled(self, entra_user_id: str, enabled: bool) -> str:
        return await self._act("set_account_enabled", lambda user: replace(user, account_enabled=enabled))

    async def revoke_sign_in_sessions(self, entra_user_id: str) -> str:
        return await self._act("revoke_sign_in_sessions", lambda user: user)

    async def set_usage_location(self, entra_user_id: str, country: str) -> str:
        return await self._act("set_usage_location", lambda user: replace(user, usage_location=country))

    async def assign_license(
        self, entra_user_id: str, *, add: list[tuple[str, tuple[str, ...]]] | None = None, remove: Any = ()
    ) -> str:
        gone = set(remove)
        added = tuple(LicenseAssignment(sku_id, tuple(plans)) for sku_id, plans in add or ())

        def change(user: EntraUser) -> EntraUser:
            kept = (each for each in user.licenses if each.assigned_by_group or each.sku_id not in gone)
            return replace(user, licenses=(*kept, *added))

        return await self._act("assign_license " + " ".join([*(sku for sku, _ in add or ()), *remove]), change)

    async def list_subscribed_skus(self) -> list[SubscribedSku]:
        return [SubscribedSku(sku, sku, "Enabled", "User", self.seats, 0, 5) for sku in (E3, VISIO)]

    async def send_mail(self, sender: str, to: str, subject: str, html: str) -> None:
        self.asked.append("send_mail")
        if errors := self.fail.get("send_mail"):
            raise errors.pop(0)
        self.mails.append((to, subject))

    async def _act(self, what: str, change: Callable[[EntraUser], EntraUser]) -> str:
        self.asked.append(what)
        errors = self.fail.get(what.split(maxsplit=1)[0], [])
        if not errors or self.act_before_failing:
            self._former = self.users[ENTRA_ID]
            self.users[ENTRA_ID] = change(self._former)
        if errors:
            raise errors.pop(0)
        return f"request-{len(self.asked)}"


@dataclass
class FakeOkta:
    users: dict[str, OktaUser] = field(default_factory=dict)
    groups: list[OktaGroup] = field(default_factory=list)

    async def read_user(self, id_or_login: str) -> OktaUser | None:
        return next((user for user in self.users.values() if id_or_login in (user.id, user.login)), None)

    async def list_user_groups(self, okta_user_id: str) -> list[OktaGroup]:
        return self.groups

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        return next((group for group in self.groups if name_or_id in (group.id, group.name)), None)


@dataclass
class PersonWorld:
    tables: Tables
    graph: FakeGraph = field(default_factory=FakeGraph)
    okta: FakeOkta = field(default_factory=FakeOkta)
    settings: Settings = field(default_factory=lambda: read_settings(ENVIRON))

    async def remember(self, member: Member) -> None:
        await self.tables.upsert(records.MEMBERS, records_values(member))

    async def member(self) -> Member:
        row = await self.tables.get(records.MEMBERS, records.PARTITION, OKTA_ID)
        assert row is not None
        return member_of(row)

    async def member_of_any_run(self, call: Any) -> Member:
        """Stands in for the fence where a test is about what lies behind it."""
        return replace(await self.member(), instance=call.instance)

    async def audit(self) -> list[tuple[str, str]]:
        rows = self.tables.query(records.AUDIT, "PartitionKey eq @user", {"user": OKTA_ID})
        return [(row.values["Act"], row.values["Outcome"]) async for row in rows]

    def set(self, **environ: str) -> None:
        self.settings = read_settings(ENVIRON | environ)


def records_values(member: Member) -> dict[str, Any]:
    return records.member_values(member)


def member_of(row: Row) -> Member:
    return records.member_from(row.values)


async def perform(activity: Any, *, minutes: int = 0, instance: str = INSTANCE, **details: Any) -> Any:
    """Call an activity as the orchestrator does. Returns the value, or the failure it reported."""
    call = {
        "instance": instance,
        "okta_user_id": OKTA_ID,
        "event_uuid": "d41c7e80",
        "at": (NOW + timedelta(minutes=minutes)).isoformat(),
        "details": details,
    }
    answer: Awaitable[dict[str, Any]] = activity(call=call)
    return next(iter((await answer).values()))
