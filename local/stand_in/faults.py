"""Faults a test or a person switches on by HTTP. A rule says which requests it meets and what goes wrong with them."""

import random
import re
from collections.abc import Callable, Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

FaultKind = Literal[
    "latency",
    "status",
    "drop",
    "drop_after",
    "hang",
    "lag",
    "stale_reads",
    "seats_vanish",
    "duplicate",
    "reorder",
    "delay",
    "lose",
]
REQUEST_KINDS: frozenset[FaultKind] = frozenset({"latency", "status", "drop", "drop_after", "hang"})
# After one of these nothing else can happen to the request.
_ENDING_KINDS: frozenset[FaultKind] = frozenset({"status", "drop", "hang", "lose"})


class FaultMatch(BaseModel):
    """What a rule meets: the method, and patterns searched for in the path or in the event types of a delivery."""

    model_config = ConfigDict(extra="forbid")

    method: str | None = None
    path: str | None = None
    event_type: str | None = None

    @field_validator("path", "event_type")
    @classmethod
    def is_pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value


class FaultRule(BaseModel):
    """One fault. `times` bounds how often it strikes, `probability` (with its own `seed`) how likely."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    match: FaultMatch = FaultMatch()
    times: int | None = Field(default=None, ge=1)
    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    seed: int = 0
    seconds: float = Field(default=1.0, ge=0.0)
    status: int = Field(default=503, ge=400, le=599)
    code: str | None = None
    message: str | None = None
    retry_after: int | None = None
    empty_body: bool = False
    concurrency: bool = False
    reads: int | None = None
    sku_id: str | None = None
    hits: int = 0
    _random: random.Random = PrivateAttr(default_factory=random.Random)

    def model_post_init(self, _context: object) -> None:
        self._random.seed(self.seed)

    def meets_request(self, method: str, path: str) -> bool:
        return self.match.method in (None, method) and re.search(self.match.path or "", path) is not None

    def meets_events(self, event_types: Iterable[str]) -> bool:
        return any(re.search(self.match.event_type or "", event_type) for event_type in event_types)

    def strikes(self) -> bool:
        """Roll the dice for a request that was met, and count a hit."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.probability < 1.0 and self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True


class Faults:
    """The rules in force, in order. Several may strike one request, until one ends it."""

    def __init__(self, kinds: frozenset[FaultKind]) -> None:
        self.kinds = kinds
        self.rules: list[FaultRule] = []

    def replace(self, rules: list[FaultRule]) -> None:
        unknown = sorted({rule.kind for rule in rules} - self.kinds)
        if unknown:
            raise ValueError(f"this stand-in knows no fault of kind {', '.join(unknown)}")
        self.rules = rules

    def are_in_force(self, kinds: frozenset[FaultKind]) -> bool:
        return any(rule.kind in kinds for rule in self.rules)

    def strike_request(self, kinds: frozenset[FaultKind], method: str, path: str) -> list[FaultRule]:
        return self._strike(kinds, lambda rule: rule.meets_request(method, path))

    def strike_delivery(self, kinds: frozenset[FaultKind], event_types: list[str]) -> list[FaultRule]:
        return self._strike(kinds, lambda rule: rule.meets_events(event_types))

    def _strike(self, kinds: frozenset[FaultKind], meets: Callable[[FaultRule], bool]) -> list[FaultRule]:
        struck: list[FaultRule] = []
        for rule in self.rules:
            if rule.kind in kinds and meets(rule) and rule.strikes():
                struck.append(rule)
                if rule.kind in _ENDING_KINDS:
                    break
        return struck
