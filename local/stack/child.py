"""One child process of the stack: started so that it cannot outlive us, its output copied, stopped for certain."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from local.paths import ROOT
from local.stack import launch
from local.stack.ports import is_listening
from local.stack.services import Service

READY_WITHIN_S = 30.0
POLL_EVERY_S = 0.05
STOPS_WITHIN_S = 5.0
LAST_LINES = 15
LONGEST_LINE = 1024 * 1024

Show = Callable[[str, str], None]


class ChildFailedError(Exception):
    """A child ended, or stayed silent, before it answered on its port."""


class Child:
    def __init__(self, service: Service, log: Path, show: Show) -> None:
        self.service = service
        self.log = log
        self._show = show
        self._process: asyncio.subprocess.Process | None = None
        self._copying: asyncio.Task[None] | None = None
        self._last_lines: list[str] = []

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.service.name} was not started")
        return self._process

    async def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches us alone and we stop it in order."""
        launcher = (sys.executable, "-I", launch.__file__, str(os.getpid()), str(int(self.service.stop_signal)))
        self._process = await asyncio.create_subprocess_exec(
            *launcher,
            *self.service.command,
            cwd=ROOT,
            env=self.service.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=LONGEST_LINE,
        )
        self._copying = asyncio.create_task(self._copy_output())

    async def wait_until_ready(self) -> None:
        """Return once the port answers. Raise ChildFailedError with the last lines when it does not."""
        deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
        while not is_listening(self.service.port):
            if self._running.returncode is not None:
                raise ChildFailedError(await self._report("ended before it was ready"))
            if asyncio.get_running_loop().time() > deadline:
                raise ChildFailedError(
                    await self._report(f"did not answer on port {self.service.port} within {READY_WITHIN_S:.0f} s")
                )
            await asyncio.sleep(POLL_EVERY_S)

    async def wait(self) -> str:
        """Wait for its end and say how it ended."""
        status = await self._running.wait()
        return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"

    async def stop(self) -> None:
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(self.service.stop_signal)
            try:
                await asyncio.wait_for(self._process.wait(), STOPS_WITHIN_S)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._copying:
            await self._copying

    async def _copy_output(self) -> None:
        assert self._running.stdout is not None
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", buffering=1, errors="replace") as file:
            async for raw in self._running.stdout:
                line = raw.decode(errors="replace").rstrip()
                file.write(f"{line}\n")
                self._last_lines = [*self._last_lines[1 - LAST_LINES :], line]
                self._show(self.service.name, line)

    async def _report(self, what: str) -> str:
        await asyncio.sleep(POLL_EVERY_S)  # for its last words
        said = "".join(f"    {line}\n" for line in self._last_lines) or "    (it said nothing)\n"
        return f"{self.service.name} {what}. Its last lines:\n{said}  all of them: {self.log}"
