"""Starting a stand-in: in a test, or as a process that runs until it is told to stop."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

LOOPBACK = "127.0.0.1"
# A request that hangs on purpose must not keep the process from stopping.
SHUTDOWN_SECONDS = 1.0
EXIT_CANNOT_START = 2


@asynccontextmanager
async def serving(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Serve on the loopback address and give the base URL. Port 0 takes any free one; OSError when it is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def run_until_stopped(app: web.Application, port: int, name: str) -> int:
    """Serve until SIGTERM or SIGINT. Answers the exit code."""
    try:
        asyncio.run(_serve_until_stopped(app, port, name))
    except OSError as error:
        return refuse_to_start(name, f"port {port}: {error.strerror}. Stop what runs there, or give another --port.")
    return 0


async def _serve_until_stopped(app: web.Application, port: int, name: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serving(app, port) as url:
        print(f"{name} is listening on {url}", flush=True)
        await stopped.wait()


def refuse_to_start(name: str, reason: str) -> int:
    print(f"{name} cannot start: {reason}", file=sys.stderr)
    return EXIT_CANNOT_START
