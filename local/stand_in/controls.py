"""The switches every stand-in has, whatever vendor it stands in for."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from local.stand_in.clock import Clock
from local.stand_in.faults import FaultKind, Faults
from local.stand_in.request_log import RequestLog
from local.stand_in.state_file import StateFile


class Controls:
    """The clock, the faults, the request log and the state file of one stand-in. Faults wait by `sleep`."""

    def __init__(self, dump_state: Callable[[], str], kinds: frozenset[FaultKind], data: Path | None) -> None:
        self.clock = Clock()
        self.faults = Faults(kinds)
        self.requests = RequestLog()
        self.state_file = StateFile(data, dump_state)
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def reset(self) -> None:
        self.clock.offset_seconds = 0.0
        self.faults.rules = []
        self.requests.clear()
