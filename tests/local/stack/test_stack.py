"""The stack's children: ready when started, started again when they die, gone when the stack is."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from local.paths import ROOT
from local.stack.child import ChildFailedError
from local.stack.ports import LOOPBACK, PortsTakenError, free_ports, is_listening, require_free
from local.stack.services import Service
from local.stack.stack import Stack, running

SERVER = """
import socketserver
print("hello")
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(("127.0.0.1", {port}), socketserver.BaseRequestHandler).serve_forever()
"""
WITHIN_S = 10.0


def service(name: str, port: int, code: str = SERVER) -> Service:
    return Service(name, port, (sys.executable, "-u", "-c", code.format(port=port)), dict(os.environ))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def said() -> list[tuple[str, str]]:
    return []


@pytest.fixture
async def stack(tmp_path: Path, said: list[tuple[str, str]]) -> AsyncIterator[Stack]:
    ports = free_ports()
    pair = [service("tables", ports.tables), service("host", ports.host)]
    async with running(pair, tmp_path, lambda name, line: said.append((name, line))) as stack:
        yield stack


async def test_every_child_answers_once_the_stack_is_started(stack: Stack) -> None:
    assert is_listening(stack.child("tables").service.port)
    assert is_listening(stack.child("host").service.port)


async def test_output_of_a_child_is_shown_with_its_name_and_kept_in_its_log(
    stack: Stack, said: list[tuple[str, str]], tmp_path: Path
) -> None:
    await until(lambda: ("host", "hello") in said)

    assert "hello" in (tmp_path / "host.log").read_text()


@pytest.mark.parametrize("name", ["host", "tables"])
async def test_a_killed_child_is_started_again_and_that_is_said(
    stack: Stack, said: list[tuple[str, str]], name: str
) -> None:
    child, first = stack.child(name), stack.child(name).pid

    os.kill(first, signal.SIGKILL)
    await until(lambda: child.pid != first and is_listening(child.service.port))

    assert ("stack", f"{name} ended (killed by SIGKILL): starting it again, as the platform would") in said


async def test_no_child_is_left_when_the_stack_stops(tmp_path: Path) -> None:
    ports = free_ports()

    async with running([service("tables", ports.tables), service("host", ports.host)], tmp_path, print) as stack:
        pids = [stack.child("tables").pid, stack.child("host").pid]

    assert not any(is_alive(pid) for pid in pids)


async def test_a_child_that_ends_at_once_is_reported_with_its_last_words_and_nothing_stays(tmp_path: Path) -> None:
    ports = free_ports()
    broken = service("host", ports.host, "import sys; sys.exit('OKTA_ORG_URL: it is not set')")

    with pytest.raises(ChildFailedError, match=r"(?s)host ended before it was ready.*OKTA_ORG_URL: it is not set"):
        async with running([service("tables", ports.tables), broken], tmp_path, print):
            pass

    assert not is_listening(ports.tables)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_no_child_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    port = free_ports().host
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR, str(port), str(tmp_path), cwd=ROOT
    )
    await until(lambda: is_listening(port))
    children = psutil.Process(supervisor.pid).children(recursive=True)

    supervisor.kill()
    await supervisor.wait()
    await until(lambda: not is_listening(port))

    assert children
    assert not any(is_alive(child.pid) for child in children)


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from local.stack.stack import running
from tests.local.stack.test_stack import service

async def main():
    async with running([service("host", int(sys.argv[1]))], Path(sys.argv[2]), print) as stack:
        await stack.ended()

asyncio.run(main())
"""


def test_a_taken_port_is_named_with_the_process_that_has_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortsTakenError, match=f"Port {port} is taken by process {os.getpid()}"):
            require_free(free_ports().host, port)


def test_free_ports_differ_and_are_free() -> None:
    ports = free_ports()

    require_free(ports.host, ports.okta_org, ports.m365_tenant, ports.tables)

    assert len({ports.host, ports.okta_org, ports.m365_tenant, ports.tables}) == 4
