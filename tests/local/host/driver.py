"""Runs orchestrators episode by episode in memory, on a clock that jumps; activities take the time one says.

Debug mode is always on: after every episode the host's next id must be the SDK's own counter.
"""

import heapq
import itertools
import json
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.DurableOrchestrationContext import DurableOrchestrationContext

from local.host import activities, episode
from local.host.answers import remember_parsed_instants
from local.host.episode import Registry, child_started, run_episode
from local.host.history import (
    FINISHED,
    Event,
    EventType,
    Status,
    event_raised,
    execution_started,
    parse_stamp,
    stamp,
    task_ended,
    timer_fired,
)
from local.host.instances import Instance, Loaded, Message, Outcome
from local.host.replay import Replay

START = datetime(2026, 1, 1, tzinfo=UTC)
SHORT = {
    EventType.EXECUTION_STARTED: "ES",
    EventType.EXECUTION_COMPLETED: "EC",
    EventType.EXECUTION_TERMINATED: "ET",
    EventType.TASK_SCHEDULED: "TS",
    EventType.TASK_COMPLETED: "TC",
    EventType.TASK_FAILED: "TF",
    EventType.SUB_ORCHESTRATION_CREATED: "SC",
    EventType.SUB_ORCHESTRATION_COMPLETED: "SD",
    EventType.SUB_ORCHESTRATION_FAILED: "SF",
    EventType.TIMER_CREATED: "TmC",
    EventType.TIMER_FIRED: "TmF",
    EventType.ORCHESTRATOR_STARTED: "OS",
    EventType.ORCHESTRATOR_COMPLETED: "OC",
    EventType.EVENT_RAISED: "ER",
    EventType.EXECUTION_SUSPENDED: "SUS",
    EventType.EXECUTION_RESUMED: "RES",
}

Orchestrator = Callable[[df.DurableOrchestrationContext], Generator[Any, Any, Any]]
Activity = Callable[[Any], Any]


@dataclass
class Kept:
    """What a store would hold of one instance."""

    instance: Instance
    past: list[str] = field(default_factory=list)
    inbox: list[Message] = field(default_factory=list)


@dataclass
class Count:
    """The two counters after the last episode."""

    sdk: DurableOrchestrationContext | None = None
    host: Replay | None = None


