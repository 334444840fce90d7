"""`python -m local start` (`make start`): the whole stack in the foreground, until Ctrl-C."""

import argparse
import asyncio
import os
import signal
import sys
from dataclasses import fields
from pathlib import Path

import httpx

from local.paths import SETTINGS, STACK_DATA
from local.stack.child import ChildFailedError
from local.stack.event_hook import EventHookError, register_event_hook
from local.stack.ports import LOOPBACK, Ports, PortsTakenError, require_free
from local.stack.services import services
from local.stack.settings_file import (
    SettingsFileError,
    Values,
    create_settings_file,
    ignored_values,
    read_values,
    stack_values,
)
from local.stack.stack import running
from local.stack.welcome import okta_headers, welcome

NAME_WIDTH = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for port in fields(Ports):
        parser.add_argument(f"--{port.name.replace('_', '-')}-port", type=int, default=port.default, dest=port.name)
    parser.add_argument("--data", type=Path, default=STACK_DATA, help="folder of data and logs (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    ports = Ports(*(getattr(arguments, port.name) for port in fields(Ports)))
    try:
        require_free(ports.host, ports.okta_org, ports.m365_tenant, ports.tables)
        asyncio.run(_run_until_stopped(ports, arguments.data.resolve(), _settings(ports)))
    except PortsTakenError as error:
        return _refuse(
            f"{error}\nStop it (a stack that still runs? Ctrl-C there), or see `python -m local start --help`."
        )
    except (ChildFailedError, EventHookError, SettingsFileError, httpx.TransportError) as error:
        return _refuse(str(error))
    return 0


def _settings(ports: Ports) -> Values:
    """The settings file, made when missing; what stands in the environment wins, as with the Functions Core Tools."""
    if create_settings_file():
        say("stack", f"made {SETTINGS.name} from the example: the place to change the delay, the groups and the rest")
    own = read_values(SETTINGS)
    if ignored := ignored_values(own):
        say(
            "stack",
            f"{SETTINGS.name} has its own {', '.join(ignored)}: not used here, a stack talks to its stand-ins only.",
        )
        say("stack", "For a real org and tenant run the host alone: .venv/bin/python -m local host")
    return stack_values({**own, **{name: os.environ[name] for name in own if name in os.environ}}, ports)


async def _run_until_stopped(ports: Ports, data: Path, values: Values) -> None:
    serving = asyncio.create_task(_serve(ports, data, values))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        say("stack", f"stopped; what it knew stays in {data} for the next start")


async def _serve(ports: Ports, data: Path, values: Values) -> None:
    say("stack", "starting the tables, the two stand-ins and the host")
    async with running(services(ports, data, values), data / "logs", say) as stack:
        async with httpx.AsyncClient(base_url=values["OKTA_ORG_URL"], headers=okta_headers(values)) as okta:
            await register_event_hook(okta, f"http://{LOOPBACK}:{ports.host}", values["OKTA_HOOK_SECRET"])
        print("\n".join(welcome(ports, values, stack.child("host").pid)), flush=True)
        await stack.ended()


def say(name: str, line: str) -> None:
    print(f"{name:<{NAME_WIDTH}}| {line}", flush=True)


def _refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1
