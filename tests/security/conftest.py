"""One stack whose every secret can be recognized wherever it turns up, and whose host asks for a key."""

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from local.stack.event_hook import register_event_hook
from local.stack.services import Service
from local.stack.stack import running
from local.stack.welcome import okta_headers
from tests.stories.company import Company
from tests.stories.conftest import SETTINGS, RunningStack

# Every secret setting; the storage key is the one that every Azurite has, and is looked for as well.
PLANTED = {
    "OKTA_HOOK_SECRET": "planted-hook-secret-4f1c9a",
    "OKTA_HOOK_SECRET_PREVIOUS": "planted-previous-hook-secret-8e27d0",
    "OKTA_API_TOKEN": "planted-okta-token-93ab51",
    "GRAPH_ACCESS_TOKEN": "planted-graph-token-c06e44",
    "LOCAL_HOST_KEY": "planted-host-key-1d88f7",
    "SESSION_SECRET": "planted-session-secret-7b52e3-of-32-characters",
}
STORAGE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"
TOKENS = {"okta-org": "OKTA_API_TOKEN", "m365-tenant": "GRAPH_ACCESS_TOKEN"}


class SecuredStack(RunningStack):
    """As for the stories, with stand-ins that take the planted tokens."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, SETTINGS)
        self.values |= PLANTED

    async def _serve(self) -> None:
        planned = [self._with_token(service) for service in self._services()]
        async with running(planned, self.data / "logs", lambda name, line: None) as self.stack:
            async with httpx.AsyncClient(base_url=self.okta_url, headers=okta_headers(self.values)) as okta:
                await register_event_hook(okta, self.host_url, self.values["OKTA_HOOK_SECRET"])
            self._ready.set()
            await self._stop.wait()

    def _with_token(self, service: Service) -> Service:
        if service.name not in TOKENS:
            return service
        token = self.values[TOKENS[service.name]]
        stand_in = (sys.executable, "-m", "tests.security.stand_in", service.name, str(service.port), token)
        return replace(service, command=stand_in)


@dataclass
class SecuredCompany(Company):
    stack: SecuredStack = field(kw_only=True)
    heard: list[str] = field(default_factory=list)  # the bodies and headers of everything the host answered

    async def remember(self, response: httpx.Response) -> None:
        await response.aread()
        self.heard.append(f"{dict(response.headers)} {response.text}")

    def stranger(self) -> httpx.AsyncClient:
        """Somebody who knows the host's address and nothing else."""
        return httpx.AsyncClient(base_url=self.stack.host_url, event_hooks={"response": [self.remember]}, timeout=30)


@pytest.fixture(scope="session")
def secured_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredStack]:
    stack = SecuredStack(tmp_path_factory.mktemp("secured"))
    with stack:
        yield stack


@pytest.fixture
async def company(secured_stack: SecuredStack) -> AsyncIterator[SecuredCompany]:
    stack = secured_stack
    key = {"x-functions-key": PLANTED["LOCAL_HOST_KEY"]}
    async with (
        httpx.AsyncClient(base_url=stack.okta_url, headers=okta_headers(stack.values), timeout=30) as okta,
        httpx.AsyncClient(base_url=stack.tenant_url, timeout=30) as tenant,
        httpx.AsyncClient(base_url=stack.host_url, headers=key, timeout=30) as host,
    ):
        found = SecuredCompany(stack.values, okta, tenant, host, stack=stack)
        host.event_hooks["response"].append(found.remember)
        yield found
        for stand_in in (okta, tenant):
            await stand_in.delete("/control/faults")
            await stand_in.delete("/control/requests")  # or each story would read those of all before it
