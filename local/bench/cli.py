"""`python -m local bench` (`make bench`): a table on the terminal, `build/bench.json` beside it."""

import argparse
import asyncio
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from local.bench.answers import answer_time
from local.bench.measures import Figure, braked_flood, flood
from local.bench.pages import pages
from local.paths import LOCAL_DATA, ROOT

RESULT = ROOT / "build" / "bench.json"
DELIVERIES = 50
PEOPLE_ON_PAGES = 20_000
Measure = Callable[[Path], Awaitable[list[Figure]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--people", type=int, default=1000, help="how many leave at once (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """0 only if everything that must hold was seen to hold."""
    people: int = arguments.people
    measures: dict[str, Measure] = {
        "The answer to Okta": lambda data: answer_time(data, DELIVERIES),
        f"The pages with {PEOPLE_ON_PAGES:,} people": lambda data: pages(data, PEOPLE_ON_PAGES),
        f"{people} people leave at once, brake off": lambda data: flood(data, people),
        f"{people} people leave at once, brake on": lambda data: braked_flood(data, people),
    }
    found = {title: _measured(title, measure) for title, measure in measures.items()}
    RESULT.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine(), "people": people}
    shown = {title: [asdict(figure) for figure in figures] for title, figures in found.items()}
    RESULT.write_text(json.dumps({"machine": machine, "figures": shown}, indent=2) + "\n")
    broken = [figure.name for figures in found.values() for figure in figures if figure.ok is False]
    print(
        f"\n{RESULT.relative_to(ROOT)} holds the same." + (f" Not as it must be: {', '.join(broken)}" if broken else "")
    )
    return 1 if broken else 0


def _measured(title: str, measure: Measure) -> list[Figure]:
    print(f"\n{title}", flush=True)
    LOCAL_DATA.mkdir(exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="bench-", dir=LOCAL_DATA))
    try:
        figures = asyncio.run(_awaited(measure(data)))
    except BaseException:
        print(f"  it could not be measured to its end; logs: {data / 'logs'}", file=sys.stderr)
        raise
    shutil.rmtree(data)
    for figure in figures:
        verdict = {None: "", True: "as it must be", False: "NOT as it must be"}[figure.ok]
        print(f"  {figure.name:<44} {figure.value:>12,.1f} {figure.unit:<9} {verdict}", flush=True)
    return figures


async def _awaited(measuring: Awaitable[list[Figure]]) -> list[Figure]:
    return await measuring
