"""One person in an Okta org, a tenant and our own rows, all of our own making, for activities that act on people."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from activities.activity import Call
from clients.errors import ClientError, NoSeats, Rejected
from clients.records import EntraUser, LicenseAssignment, LogPage, OktaGroup, OktaUser, ServicePlan, SubscribedSku
from clients.tables import Tables
from lifecycle.accounts import Account
from lifecycle.audit import AuditEntry
from lifecycle.members import Member
from rows import accounts, audit, members
from settings import Settings, read_settings
from tests.activities.wire import Run

NOW = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
INSTANCE = "staged_deactivation-d41c7e80"
OKTA_ID = "00u7new3Zp5Rt6Vb15d7"
ENTRA_ID = "5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001"
LOGIN = "maya.lin@contoso.com"
E3, VISIO = "05e9a617-0261-4cee-bb44-138d3ef5d965", "c5928f49-12ba-48f7-ada3-0d743a3601d5"
MEMBER = Member(OKTA_ID, LOGIN, INSTANCE, "d41c7e80", NOW, entra_user_id=ENTRA_ID, user_principal_name=LOGIN)
ACCOUNT = Account(ENTRA_ID, LOGIN, owner=OKTA_ID, run=INSTANCE)
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

_RUN = Run(Call(INSTANCE, OKTA_ID, "d41c7e80", NOW))
perform = _RUN.perform
refusal = _RUN.refusal
after = _RUN.after
by = _RUN.by


def no_seat(sku_id: str) -> NoSeats:
    refused = NoSeats("graph", "assign licenses", status=400, detail=f"SKU {sku_id} does not have any")
    refused.sku_id = sku_id
    return refused


class FakeGraph:
    """A tenant that does as it is told, late or not at all where a test says so."""

    def __init__(self) -> None:
        self.users = {ENTRA_ID: MAYA}
        self.managers: dict[str, EntraUser] = {}  # by whom they manage
        self.asked: list[str] = []
        self.mails: list[tuple[str, str]] = []
        self.bodies: list[str] = []  # of the mails, as HTML
        self.replies_to: list[tuple[str, ...]] = []
        self.fail: dict[str, list[ClientError]] = {}
        self.act_before_failing = False
        self.stale_reads = 0
        self.former = MAYA  # what a stale read shows
        self.seats = {E3: 10, VISIO: 10}  # enabled units, of which 5 are consumed
        self.warning_seats = 0  # units of a subscription that has run out and is in its days of grace
        self.uncounted: set[str] = set()  # SKUs that the tenant gives out although its own numbers say none is free
        self.plans = {E3: ("sway", "yammer"), VISIO: ()}  # for users; what else is disabled is refused
        self.tells_plans = True

    async def read_user(self, id_or_upn: str) -> EntraUser | None:
        self.asked.append(f"read {id_or_upn}")
        found = next((user for user in self.users.values() if id_or_upn in (user.id, user.user_principal_name)), None)
        if found and self.stale_reads and found != self.former:
            self.stale_reads -= 1
            return self.former
        return found

    async def find_user_by_mail(self, mail: str) -> EntraUser | None:
        self.asked.append(f"find {mail}")
        if errors := self.fail.get("find_user_by_mail"):
            raise errors.pop(0)
        return next((user for user in self.users.values() if user.mail == mail), None)

    async def read_manager(self, entra_user_id: str) -> EntraUser | None:
        self.asked.append(f"manager of {entra_user_id}")
        return self.managers.get(entra_user_id)

    async def set_account_enabled(self, entra_user_id: str, enabled: bool) -> str:
        return await self._act("set_account_enabled", lambda user: replace(user, account_enabled=enabled))

    async def revoke_sign_in_sessions(self, entra_user_id: str) -> str:
        return await self._act("revoke_sign_in_sessions", lambda user: user)

    async def set_usage_location(self, entra_user_id: str, country: str) -> str:
        return await self._act("set_usage_location", lambda user: replace(user, usage_location=country))

    async def assign_license(
        self, entra_user_id: str, *, add: Iterable[tuple[str, tuple[str, ...]]] = (), remove: Iterable[str] = ()
    ) -> str:
        given, gone = list(add), list(remove)
        added = [LicenseAssignment(sku_id, plans) for sku_id, plans in given]

        def change(user: EntraUser) -> EntraUser:
            for sku_id, plans in given:
                self._check_plans(sku_id, plans)
                self._check_seat(sku_id)
            kept = (each for each in user.licenses if each.assigned_by_group or each.sku_id not in gone)
            return replace(user, licenses=(*kept, *added))

        return await self._act("assign_license " + " ".join([*(sku_id for sku_id, _ in given), *gone]), change)

    async def list_subscribed_skus(self) -> list[SubscribedSku]:
        return [self._subscribed(sku) for sku in self.plans]

    def _subscribed(self, sku: str) -> SubscribedSku:
        units = self.seats[sku], self.warning_seats, 5
        return SubscribedSku(sku, sku, "Enabled", "User", *units, service_plans=self._plans_of(sku))

    def _check_seat(self, sku_id: str) -> None:
        if self.seats[sku_id] + self.warning_seats <= 5 and sku_id not in self.uncounted:
            raise no_seat(sku_id)

    def _plans_of(self, sku_id: str) -> tuple[ServicePlan, ...]:
        exchange = ServicePlan("exchange", "EXCHANGE_FOUNDATION", "Company")
        plans = (ServicePlan(plan, plan.upper(), "User") for plan in self.plans[sku_id])
        return (exchange, *plans) if self.tells_plans else ()

    def _check_plans(self, sku_id: str, disabled: Iterable[str]) -> None:
        unknown = set(disabled) - set(self.plans[sku_id])
        if unknown:
            detail = f"The service plan(s) {', '.join(unknown)} do not belong to license {sku_id}"
            raise Rejected("graph", "assign licenses", status=400, detail=detail)

    async def send_mail(self, sender: str, to: str, subject: str, html: str, *, reply_to: Sequence[str] = ()) -> None:
        self.asked.append("send_mail")
        if errors := self.fail.get("send_mail"):
            raise errors.pop(0)
        self.mails.append((to, subject))
        self.bodies.append(html)
        self.replies_to.append(tuple(reply_to))

    async def _act(self, what: str, change: Callable[[EntraUser], EntraUser]) -> str:
        self.asked.append(what)
        errors = self.fail.get(what.split(maxsplit=1)[0], [])
        if not errors or self.act_before_failing:
            self.former = self.users[ENTRA_ID]
            self.users[ENTRA_ID] = change(self.former)
        if errors:
            raise errors.pop(0)
        return f"request-{len(self.asked)}"


def logged(event_type: str, target_id: str, published: datetime, **group: str) -> dict[str, Any]:
    """An event of Okta's log about a user or a group; `group` names the group that a user was removed from."""
    targets = [{"id": target_id, "type": "User" if group else "UserGroup"}]
    targets += [{"id": group_id, "type": "UserGroup", "displayName": name} for name, group_id in group.items()]
    return {"uuid": f"u-{target_id}", "published": published.isoformat(), "eventType": event_type, "target": targets}


