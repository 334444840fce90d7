"""What was asked of a stand-in, in order, with start and end: enough to prove what overlapped and what did not."""

import json
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from local.stand_in.clock import iso_micros

# Enough for a flood of thousands of users, bounded so that a stack left running does not grow for ever.
KEPT_REQUESTS = 200_000


@dataclass(slots=True)
class RequestEntry:
    """`started_at` and `ended_at` are the machine's real time in UTC, never the moved clock. No status: no answer."""

    number: int
    started_at: str
    method: str
    path: str
    query: str
    user: str | None
    body: Any
    ended_at: str | None = None
    status: int | None = None
    fault: str | None = None


LOG_ENTRY = web.RequestKey("LOG_ENTRY", RequestEntry)


class RequestLog:
    def __init__(self) -> None:
        self._entries: deque[RequestEntry] = deque(maxlen=KEPT_REQUESTS)
        self._last_number = 0

    def begin(self, request: web.Request, user: str | None, body: bytes) -> RequestEntry:
        self._last_number += 1
        entry = RequestEntry(
            number=self._last_number,
            started_at=_real_now(),
            method=request.method,
            path=request.path,
            query=request.query_string,
            user=user,
            body=_readable(body),
        )
        self._entries.append(entry)
        return entry

    def end(self, entry: RequestEntry, status: int | None) -> None:
        entry.ended_at = _real_now()
        entry.status = status

    def since(self, number: int, part_of_path: str = "") -> list[dict[str, Any]]:
        """The entries after the given number that have this in their path, oldest first."""
        return [asdict(entry) for entry in self._entries if entry.number > number and part_of_path in entry.path]

    def clear(self) -> None:
        self._entries.clear()


def _real_now() -> str:
    return iso_micros(datetime.now(UTC))


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", errors="replace")
