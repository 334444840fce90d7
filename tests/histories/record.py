"""Records the histories: `python -m tests.histories.record VERSION`, after a flow has got a new version.

Plays each scenario on the local stack and writes what the task hub kept of its runs. The files of former versions stay
for as long as instances of that version may be asleep; see docs/decisions/0005-changing-a-flow.md.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx

from local.stack.welcome import okta_headers
from tests.stories.company import E3, FLOW_FREE, OFFICE, VISIO, VISIO_USERS, Company, Person
from tests.stories.conftest import SETTINGS, RunningStack
from tests.stories.test_groups import catalog

FOLDER = Path(__file__).parent
PHONE_SYSTEM = "e43b5b99-8dfb-405f-9987-dc307f34bcbd"
Scenario = Callable[[Company], Awaitable[Person]]


async def leave_and_return_after_the_delay(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set(), VISIO: set()}, inherited=(FLOW_FREE,))
    await company.leave(ada)
    for _ in range(7):
        await company.pass_time(timedelta(days=5))
    await company.join(ada)
    return ada


async def return_within_the_delay(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=8))
    await company.join(ada)
    return ada


async def park_retry_and_discard(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set()}, email="gone@example.com", login="gone.ada@example.com")
    await company.leave(ada)
    await company.settle()
    run = (await company.runs(ada))[0]["instanceId"]
    await company.raise_event(run, "command-1", "retry")
    await company.settle()
    await company.raise_event(run, "command-2", "discard")
    return ada


async def extend_and_remove_now(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()
    (run,) = await company.runs(ada)
    later = {"command": "extend", "until": "2032-01-01T00:00:00+00:00"}
    await company.raise_event(run["instanceId"], "command-1", later)
    await company.settle()
    await company.raise_event(run["instanceId"], "command-2", "remove-now")
    return ada


async def tenant_fails_for_a_while(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set()})
    fault = {"match": {"path": "^/v1.0/users"}, "kind": "status", "status": 503, "empty_body": True, "times": 4}
    await company.tenant.put("/control/faults", json=[fault])
    await company.leave(ada)
    for _ in range(4):
        await company.pass_time(timedelta(minutes=10))
    await company.pass_time(timedelta(days=31))
    return ada


async def no_seat_for_a_while(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set(), PHONE_SYSTEM: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=31))
    await company.tenant.put(f"/control/skus/{PHONE_SYSTEM}", json={"enabled": 1, "consumed": 1})
    await company.join(ada)
    await company.pass_time(timedelta(hours=2))
    await company.tenant.put(f"/control/skus/{PHONE_SYSTEM}", json={"enabled": 10, "consumed": 1})
    await company.pass_time(timedelta(hours=2))
    return ada


async def leave_one_of_two_groups(company: Company) -> Person:
    await catalog(company, {OFFICE: {E3: True}, VISIO_USERS: {VISIO: True}})
    ada = await company.hire(licenses={E3: set(), VISIO: set()}, groups=(OFFICE, VISIO_USERS))
    await company.leave(ada, VISIO_USERS)
    await company.pass_time(timedelta(days=8))
    return ada


async def newcomer(company: Company) -> Person:
    await catalog(company, {OFFICE: {E3: True}})
    ada = await company.hire(groups=())
    await company.join(ada)
    return ada


async def held_and_released(company: Company) -> Person:
    """The brake of the recording stack lets six through in an hour; whoever comes next is held."""
    for _ in range(6):
        await company.leave(await company.hire(licenses={E3: set()}))
    await company.settle()
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()
    (run,) = await company.runs(ada)
    await company.raise_event(run["instanceId"], "command-1", "release")
    await company.pass_time(timedelta(days=31))
    return ada


SCENARIOS: tuple[Scenario, ...] = (
    leave_and_return_after_the_delay,
    return_within_the_delay,
    park_retry_and_discard,
    extend_and_remove_now,
    tenant_fails_for_a_while,
    no_seat_for_a_while,
    leave_one_of_two_groups,
    newcomer,
    held_and_released,
)


async def record(stack: RunningStack, version: str) -> None:
    async with (
        httpx.AsyncClient(base_url=stack.okta_url, headers=okta_headers(stack.values), timeout=30) as okta,
        httpx.AsyncClient(base_url=stack.tenant_url, timeout=30) as tenant,
        httpx.AsyncClient(base_url=stack.host_url, timeout=30) as host,
    ):
        company = Company(stack.values, okta, tenant, host)
        for scenario in SCENARIOS:
            person = await scenario(company)
            await company.settle()
            for run in await company.runs(person):
                keep(stack.data / "host" / "hub.sqlite", run, version, scenario.__name__)
            await company.pass_time(timedelta(hours=2))  # so that nobody is held who should not be


def keep(hub: Path, run: dict[str, str], version: str, scenario: str) -> None:
    instance = run["instanceId"]
    with sqlite3.connect(hub) as connection:
        rows = connection.execute(
            "SELECT event FROM history WHERE instance_id = ? ORDER BY position", (instance,)
        ).fetchall()
    file = FOLDER / f"{version}-{scenario}-{run['name']}.json"
    recorded = {"flow": run["name"], "instance": instance, "events": [json.loads(event) for (event,) in rows]}
    file.write_text(json.dumps(recorded, indent=1) + "\n")
    print(f"{file.name}: {len(rows)} events, {run['customStatus']}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = SETTINGS | {"MAX_DEACTIVATIONS_PER_HOUR": "6"}
        with RunningStack(Path(folder), settings) as stack:
            asyncio.run(record(stack, sys.argv[1]))


if __name__ == "__main__":
    main()
