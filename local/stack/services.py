"""The four processes of a stack, in the order they start: what runs, where, and how it is told to stop."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.setup.azurite import TABLES_SERVER, node
from local.stack.ports import LOOPBACK, Ports


@dataclass(frozen=True)
class Service:
    name: str
    port: int
    command: tuple[str, ...]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM


def services(ports: Ports, data: Path, values: Mapping[str, str]) -> tuple[Service, ...]:
    """`values` are the app's settings; only the host sees them."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return (
        Service("tables", ports.tables, tables_command(ports.tables, data / "tables"), environment, signal.SIGINT),
        Service("okta-org", ports.okta_org, _stand_in("okta-org", ports.okta_org, data), environment),
        Service("m365-tenant", ports.m365_tenant, _stand_in("m365-tenant", ports.m365_tenant, data), environment),
        Service("host", ports.host, _python("host", ports.host, data / "host"), {**environment, **values}),
    )


def tables_command(port: int, data: Path) -> tuple[str, ...]:
    """Azurite, tables only. It saves every 5 seconds and on SIGINT; a SIGTERM loses what came since."""
    flags = ("--silent", "--disableTelemetry", "--skipApiVersionCheck")
    place = ("--location", str(data), "--tableHost", LOOPBACK, "--tablePort", str(port))
    return (str(node()), str(TABLES_SERVER), *place, *flags)


def _stand_in(name: str, port: int, data: Path) -> tuple[str, ...]:
    return (*_python(name, port, data / f"{name}.json"), "--seed")


def _python(name: str, port: int, data: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "local", name, "--port", str(port), "--data", str(data))
