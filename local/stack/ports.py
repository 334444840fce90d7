"""The ports of the stack: the usual ones, free ones for a run beside it, and who has taken one."""

import socket
from dataclasses import dataclass, fields

import psutil

LOOPBACK = "127.0.0.1"


class PortsTakenError(Exception):
    """Names each taken port and, where it can be told, the process that has it."""


@dataclass(frozen=True)
class Ports:
    """The numbers DESIGN and the example settings name."""

    host: int = 7071
    okta_org: int = 7080
    m365_tenant: int = 7081
    tables: int = 10002


def free_ports() -> Ports:
    """Four ports nobody listens on now; held open together, so that they differ."""
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in fields(Ports)]
    try:
        return Ports(*(each.getsockname()[1] for each in sockets))
    finally:
        for each in sockets:
            each.close()


def require_free(*ports: int) -> None:
    """Raise PortsTakenError before anything starts, rather than fail halfway."""
    taken = [f"Port {port} is taken by {_occupant(port)}." for port in ports if is_listening(port)]
    if taken:
        raise PortsTakenError("\n".join(taken))


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _occupant(port: int) -> str:
    try:
        listeners = [each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
        pid = next(each.pid for each in listeners if each.laddr[1:] == (port,) and each.pid)
        return f"process {pid}: {' '.join(psutil.Process(pid).cmdline())[:100]}"
    except (StopIteration, psutil.Error):
        return "a process of another user"
