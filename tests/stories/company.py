"""A company to tell stories about: the Okta org, the tenant and the host, all really running, on a clock that moves."""

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import unescape
from typing import Any
from zlib import crc32

from clients.tables import Tables
from lifecycle.catalog import CatalogEntry
from rows import audit, catalog
from tests.stories.running_parts import RunningParts, body_of

OFFICE = "Office 365 Assignments"
VISIO_USERS = "Visio Users"
MANAGER = "noor.haddad@contoso.com"
OPERATORS = "it-operations@contoso.com"
E3, VISIO, PROJECT, POWER_BI, FLOW_FREE, PHONE_SYSTEM = (
    "05e9a617-0261-4cee-bb44-138d3ef5d965",
    "c5928f49-12ba-48f7-ada3-0d743a3601d5",
    "53818b1b-4a27-454b-8896-0dba576410e6",
    "a403ebcc-fae0-4ca2-8c8c-7a907fd6c235",
    "f30db892-07e9-47e9-837c-80727f46fd3d",
    "e43b5b99-8dfb-405f-9987-dc307f34bcbd",
)
SWAY = "a23b959c-7ce8-4e57-9140-b90eb88a9e97"
Licenses = dict[str, set[str]]  # skuId to disabled plans
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    okta_user_id: str
    entra_user_id: str
    login: str
    manager: str = MANAGER


@dataclass(frozen=True)
class Account:
    """What the tenant itself says."""

    enabled: bool
    direct: Licenses
    inherited: set[str]
    sessions_revoked: bool


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str


@dataclass(frozen=True)
class Act:
    """One row of the table Audit."""

    who: str | None
    what: str
    outcome: str


