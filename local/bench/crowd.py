"""A stack with a crowd in it: people who all leave at once, and what is seen of them from outside the app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from lifecycle.mail_ledger import GATHERED_FOR
from local.stack.event_hook import register_event_hook
from local.stack.ports import LOOPBACK, free_ports
from local.stack.services import services
from local.stack.settings_file import Values, stack_values
from local.stack.stack import Stack, running
from local.stack.welcome import okta_headers
from local.stand_in.sample_people import MANAGED_GROUP_ID, NOOR_LOGIN

LICENSE = "SPE_E3"
PATIENCE = httpx.Timeout(120)


@dataclass
class Crowd:
    """The four processes of a stack, and the logins of the people in it, in the order they leave."""

    stack: Stack
    okta: httpx.AsyncClient
    tenant: httpx.AsyncClient
    host: httpx.AsyncClient
    values: Values
    logins: list[str]

    async def leave(self) -> None:
        """Everybody leaves the managed group within one request."""
        changes = [{"group": MANAGED_GROUP_ID, "user": login, "action": "remove"} for login in self.logins]
        (await self.okta.post("/control/memberships", json=changes)).raise_for_status()

    async def wait_until_done(self) -> None:
        """Wait until Okta has delivered everything and the host has nothing more to do now."""
        while True:
            deliveries = (await self.okta.get("/control/deliveries")).json()
            quiet = await self.host.get("/admin/quiet", params={"timeout": 60})
            if quiet.status_code != httpx.codes.OK or deliveries["unfinished"]:
                continue
            if not await self._move_to_a_near_timer(quiet.json()["next_timer"]):
                return

    async def pass_days(self, days: int) -> None:
        await self._move_clock({"advance": days * 86_400})

    async def accounts(self) -> list[dict[str, Any]]:
        """The crowd's accounts as the tenant has them."""
        users = (await self.tenant.get("/control/state")).json()["users"].values()
        crowd = set(self.logins)
        return [user for user in users if user["userPrincipalName"] in crowd]

    async def deliveries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.okta.get("/control/deliveries")).json()["deliveries"]
        return found

    async def looks_into_log(self) -> int:
        """How often runs have read Okta's log; catch-up asks without an end."""
        requests = (await self.okta.get("/control/requests")).json()["requests"]
        return sum(each["path"] == "/api/v1/logs" and "until=" in each["query"] for each in requests)

    async def mails_to_manager(self) -> list[str]:
        """The subjects, once those have gone that wait for each other."""
        for _ in range(2):
            await self._move_clock({"advance": GATHERED_FOR.total_seconds() + 60})
            await self.wait_until_done()
        messages = (await self.tenant.get(f"/control/mailboxes/{NOOR_LOGIN}")).json()["messages"]
        return [message["subject"] for message in messages]

    async def runs(self) -> list[dict[str, Any]]:
        params: dict[str, int | str] = {"top": 100_000, "showInput": "false"}
        found = await self.host.get("/runtime/webhooks/durabletask/instances", params=params)
        return [run for run in found.json() if run["name"] == "staged_deactivation"]

    def host_memory(self) -> float:
        """Resident memory of the host's process, MiB."""
        return float(psutil.Process(self.stack.child("host").pid).memory_info().rss) / 2**20

    async def _move_to_a_near_timer(self, next_timer: str | None) -> bool:
        """Retries and hand-overs wait for seconds; a benchmark of the work does not."""
        now = datetime.fromisoformat((await self.host.get("/admin/clock")).json()["now"])
        if next_timer is None or (datetime.fromisoformat(next_timer) - now).total_seconds() > 60:
            return False
        await self._move_clock({"to": "next_timer"})
        return True

    async def _move_clock(self, move: dict[str, Any]) -> None:
        """The stand-ins' clocks go along, so that what is published next is newer than what was before."""
        moved = (await self.host.post("/admin/clock", json=move)).raise_for_status().json()
        offset = (datetime.fromisoformat(moved["now"]) - datetime.now(UTC)).total_seconds()
        for stand_in in (self.okta, self.tenant):
            (await stand_in.put("/control/clock", json={"offset_seconds": offset})).raise_for_status()


@asynccontextmanager
async def crowd_of(people: int, data: Path, own: Values) -> AsyncIterator[Crowd]:
    """A running stack with so many people in the managed group, one license each."""
    ports = free_ports()
    values = stack_values(own, ports)
    async with (
        running(services(ports, data, values), data / "logs", lambda name, line: None) as stack,
        httpx.AsyncClient(base_url=values["OKTA_ORG_URL"], headers=okta_headers(values), timeout=PATIENCE) as okta,
        httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{ports.m365_tenant}", timeout=PATIENCE) as tenant,
        httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{ports.host}", timeout=PATIENCE) as host,
    ):
        await register_event_hook(okta, f"http://{LOOPBACK}:{ports.host}", values["OKTA_HOOK_SECRET"])
        logins = [f"person.{number:05}@contoso.com" for number in range(people)]
        await _seed(okta, tenant, logins)
        yield Crowd(stack, okta, tenant, host, values, logins)


async def _seed(okta: httpx.AsyncClient, tenant: httpx.AsyncClient, logins: list[str]) -> None:
    (await tenant.put(f"/control/skus/{LICENSE}", json={"enabled": 1_000_000})).raise_for_status()
    accounts = [{"userPrincipalName": login, "displayName": login, "licenses": [{"sku": LICENSE}]} for login in logins]
    (await tenant.post("/control/users", json=accounts)).raise_for_status()
    users = [
        {
            "profile": {"login": login, "email": login, "firstName": "Per", "lastName": login, "manager": NOOR_LOGIN},
            "groups": [MANAGED_GROUP_ID],
        }
        for login in logins
    ]
    (await okta.post("/control/users", json=users)).raise_for_status()