class Driver:
    def __init__(self, count: Count, seed: int = 0) -> None:
        self.now = START
        self.kept: dict[str, Kept] = {}
        self.outcomes: list[Outcome] = []
        self.activities: dict[str, tuple[Activity, float]] = {}
        self.handles: dict[str, Callable[[str], str]] = {}
        self.contexts: list[str] = []
        self.episodes = 0
        self._count = count
        self._random = random.Random(seed)
        self._heap: list[tuple[datetime, int, str, str | None, Event]] = []
        self._ids = itertools.count(1)

    def orchestrator(self, function: Orchestrator) -> None:
        handle = df.Orchestrator.create(function)

        def recorded(context: str) -> str:
            self.contexts.append(context)
            return str(handle(context))

        self.handles[function.__name__] = recorded

    def activity(self, name: str, function: Activity, seconds: float = 0) -> None:
        self.activities[name] = (function, seconds)

    def start(self, name: str, value: Any = None, instance_id: str = "top") -> None:
        text = None if value is None else json.dumps(json.dumps(value))
        self.start_raw(name, text, instance_id)

    def start_raw(self, name: str, input_text: str | None, instance_id: str = "top") -> None:
        started = execution_started(
            stamp(self.now), name=name, input_text=input_text, instance_id=instance_id, execution_id="e" * 32
        )
        self._create(started)

    def send(self, event: Event, instance_id: str = "top", after: float = 0) -> None:
        self._later(after, instance_id, None, event)

    def raise_event(self, name: str, input_text: str | None, instance_id: str = "top", after: float = 0) -> None:
        self.send(event_raised(stamp(self.now), name, input_text), instance_id, after)

    def run(self, until: datetime | None = None, batched: bool = True) -> None:
        """Until nothing can happen any more, or the clock would pass `until`."""
        while self._heap and (until is None or self._heap[0][0] <= until):
            self.now = max(self.now, self._heap[0][0])
            touched = self._deliver(batched)
            for instance_id in touched:
                self._episode(instance_id)
        if until is not None:
            self.now = max(self.now, until)

    def status(self, instance_id: str = "top") -> Status:
        return self.kept[instance_id].instance.status

    def output(self, instance_id: str = "top") -> Any:
        output = self.kept[instance_id].instance.output
        return output if output is None or self.status(instance_id) is not Status.COMPLETED else json.loads(output)

    def history(self, instance_id: str = "top") -> str:
        """Episodes in short: `OS TC->0 TS#1 OC | ...`."""
        words = [_word(json.loads(text)) for text in self.kept[instance_id].past]
        return " ".join(words).replace("OC OS", "OC | OS")

    def _deliver(self, batched: bool) -> list[str]:
        touched: dict[str, None] = {}
        while self._heap and self._heap[0][0] <= self.now:
            _, number, instance_id, execution_id, event = heapq.heappop(self._heap)
            kept = self.kept.get(instance_id)
            if kept is not None and execution_id in (None, kept.instance.execution_id):
                kept.inbox.append(Message(number, execution_id, event))
                touched[instance_id] = None
            if not batched or self._random.random() < 0.3:
                break
        return list(touched)

    def _episode(self, instance_id: str) -> None:
        kept = self.kept[instance_id]
        self._count.sdk = self._count.host = None
        registry = Registry(self.handles, self.activities.keys())
        outcome = run_episode(Loaded(kept.instance, kept.past, kept.inbox), registry, stamp(self.now))
        if outcome is None:
            return
        self.episodes += 1
        self.outcomes.append(outcome)
        self._compare_counts(outcome)
        kept.inbox = [message for message in kept.inbox if message.id not in outcome.consumed]
        self._apply(kept, outcome)

    def _compare_counts(self, outcome: Outcome) -> None:
        sdk, host = self._count.sdk, self._count.host
        if sdk is None or host is None or sdk.will_continue_as_new or outcome.status is not Status.RUNNING:
            return
        if not host._ended:
            assert host.next_id == sdk._sequence_number, "the host and the SDK count differently"

    def _apply(self, kept: Kept, outcome: Outcome) -> None:
        if outcome.next_generation is not None:
            kept.past = []
            started = outcome.next_generation
            execution_id = started["OrchestrationInstance"]["ExecutionId"]
            kept.instance = replace(
                kept.instance,
                execution_id=execution_id,
                input=started["Input"],
                custom_status=outcome.custom_status,
                carried_status=outcome.carried_status,
                status=Status.RUNNING,
            )
            for event in [started, *outcome.carried]:
                self._later(0, kept.instance.id, None, event)
            return
        kept.past += [json.dumps({**event, "IsPlayed": True}) for event in outcome.events]
        kept.instance = replace(
            kept.instance,
            status=outcome.status,
            output=outcome.output,
            custom_status=outcome.custom_status,
            carried_status=outcome.carried_status,
        )
        self._schedule(kept.instance, outcome)

    def _schedule(self, instance: Instance, outcome: Outcome) -> None:
        owner = (instance.id, instance.execution_id)
        for task_id, name, text in outcome.activities:
            self._later(self.activities[name][1], *owner, self._activity(task_id, name, text))
        for task_id, fire_at in outcome.timers:
            seconds = (parse_stamp(fire_at) - self.now).total_seconds()
            self._later(max(seconds, 0), *owner, timer_fired(fire_at, task_id, fire_at))
        for child in outcome.children:
            self._create(child_started(outcome, child, stamp(self.now)))
        if outcome.to_parent is not None and instance.parent is not None:
            target = instance.parent["OrchestrationInstance"]
            self._later(0, target["InstanceId"], target["ExecutionId"], outcome.to_parent)

    def _activity(self, task_id: int, name: str, text: str | None) -> Event:
        try:
            result = activities.encode_result(self.activities[name][0](activities.decode_input(text)))
        except Exception as fault:
            return activities.failure(stamp(self.now), task_id, name, fault)
        return task_ended(stamp(self.now), task_id, result)

    def _create(self, started: Event) -> None:
        target = started["OrchestrationInstance"]
        moment = stamp(self.now)
        instance = Instance(
            id=target["InstanceId"],
            execution_id=target["ExecutionId"],
            name=started["Name"],
            status=Status.PENDING,
            input=started["Input"],
            output=None,
            custom_status=None,
            created_at=moment,
            updated_at=moment,
            parent=started["ParentInstance"],
        )
        self.kept[instance.id] = Kept(instance)
        self._later(0, instance.id, instance.execution_id, started)

    def _later(self, seconds: float, instance_id: str, execution_id: str | None, event: Event) -> None:
        due = self.now + timedelta(seconds=seconds)
        heapq.heappush(self._heap, (due, next(self._ids), instance_id, execution_id, event))

    @property
    def unfinished(self) -> list[str]:
        return [name for name, kept in self.kept.items() if kept.instance.status not in FINISHED]


def _word(event: Event) -> str:
    word = SHORT[EventType(event["EventType"])]
    target = event.get("TaskScheduledId", event.get("TimerId"))
    if target is not None:
        return f"{word}->{target}"
    return f"{word}#{event['EventId']}" if word in ("TS", "SC", "TmC") else word


def recording_counts(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Keep the SDK's context and our walk of every episode where a test can see them."""
    remember_parsed_instants()
    count = Count()
    original = DurableOrchestrationContext.from_json

    def from_json(text: str) -> DurableOrchestrationContext:
        count.sdk = original(text)
        return count.sdk

    class RecordedReplay(Replay):
        def __init__(self, actions: Any, ended: bool) -> None:
            super().__init__(actions, ended)
            count.host = self

    monkeypatch.setattr(DurableOrchestrationContext, "from_json", staticmethod(from_json))
    monkeypatch.setattr(episode, "Replay", RecordedReplay)
    return count
