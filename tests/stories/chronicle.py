"""What people do in Okta, told to the host as Okta may tell it, with a record of the truth to compare the tenant with.

Okta changes only while the host is quiet, so the truth at the instant of every request to the tenant is known.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from rows import audit
from tests.stories.company import FLOW_FREE, Account, Company, Person
from tests.stories.conftest import RunningStack
from tests.stories.test_breaking import kill_host

SLACK = timedelta(hours=1)  # settling moves the clock by seconds
STANDARD_DELAY = timedelta(days=30)
# operation: the statuses it can be done in, and the one it leads to
LIFECYCLE = {
    "deactivate": ({"ACTIVE", "PROVISIONED", "SUSPENDED"}, "DEPROVISIONED"),
    "activate": ({"DEPROVISIONED"}, "PROVISIONED"),
    "reactivate": ({"PROVISIONED"}, "PROVISIONED"),
    "suspend": ({"ACTIVE"}, "SUSPENDED"),
    "unsuspend": ({"SUSPENDED"}, "ACTIVE"),
}


@dataclass(frozen=True)
class Deed:
    who: int
    what: str


@dataclass(frozen=True)
class Round:
    """Deeds of one moment, how Okta tells of them (and of what was kept before), and the time that passes then."""

    deeds: list[Deed]
    delivery: str = "in order"
    seed: int = 0
    kill_after: int | None = None  # requests to the tenant
    wait: timedelta = timedelta()


@dataclass
class Truth:
    """What Okta knows of a person. `truths` are (real time, entitled), `due` the first and last instant it may be."""

    person: Person
    groups: set[str]
    licenses: dict[str, set[str]]
    status: str = "ACTIVE"
    fluid_group: str = ""  # the one that is meant where a deed names none
    truths: list[tuple[datetime, bool]] = field(default_factory=list)
    due: tuple[datetime, datetime] | None = None
    untold: bool = False  # something happened that the host has not heard of
    lost_at: datetime | None = None  # when entitlement was lost, unless that is told
    taken: bool = False
    away: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)  # group -> first and last due instant
    away_untold: dict[str, datetime] = field(default_factory=dict)  # group -> when it was left

    @property
    def entitled(self) -> bool:
        return bool(self.groups) and self.status not in ("DEPROVISIONED", "DELETED")

    def entitled_at(self, instant: datetime) -> bool:
        return [entitled for since, entitled in self.truths if since <= instant][-1]


class Chronicle:
    """Use as a context: within it the deliveries are ours, afterwards Okta repeats every one of them."""

    def __init__(
        self,
        stack: RunningStack,
        company: Company,
        delays: dict[str, timedelta],
        catalog: dict[str, str] | None = None,
    ) -> None:
        """`catalog` maps groups to the one SKU that is cataloged for them while the chronicle lasts."""
        self.catalog = catalog or {}
        self.stack = stack
        self.company = company
        self.delays = delays
        self.people: list[Truth] = []
        self.kept: list[str] = []  # uuids of events nobody has told the host
        self._known: set[str] = set()
        self._first_request = 0

    async def hire(self, groups: tuple[str, ...], licenses: dict[str, set[str]]) -> None:
        person = await self.company.hire(licenses=licenses, inherited=(FLOW_FREE,), groups=groups)
        self.people.append(Truth(person, set(groups), licenses, truths=[(datetime.now(UTC), True)]))

    async def __aenter__(self) -> "Chronicle":
        okta, tenant = self.company.okta, self.company.tenant
        await self.company.settle()
        (await okta.put("/control/deliveries/settings", json={"merge_window_seconds": 0})).raise_for_status()
        await self.company.hold_deliveries()
        for sku in {sku for truth in self.people for sku in truth.licenses}:
            (await tenant.put(f"/control/skus/{sku}", json={"enabled": 1_000_000})).raise_for_status()
        await self._news()
        for group, sku in self.catalog.items():
            await self.company.catalog(group, sku)
        return self

    async def __aexit__(self, *failure: object) -> None:
        for group in self.catalog:
            await self.company.clear_catalog(group)
        settings = {"merge_window_seconds": 0.05}
        (await self.company.okta.put("/control/deliveries/settings", json=settings)).raise_for_status()
        await self.company.release_deliveries()
        await self.company.settle()

    async def play(self, this: Round) -> None:
        await self.company.settle()
        for deed in this.deeds:
            await self._do(self.people[deed.who], deed.what)
        self.kept += await self._news()
        if this.delivery != "kept":
            await self._tell(this)
        await self.company.settle()
        await self.company.pass_time(this.wait)

    async def end(self, wait: timedelta) -> None:
        """Quiet time: everything is told, then nothing happens for long."""
        await self.play(Round([], "in order", wait=wait))

    async def _do(self, truth: Truth, what: str) -> None:
        """Do what is possible; whatever is not is left out."""
        was_entitled = truth.entitled
        verb, _, group = what.partition(" ")
        group = group or (truth.fluid_group if verb in ("leave", "join") else "")
        if truth.status == "DELETED":
            return
        if verb == "leave" and group in truth.groups:
            await self.company.leave(truth.person, group)
            truth.groups.discard(group)
            await self._expect_partly(truth, group)
        elif verb == "join" and group not in truth.groups:
            await self.company.join(truth.person, group)
            truth.groups.add(group)
        elif verb == "delete":
            if truth.status != "DEPROVISIONED":
                await self.company.lifecycle(truth.person, "deactivate")
            (await self.company.okta.delete(f"/api/v1/users/{truth.person.okta_user_id}")).raise_for_status()
            truth.status = "DELETED"
        elif verb in LIFECYCLE and truth.status in LIFECYCLE[verb][0]:
            await self.company.lifecycle(truth.person, verb)
            truth.status = LIFECYCLE[verb][1]
        else:
            return
        truth.truths.append((datetime.now(UTC), truth.entitled))
        await self._expect(truth, was_entitled, group)

    async def _expect(self, truth: Truth, was_entitled: bool, group: str) -> None:
        """When the licenses go. Of several things at once it is left open whose delay counts."""
        now = await self.now()
        if not truth.entitled and was_entitled and not truth.untold:
            delay = self.delays.get(group, STANDARD_DELAY)
            truth.lost_at, truth.due = now, (now + delay, now + delay)
        elif not truth.entitled and (was_entitled or truth.lost_at):
            earlier = truth.due[0] if truth.due else now + STANDARD_DELAY
            truth.lost_at = now
            truth.due = (min(earlier, now + min(self.delays.values())), now + STANDARD_DELAY)
        truth.untold = True

    async def _expect_partly(self, truth: Truth, group: str) -> None:
        now = await self.now()
        due = now + self.delays[group]
        earlier, _ = truth.away.get(group, (due, due))  # a return nobody told the host of does not count
        truth.away[group] = (min(earlier, due), due)
        truth.away_untold[group] = now

    async def _tell(self, this: Round) -> None:
        """Deliver what is kept: each event alone, or all in one, in order or not, some of them twice."""
        chance = random.Random(this.seed)
        deliveries = [self.kept] if this.delivery == "merged" and self.kept else [[uuid] for uuid in self.kept]
        if this.delivery.startswith("any order"):
            chance.shuffle(deliveries)
        if this.delivery.endswith("doubled"):
            deliveries += chance.sample(deliveries, len(deliveries) // 2)
        requests = await self.company.tenant_requests()
        for uuids in deliveries:
            order = {"uuids": uuids}
            (await self.company.okta.post("/control/deliveries", json=order)).raise_for_status()
        self.kept = []
        now = await self.now()
        for truth in self.people:
            if truth.entitled:
                truth.due = None
            elif truth.lost_at and truth.due:  # the host counts from when it is told
                truth.due = (truth.due[0], truth.due[1] + (now - truth.lost_at))
            for group, left_at in truth.away_untold.items():
                first, last = truth.away[group]
                truth.away[group] = (first, last + (now - left_at))
            truth.away = {group: due for group, due in truth.away.items() if group not in truth.groups}
            truth.untold, truth.lost_at, truth.away_untold = False, None, {}
        if this.kill_after is not None and deliveries:
            await self.company.work(this.kill_after, since=requests[-1]["number"] if requests else 0)
            await kill_host(self.stack, self.company)

    async def _news(self) -> list[str]:
        """The uuids of events that came since this was asked the last time."""
        held = [uuid for each in await self.company.held_deliveries() for uuid in each["uuids"]]
        news = [uuid for uuid in held if uuid not in self._known]
        self._known |= set(news)
        return news

    async def now(self) -> datetime:
        return datetime.fromisoformat((await self.company.host.get("/admin/clock")).json()["now"])

    # What must hold.
    async def check(self) -> None:
        now, requests = await self.now(), await self.company.tenant_requests()
        for truth in self.people:
            if not truth.untold:
                try:
                    self._check_account(truth, await self.company.account(truth.person), now)
                except AssertionError as failure:
                    raise AssertionError(f"{failure}; {await self._story_of(truth)}") from failure
            about = [each for each in requests if truth.person.entra_user_id in each["path"]]
            self._check_writes(truth, [each for each in about if each["method"] != "GET"])

    async def _story_of(self, truth: Truth) -> str:
        runs = await self.company.runs(truth.person)
        return "; ".join(f"{run['createdTime']} {run['instanceId']} {run['customStatus']}" for run in runs)

    def _check_account(self, truth: Truth, account: Account, now: datetime) -> None:
        who = f"{truth.person.login} ({sorted(truth.groups)}, {truth.status}, due {truth.due})"
        assert account.inherited == {FLOW_FREE}, f"{who}: an inherited license is touched"
        if truth.entitled:
            assert account.enabled, f"{who} is entitled, but disabled"
            self._check_licenses(truth, account, now, who)
            return
        assert truth.due is not None
        assert not account.enabled, f"{who} is not entitled, but enabled"
        if now < truth.due[0] - SLACK:
            assert account.direct == truth.licenses or truth.taken, f"{who} lost licenses before they were due at {now}"
        if now > truth.due[1] + SLACK:
            assert account.direct == {}, f"{who} holds {account.direct} although they were due, at {now}"
        truth.taken = account.direct == {}

    def _check_licenses(self, truth: Truth, account: Account, now: datetime, who: str) -> None:
        """Of somebody entitled: all, but for those of a group that was left, once its delay is over."""
        owners = {sku: group for group, sku in self.catalog.items()}
        for sku, disabled_plans in truth.licenses.items():
            first, last = truth.away.get(owners.get(sku, ""), (None, None))
            if first is None or now < first - SLACK:
                assert account.direct.get(sku) == disabled_plans, f"{who} is entitled, but holds {account.direct}"
            if last is not None and now > last + SLACK:
                assert sku not in account.direct, f"{who} left {owners[sku]} ({last}), but holds {sku} at {now}"

    def _check_writes(self, truth: Truth, writes: list[dict[str, Any]]) -> None:
        for write in writes:
            if write["path"].endswith("/assignLicense") and write["body"]["removeLicenses"]:
                entitled = truth.entitled_at(datetime.fromisoformat(write["started_at"]))
                assert not entitled or self.catalog, (
                    f"{truth.person.login} was entitled when licenses were removed: {write}"
                )
        for former, later in pairwise(writes):
            ended = former["ended_at"] or former["started_at"]  # of a host that was killed
            assert ended <= later["started_at"], f"two writes at once: {former} and {later}"

    async def check_ended(self) -> None:
        """Every run came to an end of its own, and no two took turns with one person."""
        async with self.company.tables() as tables:
            for truth in self.people:
                runs = await self.company.runs(truth.person)
                unfinished = [run for run in runs if run["runtimeStatus"] != "Completed"]
                assert not unfinished, f"{truth.person.login}: {[run['customStatus'] for run in unfinished]}"
                acted = [act.instance async for act in audit.of_person(tables, truth.person.okta_user_id)]
                turns = [each for each, former in zip(acted, [None, *acted], strict=False) if each != former]
                assert len(turns) == len(set(turns)), f"{truth.person.login}: they took turns: {turns}"
