"""How quickly the pages answer when the tables hold many people."""

import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from clients.tables import Tables
from local.bench.measures import Figure
from local.screenshots import made_up
from local.stack.ports import LOOPBACK, free_ports
from local.stack.services import services
from local.stack.settings_file import stack_values
from local.stack.stack import running

TIMES = 15
OVERVIEW_MS, PEOPLE_MS = 1000, 300
PAGES = {
    "the overview": ("overview", OVERVIEW_MS),
    "a page of people": ("people", PEOPLE_MS),
    "a page of people in one phase": ("people?phase=grace_period", PEOPLE_MS),
    "a search for a name": ("people?named=lin", PEOPLE_MS),
}


async def pages(data: Path, people: int) -> list[Figure]:
    """Each page is asked for some fifteen times, one after the other; the first time counts as well."""
    ports = free_ports()
    values = stack_values({}, ports)
    host = f"http://{LOOPBACK}:{ports.host}/api/dashboard"
    async with running(services(ports, data, values), data / "logs", lambda name, line: None):
        tables = Tables(connection_string=values["TABLES_CONNECTION"])
        now = datetime.now(UTC)
        await made_up.store_acts(tables, await made_up.store(tables, people, now), now)
        await tables.close()
        async with httpx.AsyncClient(timeout=60, follow_redirects=True) as browser:
            (await browser.get(host)).raise_for_status()
            return [figure for name in PAGES for figure in await _measured(browser, host, name)]


async def _measured(browser: httpx.AsyncClient, host: str, name: str) -> list[Figure]:
    path, longest = PAGES[name]
    took = [await _answer_ms(browser, f"{host}/{path}") for _ in range(TIMES)]
    median = statistics.median(took)
    return [
        Figure(f"{name}, median", median, "ms", ok=median < longest),
        Figure(f"{name}, slowest", max(took), "ms"),
    ]


async def _answer_ms(browser: httpx.AsyncClient, address: str) -> float:
    started = time.perf_counter()
    (await browser.get(address)).raise_for_status()
    return (time.perf_counter() - started) * 1000
