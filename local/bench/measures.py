"""What is measured of a flood: with the brake off, and the same flood with the brake on."""

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.bench.crowd import Crowd, crowd_of

MONTH = {"DELAY_INTEGER": "30", "DELAY_INTERVAL_TYPE": "day", "REMIND_BEFORE_DAYS": "0"}
LIMIT = 50
LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Figure:
    """One line of the table; `ok` is None for what is only measured, and says whether it holds for what must hold."""

    name: str
    value: float
    unit: str
    ok: bool | None = None


async def flood(data: Path, people: int) -> list[Figure]:
    """Everybody leaves at once, with the brake off: who is disabled when, who loses the license, what it takes."""
    own = {**MONTH, "MAX_DEACTIVATIONS_PER_HOUR": "1000000"}
    async with crowd_of(people, data, own) as crowd:
        memory = [crowd.host_memory()]
        watching = asyncio.create_task(_watch_memory(crowd, memory))
        started = time.perf_counter()
        await crowd.leave()
        await crowd.wait_until_done()
        disabled_s = time.perf_counter() - started
        disabled = sum(not account["accountEnabled"] for account in await crowd.accounts())
        looks = await crowd.looks_into_log()
        await crowd.pass_days(31)
        started = time.perf_counter()
        await crowd.wait_until_done()
        unlicensed_s = time.perf_counter() - started
        watching.cancel()
        return [
            *await _answers(crowd),
            Figure("disabled", disabled, "people", ok=disabled == people),
            Figure("all disabled after", disabled_s, "s"),
            Figure("deactivations", people / disabled_s, "people/s"),
            Figure("requests to Okta's log that found the events", looks, "requests"),
            *await _ends(crowd, people),
            Figure("all licenses gone, once due, after", unlicensed_s, "s"),
            Figure("host's memory before", memory[0], "MiB"),
            Figure("host's memory at most", max(memory), "MiB"),
        ]


async def _answers(crowd: Crowd) -> list[Figure]:
    attempts = [attempt for delivery in await crowd.deliveries() for attempt in delivery["attempts"]]
    slowest = max(attempt["duration_seconds"] for attempt in attempts)
    refused = sum(attempt["status"] != 200 for attempt in attempts)
    return [
        Figure("deliveries", len(attempts), "POSTs"),
        Figure("deliveries not answered with 200", refused, "POSTs", ok=refused == 0),
        Figure("slowest answer to Okta", slowest * 1000, "ms", ok=slowest < 3),
    ]


async def _ends(crowd: Crowd, people: int) -> list[Figure]:
    licensed = sum(bool(account["licenseAssignmentStates"]) for account in await crowd.accounts())
    phases = [run["output"] and run["output"]["phase"] for run in await crowd.runs()]
    mails = await crowd.mails_to_manager()
    told = sum(people_told_of(subject) for subject in mails)
    return [
        Figure(
            "runs that ended as unlicensed", phases.count("unlicensed"), "runs", phases.count("unlicensed") == people
        ),
        Figure("people who kept a license", licensed, "people", ok=licensed == 0),
        Figure("mails to the manager", len(mails), "mails"),
        Figure("times that the manager was told of somebody", told, "times", ok=told == 2 * people),
    ]


def people_told_of(subject: str) -> int:
    """A mail is about one person, or its subject says how many."""
    several = re.search(r" of (\d+) people", subject)
    return int(several[1]) if several else 1


async def braked_flood(data: Path, people: int) -> list[Figure]:
    """The same with the brake on: how many get through, and whether those released go in the order of release."""
    own = {**MONTH, "MAX_DEACTIVATIONS_PER_HOUR": str(LIMIT)}
    async with crowd_of(people, data, own) as crowd:
        await crowd.leave()
        await crowd.wait_until_done()
        disabled = _disabled(await crowd.accounts())
        held = sorted(_held(await crowd.runs()))
        for instance in held:
            path = f"/runtime/webhooks/durabletask/instances/{instance}/raiseEvent/command-1"
            (await crowd.host.post(path, json="release")).raise_for_status()
        await crowd.wait_until_done()
        after = _disabled(await crowd.accounts())
        return [
            Figure("disabled with the brake on", len(disabled), "people", ok=len(disabled) == min(LIMIT, people)),
            Figure("held", len(held), "people", ok=len(held) == people - len(disabled)),
            Figure("disabled after their release", len(after), "people", ok=len(after) == people),
        ]


def _disabled(accounts: Iterable[dict[str, Any]]) -> set[str]:
    return {account["userPrincipalName"] for account in accounts if not account["accountEnabled"]}


def _held(runs: Iterable[dict[str, Any]]) -> list[str]:
    return [run["instanceId"] for run in runs if run["customStatus"]["stage"] == "held"]


async def _watch_memory(crowd: Crowd, memory: list[float]) -> None:
    while True:
        memory.append(crowd.host_memory())
        await asyncio.sleep(LOOK_EVERY_S)
