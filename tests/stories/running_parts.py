"""The parts of a running stack: their clocks, which move together, and the wait until everything has happened."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.stack.settings_file import Values

LOOK_EVERY_S = 0.02  # the parts of the stack need the processor more than who waits for them
NEAR = timedelta(minutes=4)  # longer than every second look (lifecycle/readings.py)
TOGETHER = timedelta(seconds=1)  # timers of people to whom the same happened at once fire at once


@dataclass
class RunningParts:
    values: Values
    okta: httpx.AsyncClient
    tenant: httpx.AsyncClient
    host: httpx.AsyncClient

    async def hold_deliveries(self) -> None:
        """From now on Okta keeps its deliveries to itself."""
        body_of(await self.okta.post("/control/deliveries/hold"))

    async def release_deliveries(self, *, reverse: bool = False) -> None:
        """Let Okta deliver what it held, one delivery after the other."""
        held = [each["event_id"] for each in await self.held_deliveries()]
        body_of(await self.okta.post("/control/deliveries/release", json={"order": held[::-1] if reverse else held}))

    async def held_deliveries(self) -> list[dict[str, Any]]:
        return list((await self._held())["deliveries"])

    async def _held(self) -> dict[str, Any]:
        """What Okta holds, and whether it is at work: asked for again and again, so not all that was ever delivered."""
        return dict(body_of(await self.okta.get("/control/deliveries", params={"state": "held"})))

    async def settle(self) -> None:
        """Wait until Okta has delivered everything and nothing more happens within the next minutes of the story."""
        while True:
            await self.delivered()
            quiet = await self._quiet()
            if (await self._held())["unfinished"]:
                continue
            if not await self._moved_to_a_near_timer(body_of(quiet)["next_timer"]):
                return

    async def _quiet(self) -> httpx.Response:
        """Wait for the host, minutes if it has hundreds of people to see to."""
        for _ in range(30):
            quiet = await self.host.get("/admin/quiet", params={"timeout": 20}, timeout=30)
            if quiet.status_code == httpx.codes.OK:
                return quiet
        raise AssertionError(f"the host is still busy: {quiet.text}")

    async def _moved_to_a_near_timer(self, next_timer: str | None) -> bool:
        """Retries wait for seconds, second looks and hand-overs for minutes; a story does not."""
        if next_timer is None:
            return False
        timer, now = datetime.fromisoformat(next_timer), await self.now()
        if timer - now > NEAR:
            return False
        await self._move_to(max(timer, now) + TOGETHER)
        return True

    async def delivered(self) -> None:
        """Wait until Okta has got everything through that it does not hold."""
        for _ in range(2000):
            if await self._is_delivered():
                return
            await asyncio.sleep(LOOK_EVERY_S)
        raise AssertionError("Okta does not get its deliveries through")

    async def _is_delivered(self) -> bool:
        deliveries = await self._held()
        return not deliveries["unfinished"] or deliveries["holding"]

    async def work(self, requests: int, since: int) -> None:
        """Wait until the host has made so many requests of the tenant since that one, or has nothing to do."""
        while len(await self.tenant_requests(since)) < requests:
            quiet = await self.host.get("/admin/quiet", params={"timeout": LOOK_EVERY_S})
            if quiet.status_code == httpx.codes.OK and await self._is_delivered():
                return

    async def pass_time(self, by: timedelta) -> None:
        """Let time pass everywhere, and whatever falls due happen."""
        await self.settle()
        await self.move(by)
        await self.settle()

    async def jump(self, by: timedelta) -> None:
        """As `pass_time`, but all at once: what falls due on the way happens late."""
        await self.delivered()
        await self._quiet()
        await self.move(by)
        await self.settle()

    async def move(self, by: timedelta) -> None:
        """Move the clocks and wait for nothing."""
        await self._move_to(await self.now() + max(by, timedelta()))

    async def now(self) -> datetime:
        return datetime.fromisoformat(body_of(await self.host.get("/admin/clock"))["now"])

    async def until(self, instant: str, before: timedelta = timedelta()) -> timedelta:
        """How long it is until so long before an instant."""
        return datetime.fromisoformat(instant) - before - await self.now()

    async def _move_to(self, instant: datetime) -> None:
        """The stand-ins first: what falls due on the host asks them at once."""
        offset = (instant - datetime.now(UTC)).total_seconds()
        stand_ins = (self.okta, self.tenant)
        puts = [each.put("/control/clock", json={"offset_seconds": offset}) for each in stand_ins]
        for answer in await asyncio.gather(*puts):
            body_of(answer)
        ahead = max(timedelta(), instant - await self.now())
        body_of(await self.host.post("/admin/clock", json={"advance": ahead.total_seconds()}))

    async def tenant_requests(self, since: int = 0, path: str = "") -> list[dict[str, Any]]:
        """What the tenant was asked for, from a number on, where this is part of the path."""
        log = body_of(await self.tenant.get("/control/requests", params={"since": since, "path": path}))
        return list(log["requests"])


def body_of(response: httpx.Response) -> Any:
    assert response.is_success or response.status_code == 202, f"{response.request.url}: {response.text}"
    return response.json() if response.content else None
