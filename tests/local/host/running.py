"""A local host as its own process, and what the tests ask it."""

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).parents[3]
SAMPLE_APP = Path(__file__).with_name("sample_app")
START_SECONDS = 20.0
WITHIN_SECONDS = 5.0


class RunningHost:
    def __init__(self, app: Path, data: Path, environment: Mapping[str, str] | None = None, port: int = 0) -> None:
        self.environment = environment or {}
        command = [sys.executable, "-m", "local.host", "--app", str(app), "--data", str(data), "--port", str(port)]
        self.process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.process.kill)  # a test that fails half-way must not leave a host behind
        self.out: list[str] = []
        self.err: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.out), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.err), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self.base = self._listening()
        self.http = httpx.Client(base_url=self.base, timeout=30)

    def _read(self, stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))
            self._lines.put(line)
        self._lines.put(None)

    def _listening(self) -> str:
        marker = "Host is listening on "
        while line := self._lines.get(timeout=START_SECONDS):
            if line.startswith(marker):
                return line.removeprefix(marker).strip()
        self.process.wait(START_SECONDS)
        raise AssertionError("the host did not start:\n" + "\n".join(self.out + self.err))

    def logged(self, text: str) -> bool:
        """Whether the host's log has such a line; it comes through a pipe, so a moment later."""
        return until(lambda: any(text in line for line in self.err))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(10)
        for thread in self._threads:
            thread.join(5)
        self.http.close()
        return code

    def start(self, name: str, instance_id: str, value: Any = None) -> httpx.Response:
        content = None if value is None else json.dumps(json.dumps(value))
        return self.http.post(f"/durabletask/orchestrators/{name}/{instance_id}", content=content)

    def quiet(self, timeout: float = 10) -> dict[str, Any]:
        answer = self.http.get("/admin/quiet", params={"timeout": timeout})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def now(self) -> str:
        return str(self.http.get("/admin/clock").json()["now"])

    def move_clock(self, **body: Any) -> None:
        answer = self.http.post("/admin/clock", json=body)
        assert answer.status_code == 200, answer.text

    def instance(self, instance_id: str, **query: str) -> dict[str, Any]:
        return dict(self.http.get(f"/durabletask/instances/{instance_id}", params=query).json())

    def state(self, instance_id: str) -> str:
        return str(self.instance(instance_id)["runtimeStatus"])


def until(true: Callable[[], bool]) -> bool:
    """Whether it comes true within a few seconds."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def run_to_end(app: Path, data: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """For hosts that must refuse to start."""
    command = [sys.executable, "-m", "local.host", "--app", str(app), "--data", str(data), "--port", "0", *more]
    return subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