@dataclass
class FakeOkta:
    """`groups` are those that exist; the person is in all of them, and others in those of `groups_of`."""

    users: dict[str, OktaUser] = field(default_factory=dict)
    groups: list[OktaGroup] = field(default_factory=list)
    groups_of: dict[str, list[OktaGroup]] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    log_page: int = 1000  # events of one answer
    asked: list[str] = field(default_factory=list)  # for which users
    _behind: list[dict[str, Any]] = field(default_factory=list)

    async def read_user(self, id_or_login: str) -> OktaUser | None:
        self.asked.append(id_or_login)
        return next((user for user in self.users.values() if id_or_login in (user.id, user.login)), None)

    async def find_users_by_email(self, email: str) -> list[OktaUser]:
        return [user for user in self.users.values() if user.email == email]

    async def list_user_groups(self, okta_user_id: str) -> list[OktaGroup]:
        return self.groups_of.get(okta_user_id, self.groups)

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        return next((group for group in self.groups if name_or_id in (group.id, group.name)), None)

    async def list_log_events(
        self,
        *,
        since: str = "",
        until: str | None = None,
        filter: str | None = None,
        next_link: str | None = None,
        limit: int = 1000,
    ) -> LogPage:
        if next_link is not None:
            return self._page(self._behind)
        asked, first, last = str(filter), datetime.fromisoformat(since), datetime.fromisoformat(str(until))
        found = [
            event
            for event in self.log
            if f'"{event["eventType"]}"' in asked
            and ("target.id" not in asked or any(f'"{target["id"]}"' in asked for target in event["target"]))
            and first <= datetime.fromisoformat(event["published"]) <= last
        ]
        return self._page(found[:limit])

    def _page(self, found: list[dict[str, Any]]) -> LogPage:
        self._behind = found[self.log_page :]
        return LogPage(found[: self.log_page], "https://contoso.okta.com/next" if self._behind else None)


class BusyHost:
    """A durable host whose runs have not ended, but for these."""

    def __init__(self, *ended: str) -> None:
        self._ended = ended

    async def is_finished(self, instance: str) -> bool:
        return instance in self._ended


@dataclass
class PersonWorld:
    tables: Tables
    graph: FakeGraph = field(default_factory=FakeGraph)
    okta: FakeOkta = field(default_factory=FakeOkta)
    settings: Settings = field(default_factory=lambda: read_settings(ENVIRON))
    now: datetime = NOW

    async def remember(self, member: Member) -> None:
        await self.tables.upsert(members.TABLE, members.to_values(member))

    async def remember_account(self, account: Account) -> None:
        await self.tables.upsert(accounts.TABLE, accounts.to_values(account))

    async def hand_over(self, instance: str) -> None:
        """Another run has claimed the person and the account."""
        await self.remember(replace(await self.member(), instance=instance))
        await self.remember_account(replace(await self.account(), run=instance))

    async def forget_account(self) -> None:
        await self.tables.delete(accounts.TABLE, accounts.PARTITION, ENTRA_ID)

    async def account(self, entra_user_id: str = ENTRA_ID) -> Account:
        known = await accounts.find(self.tables, entra_user_id)
        assert known is not None
        return known.record

    async def member(self) -> Member:
        known = await members.find(self.tables, OKTA_ID)
        assert known is not None
        return known.record

    async def member_of_any_run(self, call: Call) -> Member:
        """Stands in for the fence where a test is about what lies behind it."""
        return replace(await self.member(), instance=call.instance)

    async def audit(self) -> list[AuditEntry]:
        return [entry async for entry in audit.of_person(self.tables, OKTA_ID)]

    async def acts(self) -> list[tuple[str, str]]:
        return [(entry.act, entry.outcome) for entry in await self.audit()]

    def set(self, **environ: str) -> None:
        self.settings = read_settings(ENVIRON | environ)
