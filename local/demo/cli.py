"""`python -m local demo` (`make demo`): a stack of its own on free ports, the story, the mails, and the verdict."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

import httpx

from local.demo.claims import Claim, claims
from local.demo.report import WHAT_WIDTH, show_claims, show_mails
from local.demo.story import MAYA, leave_and_watch
from local.paths import LOCAL_DATA
from local.stack.child import ChildFailedError
from local.stack.event_hook import EventHookError, register_event_hook
from local.stack.ports import LOOPBACK, Ports, free_ports
from local.stack.services import services
from local.stack.settings_file import Values, stack_values
from local.stack.stack import running
from local.stack.welcome import okta_headers
from local.stand_in.sample_people import NOOR_LOGIN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--delay", type=int, default=5, metavar="SECONDS", help="the delay (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """0 only if every claim was seen to be true."""
    LOCAL_DATA.mkdir(exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="demo-", dir=LOCAL_DATA))
    started = time.monotonic()
    try:
        found = asyncio.run(_demonstrate(data, arguments.delay))
    except (ChildFailedError, EventHookError, httpx.HTTPError) as error:
        print(
            f"\nThe demo did not come to its end: {str(error) or repr(error)}\nLogs: {data / 'logs'}",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 1
    return _verdict(found, data, time.monotonic() - started)


async def _demonstrate(data: Path, delay_s: int) -> list[Claim]:
    ports = free_ports()
    values = stack_values({"DELAY_INTEGER": str(delay_s), "DELAY_INTERVAL_TYPE": "second"}, ports)
    print("Starting an Okta org, a Microsoft 365 tenant, Azure Tables and the app, all on this machine", flush=True)
    async with running(services(ports, data, values), data / "logs", lambda name, line: None):
        await _register(ports, values)
        _introduce(delay_s)
        observations, delivery = await leave_and_watch(ports, values)
    show_mails(observations[-1].mails, NOOR_LOGIN)
    return claims(observations, delivery, delay_s)


async def _register(ports: Ports, values: Values) -> None:
    async with httpx.AsyncClient(base_url=values["OKTA_ORG_URL"], headers=okta_headers(values)) as okta:
        await register_event_hook(okta, f"http://{LOOPBACK}:{ports.host}", values["OKTA_HOOK_SECRET"])


def _introduce(delay_s: int) -> None:
    print(
        f"Okta's event hook is registered and verified. {MAYA.display_name} leaves; the delay is {delay_s} seconds.\n"
    )
    print(f"{'when':>7}  {'who':<10} {'what':<{WHAT_WIDTH}} seen where")


def _verdict(found: list[Claim], data: Path, seconds: float) -> int:
    show_claims(found)
    failed = [claim for claim in found if not claim.holds]
    if failed:
        print(
            f"\n{len(failed)} of {len(found)} claims were not seen to be true. Logs: {data / 'logs'}", file=sys.stderr
        )
        return 1
    shutil.rmtree(data)
    print(f"\nEvery claim was seen to be true ({seconds:.0f} s). `make start` leaves the same stack running for you.")
    return 0
