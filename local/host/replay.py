"""The walk over an orchestrator's actions that gives every task its id, as the Durable extension does it.

The SDK sends no ids: it and the host count alike, from the same history. This is the host's count (the out-of-process
shim of azure-functions-durable-extension, `OutOfProcOrchestrationShim.cs`, over DurableTask.Core's context).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.host.history import Event, EventType, parse_stamp, stamp

Action = dict[str, Any]

# Actions by code (`ActionType` of the SDK).
ACTIVITY, ACTIVITY_WITH_RETRY, CHILD, CHILD_WITH_RETRY, CONTINUE_AS_NEW, TIMER, EXTERNAL_EVENT = range(7)
WHEN_ANY, WHEN_ALL = 11, 12
UNSUPPORTED = {7: "call_entity", 8: "call_http", 9: "signal_entity", 10: "signal_entity (scheduled)"}

# RetryOptions of the Python SDK has no maximum interval; the extension then uses this one.
LONGEST_RETRY_INTERVAL = timedelta(days=6)

SCHEDULING = frozenset(
    {
        EventType.TASK_SCHEDULED,
        EventType.TIMER_CREATED,
        EventType.SUB_ORCHESTRATION_CREATED,
        EventType.EVENT_SENT,
    }
)
_ANSWERS: dict[int, tuple[str, bool]] = {
    EventType.TASK_COMPLETED: ("TaskScheduledId", False),
    EventType.TASK_FAILED: ("TaskScheduledId", True),
    EventType.SUB_ORCHESTRATION_COMPLETED: ("TaskScheduledId", False),
    EventType.SUB_ORCHESTRATION_FAILED: ("TaskScheduledId", True),
    EventType.TIMER_FIRED: ("TimerId", False),
}


class ReplayError(Exception):
    """The orchestrator cannot go on: it is not deterministic, or it asks for what this host does not have."""


@dataclass(frozen=True)
class Decision:
    """Something the orchestrator wants done, under the id both sides count."""

    kind: EventType
    name: str = ""
    input: str | None = None
    instance_id: str | None = None
    fire_at: str = ""
    cancelled: bool = False

    def matches(self, happened: Event) -> bool:
        same_name = self.name.casefold() == str(happened.get("Name") or "").casefold()
        return self.kind == happened["EventType"] and (self.kind is EventType.TIMER_CREATED or same_name)


class _Node:
    """A yielded task; it is done when `pending` children (or it itself) are."""

    __slots__ = ("done", "parent", "pending")

    def __init__(self, pending: int = 1) -> None:
        self.done = pending == 0
        self.pending = pending
        self.parent: _Node | None = None

    def complete(self) -> None:
        self.pending -= 1
        if self.pending <= 0 and not self.done:
            self.done = True
            if self.parent is not None:
                self.parent.complete()


class Replay:
    """State after walking `actions` along a history. `decisions` are then the new ones."""

    def __init__(self, actions: Sequence[Action], ended: bool) -> None:
        self.decisions: dict[int, Decision] = {}
        self.open: dict[int, Callable[[bool], None]] = {}
        self.cancelled_timers: set[int] = set()
        self.carried: list[Event] = []
        self.continue_input: str | None = None
        self.finished = False
        self.next_id = 0
        self._actions = actions
        self._ended = ended
        self._position = 0
        self._now = ""
        self._waiters: dict[str, list[_Node]] = {}
        self._buffered: Counter[str] = Counter()
        self._awaited = _Node(0)

    def run(self, events: Iterable[Event]) -> "Replay":
        for happened in events:
            self._take(happened)
        return self

    def _take(self, happened: Event) -> None:
        kind = happened["EventType"]
        if kind == EventType.ORCHESTRATOR_STARTED:
            self._now = happened["Timestamp"]
        elif kind == EventType.EXECUTION_STARTED:
            self._advance()
        elif kind in SCHEDULING:
            self._match(happened)
        elif kind in _ANSWERS:
            self._answer(happened)
        elif kind == EventType.EVENT_RAISED:
            self._raised(happened)

    def _match(self, happened: Event) -> None:
        decision = self.decisions.pop(happened["EventId"], None)
        if decision is None or not decision.matches(happened):
            raise ReplayError(_non_determinism(happened, decision))

    def _answer(self, happened: Event) -> None:
        member, failed = _ANSWERS[happened["EventType"]]
        settle = self.open.pop(happened[member], None)
        if settle is not None:
            settle(failed)
            self._advance()

    def _raised(self, happened: Event) -> None:
        """Names match without case here, and the newest waiter is served first; the SDK matches with case."""
        name = str(happened["Name"]).casefold()
        if self.continue_input is not None:
            self.carried.append(happened)
        elif self._waiters.get(name):
            self._waiters[name].pop().complete()
            self._advance()
        else:
            self._buffered[name] += 1

    def _advance(self) -> None:
        while self._awaited.done and self._position < len(self._actions):
            action = self._actions[self._position]
            self._position += 1
            self._awaited = self._build(action)
        self.finished = self._ended and self._awaited.done and self._position == len(self._actions)

    def _build(self, action: Action) -> _Node:
        kind = action["actionType"]
        if kind in (WHEN_ANY, WHEN_ALL):
            return self._compound(action["compoundActions"], any_ends=kind == WHEN_ANY)
        if kind in (ACTIVITY, CHILD):
            return self._single(_call(action))
        if kind in (ACTIVITY_WITH_RETRY, CHILD_WITH_RETRY):
            return self._with_retry(action)
        if kind == TIMER:
            return self._timer(action)
        if kind == EXTERNAL_EVENT:
            return self._external_event(action["externalEventName"])
        if kind == CONTINUE_AS_NEW:
            self.next_id += 1
            self.continue_input = action["input"]
            return _Node(0)
        raise ReplayError(f"the local host does not support {UNSUPPORTED.get(kind, f'action {kind}')}")

    def _compound(self, actions: Sequence[Action], *, any_ends: bool) -> _Node:
        children = [self._build(action) for action in actions]
        done = sum(child.done for child in children)
        node = _Node(min(1, len(children)) if any_ends else len(children))
        for child in children:
            child.parent = node
        for _ in range(done):
            node.complete()
        return node

    def _schedule(self, decision: Decision, settle: Callable[[bool], None]) -> int:
        task_id = self.next_id
        self.next_id += 1
        self.decisions[task_id] = decision
        self.open[task_id] = settle
        return task_id

    def _single(self, decision: Decision) -> _Node:
        node = _Node()
        self._schedule(decision, lambda _failed: node.complete())
        return node

    def _timer(self, action: Action) -> _Node:
        cancelled = bool(action.get("isCanceled"))
        node = _Node()
        decision = Decision(EventType.TIMER_CREATED, fire_at=action["fireAt"], cancelled=cancelled)
        task_id = self._schedule(decision, lambda _failed: node.complete())
        if cancelled:
            del self.open[task_id]
            self.cancelled_timers.add(task_id)
            node.complete()
        return node

    def _external_event(self, name: str) -> _Node:
        key = name.casefold()
        node = _Node()
        if self._buffered[key]:
            self._buffered[key] -= 1
            node.complete()
        else:
            self._waiters.setdefault(key, []).append(node)
        return node

    def _with_retry(self, action: Action) -> _Node:
        """Every failure is followed by a timer, the last one too: the SDK counts that extra timer as well."""
        node = _Node()
        options = action["retryOptions"]
        interval = timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])
        attempts = options["maxNumberOfAttempts"]

        def attempt(number: int) -> None:
            self._schedule(_call(action), lambda failed: after(number) if failed else node.complete())

        def after(number: int) -> None:
            again = number < attempts
            wait = min(interval, LONGEST_RETRY_INTERVAL) if again else timedelta()
            timer = Decision(EventType.TIMER_CREATED, fire_at=stamp(self._instant() + wait))
            self._schedule(timer, lambda _failed: attempt(number + 1) if again else node.complete())

        attempt(1)
        return node

    def _instant(self) -> datetime:
        return parse_stamp(self._now)


def _call(action: Action) -> Decision:
    is_activity = action["actionType"] in (ACTIVITY, ACTIVITY_WITH_RETRY)
    kind = EventType.TASK_SCHEDULED if is_activity else EventType.SUB_ORCHESTRATION_CREATED
    return Decision(kind, action["functionName"], action.get("input"), action.get("instanceId"))


def _non_determinism(happened: Event, decision: Decision | None) -> str:
    kind = EventType(happened["EventType"]).name
    past = f"{kind} #{happened['EventId']} {happened.get('Name') or ''}".strip()
    now = "nothing" if decision is None else f"{decision.kind.name} {decision.name}".strip()
    return (
        f"Non-deterministic orchestrator: its history says {past}, but this replay asks for {now} under that id. "
        "Was the orchestrator changed while the instance was running, or does it read the clock, the environment, "
        "random numbers or the network?"
    )
