"""Fixtures of the local host's tests: orchestrators in memory, and one sample app in a process of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.utils import http_utils

from local.host.status import client_binding
from tests.local.host.driver import Driver, recording_counts
from tests.local.host.running import SAMPLE_APP, RunningHost


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    return Driver(recording_counts(monkeypatch))


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """Shared by many tests: each uses instance ids of its own, and only ever moves the clock forward."""
    folder = tmp_path_factory.mktemp("sample")
    host = RunningHost(SAMPLE_APP, folder / "hub", {"TRACE_FILE": str(folder / "trace")})
    yield host
    host.stop()


@pytest.fixture
def trace(sample: RunningHost) -> Path:
    """Where the sample app notes what it ran."""
    return Path(sample.environment["TRACE_FILE"])


@pytest.fixture
async def client(sample: RunningHost) -> AsyncIterator[df.DurableOrchestrationClient]:
    """The SDK's own client. It keeps one session per process, but every test has a loop of its own."""
    yield df.DurableOrchestrationClient(client_binding(sample.base, "TestHubName"))
    await http_utils._close_session()
