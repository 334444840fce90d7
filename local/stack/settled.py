"""`python -m local settled`: wait until what was done in Okta has had its effect, so that one can look at it.

When somebody has moved the host's clock, the clocks of the stand-ins follow: events are then as old as they look.
"""

import argparse
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.stack.ports import LOOPBACK, Ports

LOOK_EVERY_S = 0.1
COMES_UP_WITHIN_S = 60.0  # a host that was killed
ANSWERS_WITHIN_S = 90.0  # the host waits up to a minute for its runs before it answers
NEAR = timedelta(seconds=10)  # a run's second look; shorter than any delay


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host-port", type=int, default=Ports().host)
    parser.add_argument("--okta-org-port", type=int, default=Ports().okta_org)
    parser.add_argument("--m365-tenant-port", type=int, default=Ports().m365_tenant)


def run(arguments: argparse.Namespace) -> int:
    ports = (arguments.host_port, arguments.okta_org_port, arguments.m365_tenant_port)
    host, okta, tenant = (f"http://{LOOPBACK}:{port}" for port in ports)
    while True:
        _wait_for_deliveries(okta)
        next_timer = _wait_for_quiet(host)
        _set_clocks(host, (okta, tenant))
        if not _moved_to_a_near_timer(host, next_timer):
            return 0


def _wait_for_deliveries(okta: str) -> None:
    """Return once Okta has delivered all that it does not hold."""
    while True:
        deliveries = _answer(f"{okta}/control/deliveries?state=held")
        if deliveries["holding"] or not deliveries["unfinished"]:
            return
        time.sleep(LOOK_EVERY_S)


def _wait_for_quiet(host: str) -> str | None:
    """Return the next timer of a run, once no run does anything but wait. A host that starts again is waited for."""
    deadline = time.monotonic() + COMES_UP_WITHIN_S
    while True:
        try:
            timer: str | None = _answer(f"{host}/admin/quiet?timeout=60")["next_timer"]
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_EVERY_S)
        else:
            return timer


def _set_clocks(host: str, stand_ins: Iterable[str]) -> None:
    offset = (_now(host) - datetime.now(UTC)).total_seconds()
    for stand_in in stand_ins:
        _answer(f"{stand_in}/control/clock", "PUT", {"offset_seconds": offset})


def _moved_to_a_near_timer(host: str, next_timer: str | None) -> bool:
    """Let the seconds pass for which a run waits before it looks again; not a delay."""
    if next_timer is None or datetime.fromisoformat(next_timer) - _now(host) > NEAR:
        return False
    _answer(f"{host}/admin/clock", "POST", {"to": "next_timer"})
    return True


def _now(host: str) -> datetime:
    return datetime.fromisoformat(_answer(f"{host}/admin/clock")["now"])


def _answer(address: str, method: str = "GET", body: Any = None) -> Any:
    """Raises httpx.HTTPError."""
    answer = httpx.request(method, address, json=body, timeout=ANSWERS_WITHIN_S)
    return answer.raise_for_status().json()
