"""Puts the parts together and serves until it is told to stop."""

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from local.host.admin import Admin
from local.host.clock import Clock
from local.host.engine import Engine
from local.host.http_triggers import HttpTriggers
from local.host.loading import App
from local.host.rest import ManagementApi
from local.host.status import client_binding
from local.host.store import Store, read_clock_offset
from local.host.timers import TimerTriggers
from local.host.worker import Worker

ADDRESS = "127.0.0.1"
# The limit of the Functions host's own web server (Kestrel) unless FUNCTIONS_REQUEST_BODY_SIZE_LIMIT says otherwise.
LARGEST_BODY = 100 * 1024 * 1024
STOP_SECONDS = 2.0


class Host:
    def __init__(self, app: App, hub: Store, clock: Clock) -> None:
        self.app = app
        self.origin = ""
        self._hub = hub
        self._worker = Worker(app.folder, app.settings.function_timeout, self._client_binding)
        self.http = HttpTriggers(app, self._worker)
        self._engine = Engine(app, hub, clock, self._worker)
        self._timers = TimerTriggers(app, hub, clock, self._worker, self._engine.something_ended)
        self._runner = web.AppRunner(self._web_application(), access_log=None, shutdown_timeout=STOP_SECONDS)

    def _web_application(self) -> web.Application:
        server = web.Application(client_max_size=LARGEST_BODY)
        orchestrators = [function.name for function in self.app.of_kind("orchestrator")]
        ManagementApi(self._engine, self.app.settings, orchestrators).add_to(server)
        Admin(self._engine, self._timers, [function.name for function in self.app.functions]).add_to(
            server, self.app.settings.key
        )
        server.router.add_route("*", r"/{path:(?s:.*)}", self._http)
        return server

    async def _http(self, request: web.Request) -> web.Response:
        answer = await self.http.answer(request)
        if answer.status == 404 and request.path == "/" and request.method == "GET":
            return web.Response(text=f"The local Functions host is running {self.app.folder.name}.\n")
        return answer

    def _client_binding(self) -> str:
        return client_binding(self.origin, self.app.settings.hub_name, self.app.settings.key)

    async def start(self, port: int) -> None:
        """Listen, then take up what the task hub holds: activities may call back at once."""
        await self._runner.setup()
        await web.TCPSite(self._runner, ADDRESS, port).start()
        self.origin = f"http://{ADDRESS}:{self._runner.addresses[0][1]}"
        await self._timers.start()
        await self._engine.start()

    async def stop(self) -> None:
        await self._timers.stop()
        await self._engine.stop(STOP_SECONDS)
        await self._runner.cleanup()
        await self._worker.close()
        self._hub.close()


def lend(clock: Clock) -> None:
    """Our own app asks this clock for the present; any other app asks the machine's."""
    if wiring := sys.modules.get("wiring"):
        vars(wiring)["now"] = clock.now


async def serve(app: App, data: Path, port: int, started: Callable[[Host], None]) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError when the port cannot be had, HubInUse when the hub is taken."""
    hub = Store(data)
    clock = Clock(await hub.read(read_clock_offset))
    lend(clock)
    host = Host(app, hub, clock)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        await host.start(port)
        started(host)
        await stopping.wait()
    finally:
        await host.stop()