@dataclass
class Company(RunningParts):
    office: str = OFFICE
    hired: list[Person] = field(default_factory=list)
    began_at: datetime | None = None  # before anybody of this story was hired

    async def hire(
        self,
        *,
        licenses: Licenses | None = None,
        inherited: tuple[str, ...] = (),
        groups: tuple[str, ...] = (OFFICE,),
        name: str = "Ada",
        **okta_profile: Any,
    ) -> Person:
        """A person in Okta and in the tenant, already in these groups, without any event having been sent.

        With a manager of their own, unless the profile names one: a manager of several hears of them together.
        """
        self.began_at = self.began_at or await self.now()
        number = next(_numbers)
        login, manager = f"{name.lower()}.{number:04}@contoso.com", f"manager.{number:04}@contoso.com"
        account = {
            "userPrincipalName": login,
            "displayName": f"{name} {number}",
            "licenses": [{"sku": sku, "disabled_plans": sorted(off)} for sku, off in (licenses or {}).items()],
        }
        user = body_of(await self.tenant.post("/control/users", json=[account]))[0]
        if inherited:
            group = {
                "displayName": f"licensing {number}",
                "licenses": [{"sku": sku} for sku in inherited],
                "members": [user["id"]],
            }
            body_of(await self.tenant.post("/control/groups", json=[group]))
        profile = {"login": login, "email": login, "firstName": name, "lastName": f"{number}", "manager": manager}
        seed = {"profile": profile | okta_profile, "groups": list(groups)}
        boss = {"profile": {"login": manager, "email": manager, "firstName": "Noor", "lastName": f"{number}"}}
        okta_user, _ = body_of(await self.okta.post("/control/users", json=[seed, boss]))
        person = Person(okta_user["id"], user["id"], login, str(okta_profile.get("manager") or manager))
        self.hired.append(person)
        return person

    async def delete_account(self, person: Person) -> None:
        """What an administrator does by hand in the tenant."""
        (await self.tenant.delete(f"/control/users/{person.entra_user_id}")).raise_for_status()

    async def make_account_again(self, person: Person, licenses: Licenses) -> Person:
        """Another account under the name of the one that was deleted; returns the person with that one."""
        held = [{"sku": sku, "disabled_plans": sorted(off)} for sku, off in licenses.items()]
        account = {"userPrincipalName": person.login, "displayName": "again", "licenses": held}
        (made,) = body_of(await self.tenant.post("/control/users", json=[account]))
        return replace(person, entra_user_id=made["id"])

    async def leave(self, person: Person, group: str = OFFICE) -> None:
        await self._membership("DELETE", person, group)

    async def join(self, person: Person, group: str = OFFICE) -> None:
        await self._membership("PUT", person, group)

    async def change_quietly(self, person: Person, action: str, group: str = OFFICE) -> None:
        """Change a membership in Okta without an event."""
        await self.change_as_the_org(person, action, group, quiet=True)

    async def change_as_the_org(self, person: Person, action: str, group: str = OFFICE, *, quiet: bool = False) -> None:
        """Change a membership as a group rule of the org does, whatever its API answers to others just now."""
        change = {"group": group, "user": person.okta_user_id, "action": action, "quiet": quiet}
        body_of(await self.okta.post("/control/memberships", json=[change]))

    async def lifecycle(self, person: Person, operation: str) -> None:
        body_of(await self.okta.post(f"/api/v1/users/{person.okta_user_id}/lifecycle/{operation}"))

    async def delete_in_okta(self, person: Person) -> None:
        """Okta's two steps: the first deactivates, the second deletes."""
        for _ in range(2):
            (await self.okta.delete(f"/api/v1/users/{person.okta_user_id}")).raise_for_status()

    async def check_nightly(self) -> None:
        """Let the nightly check see who is in a managed group, without mending anything."""
        body_of(await self.host.post("/admin/functions/drift_check", json={"input": ""}))
        await self.settle()

    async def account(self, person: Person) -> Account:
        state = body_of(await self.tenant.get(f"/control/users/{person.entra_user_id}"))
        assignments = state["licenseAssignmentStates"]
        return Account(
            enabled=state["accountEnabled"],
            direct={each["skuId"]: set(each["disabledPlans"]) for each in assignments if not each["assignedByGroup"]},
            inherited={each["skuId"] for each in assignments if each["assignedByGroup"]},
            sessions_revoked=any(
                request["path"].endswith("/revokeSignInSessions") for request in await self.requests_about(person)
            ),
        )

    async def requests_about(self, person: Person) -> list[dict[str, Any]]:
        """What the tenant was asked for about a person, in order."""
        return await self.tenant_requests(path=person.entra_user_id)

    async def mails(self, person: Person, to: str | None = None) -> list[Mail]:
        """The mails about a person alone in somebody's mailbox, or in the manager's, oldest first."""
        to = to or person.manager
        mailbox = body_of(await self.tenant.get(f"/control/mailboxes/{to}", params={"subject": person.login}))
        return [Mail(to, each["subject"], _text(each["body"])) for each in mailbox["messages"]]

    async def audit(self, person: Person) -> list[Act]:
        """What the app wrote down about a person, oldest first."""
        async with self.tables() as tables:
            entries = [entry async for entry in audit.of_person(tables, person.okta_user_id)]
        return [Act(entry.login, entry.act, entry.outcome) for entry in entries]

    async def catalog(self, group: str, sku_id: str, *, assign: bool = True) -> str:
        """Put a SKU into the license catalog of a group; `assign`: newcomers are given it. Returns the group's id."""
        group_id = await self._id_of(group)
        entry = CatalogEntry(
            group_id,
            group,
            sku_id,
            sku_id,
            sku_id,
            "User",
            "Enabled",
            10,
            1,
            datetime.now(UTC),
            row_number=1,
            assign=assign,
        )
        async with self.tables() as tables:
            await tables.upsert(catalog.TABLE, catalog.to_values(entry))
        return group_id

    async def clear_catalog(self, group: str | None = None) -> None:
        """Forget the catalog of one group, or of all."""
        async with self.tables() as tables:
            await catalog.delete(tables, await catalog.read_stored(tables, await self._id_of(group) if group else None))

    async def _id_of(self, group: str) -> str:
        """The id of a group by its name, also of one that Okta does not have."""
        return (await self.groups()).get(group) or f"00gX{crc32(group.encode()):016}"

    @asynccontextmanager
    async def tables(self) -> AsyncIterator[Tables]:
        tables = Tables(connection_string=self.values["TABLES_CONNECTION"])
        try:
            yield tables
        finally:
            await tables.close()

    async def runs(self, person: Person) -> list[dict[str, Any]]:
        """The durable status of every run about a person, oldest first."""
        path, asked = "/runtime/webhooks/durabletask/instances", {"showInput": "true", "top": "10000"}
        since = {"createdTimeFrom": self.began_at.isoformat()} if self.began_at else {}
        runs = body_of(await self.host.get(path, params=asked | since))
        # A large delivery is started by a run of its own, whose input names everybody in it.
        about = [run for run in runs if person.okta_user_id in str(run["input"]) and run["name"] != "fan_out"]
        return sorted(about, key=lambda run: run["createdTime"])

    async def raise_event(self, instance: str, event: str, data: Any) -> None:
        path = f"/runtime/webhooks/durabletask/instances/{instance}/raiseEvent/{event}"
        (await self.host.post(path, json=data)).raise_for_status()

    async def _membership(self, method: str, person: Person, group: str) -> None:
        group_id = (await self.groups())[group]
        path = f"/api/v1/groups/{group_id}/users/{person.okta_user_id}"
        (await self.okta.request(method, path)).raise_for_status()

    async def groups(self) -> dict[str, str]:
        groups = body_of(await self.okta.get("/api/v1/groups", params={"limit": 1000}))
        return {group["profile"]["name"]: group["id"] for group in groups}


def _text(html: str) -> str:
    """An HTML mail as one line of text."""
    body = html.partition("<body")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", f"<body{body}")).split())
