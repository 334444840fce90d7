"""The switches every stand-in has, whatever vendor it stands in for."""

from pathlib import Path
from typing import Protocol

from aiohttp import web

from local.stand_in.clock import Clock
from local.stand_in.faults import FaultKind, FaultRule, Faults
from local.stand_in.request_log import RequestLog
from local.stand_in.state_file import StateFile


class StandIn(Protocol):
    """What the shared middleware and control routes ask of an org or a tenant."""

    @property
    def controls(self) -> "Controls": ...

    def dump_state(self) -> str: ...

    def load_state(self, text: str) -> None: ...

    def reset(self) -> None: ...

    def concerned_user(self, request: web.Request) -> str | None: ...

    def fault_answer(self, request: web.Request, rule: FaultRule) -> web.Response: ...


class Controls:
    """The clock, the faults, the request log and the state file of one stand-in."""

    def __init__(self, stand_in: StandIn, kinds: frozenset[FaultKind], data: Path | None) -> None:
        self.clock = Clock()
        self.faults = Faults(kinds)
        self.requests = RequestLog()
        self.state_file = StateFile(data, stand_in.dump_state)

    def reset(self) -> None:
        self.clock.offset_seconds = 0.0
        self.faults.rules = []
        self.requests.clear()
