"""One step of the set-up: a command with visible progress, a log, and a plain reason when it fails."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from local.paths import LOGS, ROOT

PROGRESS_EVERY_S = 1.0
PROGRESS_EVERY_S_IN_A_LOG = 10.0
LINE_WIDTH = 100
LINES_SHOWN_ON_FAILURE = 8


class SetUpError(Exception):
    """What is missing, and what to do about it."""


# What package managers print, and what it means to the person who waits.
REASONS = (
    (r"No space left on device|ENOSPC", "The disk is full: free about 1.5 GB and try again."),
    (
        r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|SSLError",
        "The registry's certificate is not trusted here: tell pip (PIP_CERT) and npm (NODE_EXTRA_CA_CERTS) your "
        "company's root certificate.",
    ),
    (
        r"Temporary failure in name resolution|Name or service not known|NewConnectionError|Connection refused"
        r"|timed out|ProxyError|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH",
        "The package registry cannot be reached: check the network, HTTPS_PROXY, and the registry that "
        "`pip config list` or `npm config get registry` names.",
    ),
    (
        r"No matching distribution found|\bE404\b|ETARGET",
        "The registry that pip or npm is configured for does not have this version: it must be PyPI and npm, or mirror "
        "them in full.",
    ),
    (
        r"DO NOT MATCH THE HASHES|EINTEGRITY",
        "The registry served a package other than the pinned one. Do not go on: find out which mirror or cache did so.",
    ),
    (
        r"Permission denied|EACCES",
        "A file cannot be written: is the checkout, or pip's or npm's cache, owned by another user?",
    ),
)


def run_step(
    what: str, command: Sequence[str], log_name: str, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """Run one step, its progress on the terminal. Raise SetUpError with the reason and where the log is."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{log_name}.log"
    print(f"  {what}", flush=True)
    started = time.monotonic()
    status, output = _run_shown(command, cwd, env, started)
    log.write_text("".join(output))
    if status != 0:
        raise SetUpError(_reason_for_failure(what, output, log))
    print(f"    done in {time.monotonic() - started:.0f} s", flush=True)


def _run_shown(command: Sequence[str], cwd: Path, env: dict[str, str] | None, started: float) -> tuple[int, list[str]]:
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    )  # fmt: skip
    output: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=output.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        _show_progress(reader, output, started)
    except KeyboardInterrupt:
        process.terminate()
        raise
    return process.wait(), output


def _show_progress(reader: threading.Thread, output: list[str], started: float) -> None:
    terminal = sys.stdout.isatty()
    every_s = PROGRESS_EVERY_S if terminal else PROGRESS_EVERY_S_IN_A_LOG
    reader.join(every_s)
    while reader.is_alive():
        line = f"    {time.monotonic() - started:3.0f} s  {_last_news(output)}"[:LINE_WIDTH]
        print(f"\r{line:<{LINE_WIDTH}}" if terminal else line, end="" if terminal else "\n", flush=True)
        reader.join(every_s)
    if terminal:
        print(f"\r{'':<{LINE_WIDTH}}\r", end="")


def _last_news(output: Sequence[str]) -> str:
    news = (
        line.strip()
        for line in reversed(output)
        if line.strip() and not line.lower().startswith(("warning", "npm warn"))
    )
    return next(news, "at work")


def _reason_for_failure(what: str, output: Sequence[str], log: Path) -> str:
    text = "".join(output)
    reason = next((reason for pattern, reason in REASONS if re.search(pattern, text)), "The last lines say why:")
    tail = "".join(f"    {line.rstrip()}\n" for line in output[-LINES_SHOWN_ON_FAILURE:])
    return f"Failed: {what}\n{reason}\n{tail}All of its output: {log}"
