"""What the local host offers about itself: clock, quiet, manual runs of timer triggers, status."""

import asyncio
import contextlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from local.host.clock import Clock
from local.host.engine import Engine
from local.host.history import stamp
from local.host.keys import ask_for_key
from local.host.rest import error
from local.host.store import next_timer, write_clock_offset
from local.host.timers import TimerTriggers

DEFAULT_QUIET_SECONDS = 10.0
# Python's datetime ends with the year 9999; a clock beyond this could not even be added to.
LATEST_YEAR = 9000


class Admin:
    def __init__(self, engine: Engine, timers: TimerTriggers, names: list[str]) -> None:
        self._engine = engine
        self._clock: Clock = engine.clock
        self._timers = timers
        self._names = {name.casefold() for name in names}

    def add_to(self, server: web.Application, key: str | None) -> None:
        server.router.add_get("/admin/clock", ask_for_key(self.get_clock, key))
        server.router.add_post("/admin/clock", ask_for_key(self.move_clock, key))
        server.router.add_get("/admin/quiet", ask_for_key(self.quiet, key))
        server.router.add_post("/admin/functions/{name}", ask_for_key(self.run_function, key))
        server.router.add_get("/admin/host/status", ask_for_key(self.status, key))

    async def get_clock(self, _request: web.Request) -> web.Response:
        return web.json_response({"now": stamp(self._clock.now())})

    async def move_clock(self, request: web.Request) -> web.Response:
        """The offset is stored before the clock moves, so that no restart goes back in time."""
        try:
            wanted = await self._wanted(json.loads(await request.read()))
            if wanted.year > LATEST_YEAR:
                raise ValueError(f"the clock goes no further than the year {LATEST_YEAR}")
            by = wanted - self._clock.now()
            if by > timedelta():
                offset = self._clock.offset + by
                await self._engine.hub.write(lambda connection: write_clock_offset(connection, offset))
                self._clock.advance(by)
        except (ValueError, OverflowError) as fault:
            return error(400, str(fault), "ValueError")
        except sqlite3.Error as fault:
            return error(500, f"The task hub cannot be written now: {fault}", type(fault).__name__)
        return await self.get_clock(request)

    async def _wanted(self, body: Any) -> datetime:
        """The instant to go to. Earlier ones are refused, but a timer that is due already is no mistake."""
        now = self._clock.now()
        match body:
            case {"advance": int() | float() as seconds} if seconds >= 0:
                return now + timedelta(seconds=seconds)
            case {"to": "next_timer"}:
                return max(now, _existing(await self._engine.hub.read(next_timer), "timer"))
            case {"to": "next_trigger"}:
                return max(now, _existing(self._timers.next_due, "timer trigger"))
            case {"to": str(text)}:
                moment = datetime.fromisoformat(text)
                moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                if moment < now:
                    raise ValueError(f"the clock only goes forward; it is {stamp(now)}")
                return moment
        raise ValueError(
            'expected {"advance": seconds}, {"to": instant}, {"to": "next_timer"} or {"to": "next_trigger"}'
        )

    async def quiet(self, request: web.Request) -> web.Response:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(float(request.query.get("timeout", DEFAULT_QUIET_SECONDS))):
                while self._engine.busy or self._timers.busy:
                    self._engine.something_ended.clear()
                    await self._engine.something_ended.wait()
        running = self._engine.busy + self._timers.busy
        timer = await self._engine.hub.read(next_timer)
        trigger = self._timers.next_due
        view = {
            "quiet": not running,
            "next_timer": stamp(timer) if timer else None,
            "next_trigger": stamp(trigger) if trigger else None,
            "running": running,
        }
        return web.json_response(view, status=408 if running else 200)

    async def run_function(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if self._timers.run_now(name):
            return web.Response(status=202)
        if name.casefold() in self._names:
            return error(400, f"'{name}' is no timer trigger; only those can be run by hand", "ValueError")
        return web.Response(status=404)

    async def status(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": "local", "state": "Running", "version": "local", "functions": len(self._names)})


def _existing(moment: datetime | None, kind: str) -> datetime:
    if moment is None:
        raise ValueError(f"no {kind} is waiting")
    return moment
