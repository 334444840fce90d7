"""What is measured of the answer to Okta: to small deliveries, and to the largest that is refused."""

import json
import statistics
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from local.bench.crowd import Crowd, crowd_of
from local.bench.measures import MONTH, Figure

# A mebibyte, all but its last event as it should be, so that it is read to its end.
LARGEST_REFUSED = b'{"data":{"events":[' + b"{}," * 349_515 + b"0]}}"


async def answer_time(data: Path, deliveries: int) -> list[Figure]:
    """How long Okta waits for its answer to a delivery of one event, of fifty, and to the largest that is refused."""
    async with crowd_of(1, data, MONTH) as crowd:
        figures = []
        for events in (1, 50):
            seconds = [await _answered(crowd, _leaves(events), httpx.codes.OK) for _ in range(deliveries)]
            figures += _spread(f"answer to a delivery of {events}", seconds)
        seconds = [await _answered(crowd, LARGEST_REFUSED, httpx.codes.BAD_REQUEST) for _ in range(deliveries)]
        return [*figures, *_spread("answer to the largest refused delivery", seconds)]


def _spread(name: str, seconds: list[float]) -> list[Figure]:
    return [
        Figure(f"{name}, median", statistics.median(seconds) * 1000, "ms"),
        Figure(f"{name}, slowest", max(seconds) * 1000, "ms", ok=max(seconds) < 3),
    ]


async def _answered(crowd: Crowd, delivery: bytes, status: int) -> float:
    headers = {"Authorization": crowd.values["OKTA_HOOK_SECRET"], "Content-Type": "application/json"}
    started = time.perf_counter()
    answer = await crowd.host.post("/api/okta/events", content=delivery, headers=headers)
    seconds = time.perf_counter() - started
    assert answer.status_code == status, answer.text
    return seconds


def _leaves(count: int) -> bytes:
    """Events about people nobody knows, so that it is the intake that is measured."""
    events = [_leave_event(str(uuid4())) for _ in range(count)]
    delivery = {"eventType": "com.okta.event_hook", "eventId": str(uuid4()), "data": {"events": events}}
    return json.dumps(delivery).encode()


def _leave_event(uuid: str) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "published": "2026-09-14T10:38:41.006Z",
        "eventType": "group.user_membership.remove",
        "target": [
            {"id": f"00u{uuid[:8]}", "type": "User", "alternateId": f"{uuid}@contoso.com"},
            {"id": "00g2m365Abc9Qwe15d7", "type": "UserGroup", "displayName": "Office 365 Assignments"},
        ],
    }
