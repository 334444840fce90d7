"""Keeps the children of a stack running: what dies is started again, as the platform would; all stop together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from local.stack.child import Child, ChildFailedError, Show
from local.stack.services import Service

RESTART_AFTER_S = 0.5
RESTART_AFTER_AT_MOST_S = 10.0
RESTARTS_BEFORE_GIVING_UP = 5


class Stack:
    """Running children by name."""

    def __init__(self, children: Sequence[Child], show: Show) -> None:
        self._children = children
        self._show = show
        self._keeping: asyncio.Task[None] | None = None

    def child(self, name: str) -> Child:
        return next(child for child in self._children if child.service.name == name)

    async def start(self) -> None:
        """What the host needs comes up together, then the host."""
        *others, host = self._children
        await asyncio.gather(*(_start(child) for child in others))
        await _start(host)
        self._keeping = asyncio.create_task(self._keep_all())

    async def ended(self) -> None:
        """Wait for ever, or raise ChildFailedError once a child cannot be kept alive."""
        if self._keeping:
            await self._keeping

    async def stop(self) -> None:
        """The host first: it still writes to the others while it stops."""
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        *others, host = self._children
        await host.stop()
        await asyncio.gather(*(child.stop() for child in others))

    async def _keep_all(self) -> None:
        await asyncio.gather(*(self._keep(child) for child in self._children))

    async def _keep(self, child: Child) -> None:
        wait_s, failures = RESTART_AFTER_S, 0
        ended = await child.wait()
        while failures < RESTARTS_BEFORE_GIVING_UP:
            self._show("stack", f"{child.service.name} ended ({ended}): starting it again, as the platform would")
            await asyncio.sleep(wait_s)
            try:
                await _start(child)
            except ChildFailedError as error:
                failures, wait_s, ended = failures + 1, min(wait_s * 2, RESTART_AFTER_AT_MOST_S), str(error)
                continue
            self._show("stack", f"{child.service.name} runs again, process {child.pid}")
            failures, wait_s = 0, RESTART_AFTER_S
            ended = await child.wait()
        raise ChildFailedError(f"{child.service.name} does not come up any more: {ended}")


@asynccontextmanager
async def running(services: Sequence[Service], logs: Path, show: Show) -> AsyncIterator[Stack]:
    """A started stack; every child is gone when this is left, however it is left."""
    stack = Stack([Child(service, logs / f"{service.name}.log", show) for service in services], show)
    try:
        await stack.start()
        yield stack
    finally:
        await stack.stop()


async def _start(child: Child) -> None:
    await child.stop()
    await child.start()
    await child.wait_until_ready()
