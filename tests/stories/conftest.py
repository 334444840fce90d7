"""One stack for all stories: every story has people of its own, so none has to wait for another to clean up."""

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from local.paths import SETTINGS_EXAMPLE
from local.stack.event_hook import register_event_hook
from local.stack.ports import LOOPBACK, free_ports
from local.stack.services import Service, services
from local.stack.settings_file import Values, read_values, stack_values
from local.stack.stack import Stack, running
from local.stack.welcome import okta_headers
from tests.stories.company import E3, OFFICE, OPERATORS, PROJECT, VISIO, VISIO_USERS, Company

SETTINGS = {
    "OFFICE_GROUP": json.dumps([OFFICE, VISIO_USERS]),
    "DELAY_INTEGER": "30",
    "DELAY_INTERVAL_TYPE": "day",
    "GROUP_DELAYS": json.dumps({VISIO_USERS: "1 week"}),
    "OPERATORS_EMAIL": OPERATORS,
    "MAX_DEACTIVATIONS_PER_HOUR": "100000",
}

# All that a stack sees of the shell's environment: aiohttp looks through all of it at each request, for a proxy.
PASSED_ON = ("HOME", "LANG", "LC_", "NO_PROXY", "PATH", "PYTHON", "SSL_CERT_DIR", "TMPDIR")


class RunningStack:
    """A stack in a thread of its own, since each test brings its own event loop.

    `host` is a module that is run instead of the local host.
    """

    def __init__(self, data: Path, own: Values, host: str | None = None) -> None:
        self.ports = free_ports()
        self.values = stack_values({**read_values(SETTINGS_EXAMPLE), **own}, self.ports)
        self.data = data
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self.stack: Stack | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "RunningStack":
        self._thread.start()
        self._ready.wait(60)
        if self._failure:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:  # handed to the thread that waits
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        logs = self.data / "logs"
        async with running(self._services(), logs, lambda name, line: None) as self.stack:
            async with httpx.AsyncClient(base_url=self.okta_url, headers=okta_headers(self.values)) as okta:
                await register_event_hook(okta, self.host_url, self.values["OKTA_HOOK_SECRET"])
                (await okta.post("/control/groups", json=[{"name": VISIO_USERS}])).raise_for_status()
            async with httpx.AsyncClient(base_url=self.tenant_url) as tenant:
                for sku_id in (E3, VISIO, PROJECT):  # seats run out where a story says so, and nowhere else
                    (await tenant.put(f"/control/skus/{sku_id}", json={"enabled": 1_000_000})).raise_for_status()
            self._ready.set()
            await self._stop.wait()

    def _services(self) -> list[Service]:
        planned = services(self.ports, self.data, self.values)
        tables, *stand_ins, host = [replace(each, environment=self._passed_on(each.environment)) for each in planned]
        forgetful = [replace(each, command=_without_data(each.command)) for each in stand_ins]
        if self._host:
            arguments = host.command[host.command.index("host") + 1 :]
            host = replace(host, command=(sys.executable, "-m", self._host, *arguments))
        return [tables, *forgetful, host]

    def _passed_on(self, environment: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in environment.items() if name in self.values or name.startswith(PASSED_ON)}

    @property
    def host_process(self) -> int:
        """The process id of the host that runs now."""
        return self.process_of("host")

    def process_of(self, name: str) -> int:
        """The process id under which a part of the stack runs now."""
        assert self.stack is not None
        return self.stack.child(name).pid

    @property
    def okta_url(self) -> str:
        return self.values["OKTA_ORG_URL"]

    @property
    def tenant_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.m365_tenant}"

    @property
    def host_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.host}"


def _without_data(command: tuple[str, ...]) -> tuple[str, ...]:
    """A stand-in that keeps nothing in a file: no story starts one again."""
    place = command.index("--data")
    return command[:place] + command[place + 2 :]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with RunningStack(tmp_path_factory.mktemp("stack"), SETTINGS) as started:
        yield started


@pytest.fixture
async def company(stack: RunningStack) -> AsyncIterator[Company]:
    async with (
        httpx.AsyncClient(base_url=stack.okta_url, headers=okta_headers(stack.values), timeout=30) as okta,
        httpx.AsyncClient(base_url=stack.tenant_url, timeout=30) as tenant,
        httpx.AsyncClient(base_url=stack.host_url, timeout=30) as host,
    ):
        yield Company(stack.values, okta, tenant, host)
        for stand_in in (okta, tenant):
            await stand_in.delete("/control/faults")
            await stand_in.delete("/control/requests")  # or each story would read those of all before it
