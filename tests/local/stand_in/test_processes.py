"""The stand-ins as processes: started, found listening, stopped, started again."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from local.okta_org.org import DEFAULT_TOKEN

STAND_INS = [
    ("local.okta_org", "Okta org stand-in is listening on "),
    ("local.m365_tenant", "Microsoft 365 tenant stand-in is listening on "),
]


def start(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def url_of(process: subprocess.Popen[str], announcement: str) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith(announcement + "http://127.0.0.1:")
    return line.removeprefix(announcement)


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    return process.returncode


def test_an_org_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    arguments = ("--port", "0", "--seed", "--data", str(tmp_path / "state" / "org.json"))
    headers = {"Authorization": f"SSWS {DEFAULT_TOKEN}"}
    user = "/api/v1/users/maya.lin@contoso.com"

    first = start(STAND_INS[0][0], *arguments)
    httpx.post(f"{url_of(first, STAND_INS[0][1])}{user}/lifecycle/suspend", headers=headers).raise_for_status()
    exit_code = stop(first)
    second = start(STAND_INS[0][0], *arguments)
    status = httpx.get(url_of(second, STAND_INS[0][1]) + user, headers=headers).json()["status"]

    assert (exit_code, status) == (0, "SUSPENDED")
    assert stop(second) == 0


@pytest.mark.parametrize("module", [module for module, _ in STAND_INS])
def test_a_port_in_use_is_said_plainly(module: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(module, "--port", str(port))
        _, error = process.communicate(timeout=20)

    assert process.returncode == 2
    assert f"port {port}" in error
    assert "Traceback" not in error
    assert "--port" in error


@pytest.mark.parametrize("module", [module for module, _ in STAND_INS])
def test_a_data_file_of_something_else_is_said_plainly(module: str, tmp_path: Path) -> None:
    data = tmp_path / "notes.json"
    data.write_text('{"users": [1, 2]}')

    process = start(module, "--port", "0", "--data", str(data))
    _, error = process.communicate(timeout=20)

    assert process.returncode == 2
    assert str(data) in error
    assert "Traceback" not in error
