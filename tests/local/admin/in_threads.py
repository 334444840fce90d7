"""Servers in a thread, for commands that bring their own event loop."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

from aiohttp import web

from local.stand_in.server import serving


@contextmanager
def in_a_thread(*make_apps: Callable[[], web.Application]) -> Iterator[list[str]]:
    """Serve these applications, made where they run; gives their addresses."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    urls: list[str] = []

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            urls.extend([await stack.enter_async_context(serving(make())) for make in make_apps])
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield urls
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
