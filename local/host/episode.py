"""One episode of an orchestrator: its history and new messages go into the SDK, what must happen next comes out.

Nothing here reads a clock, a database or the network; the same input gives the same outcome.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import uuid4

from local.host import answers
from local.host.answers import Answer
from local.host.history import (
    FINISHED,
    Event,
    EventType,
    Status,
    child_failed,
    event,
    execution_started,
    parent_instance,
)
from local.host.instances import Child, Instance, Loaded, Message, Outcome
from local.host.replay import Decision, Replay, ReplayError

Handle = Callable[[str], str]

# Azure Storage's limits for one timer; the SDK cuts longer timers into segments by them.
TIMER_LIMITS = {"maximumShortTimerDuration": "6.00:00:00", "longRunningTimerIntervalDuration": "3.00:00:00"}
DEFAULT_MAXIMUM_ACTIONS = 100_000
CONTROL = frozenset({EventType.EXECUTION_SUSPENDED, EventType.EXECUTION_RESUMED, EventType.EXECUTION_TERMINATED})


@dataclass(frozen=True)
class Registry:
    """The names an orchestrator may call (case does not count), and how to run the orchestrators."""

    orchestrators: dict[str, Handle]
    activities: Collection[str]
    maximum_actions: int = DEFAULT_MAXIMUM_ACTIONS

    def missing(self, decision: Decision) -> str | None:
        """The complaint about a name nobody registered. The real host would wait for it for ever."""
        if decision.kind is EventType.TASK_SCHEDULED and decision.name.casefold() not in self.activities:
            return f"there is no activity function named '{decision.name}'; known: {_listed(self.activities)}"
        if decision.kind is EventType.SUB_ORCHESTRATION_CREATED and decision.name.casefold() not in self.orchestrators:
            return f"there is no orchestrator function named '{decision.name}'; known: {_listed(self.orchestrators)}"
        return None


def run_episode(loaded: Loaded, registry: Registry, now: str) -> Outcome | None:
    """The outcome of all messages that may be taken now; None when there is nothing to take."""
    instance = loaded.instance
    inbox = loaded.inbox
    stale = [message.id for message in inbox if message.execution_id not in (None, instance.execution_id)]
    fresh = [message for message in inbox if message.execution_id in (None, instance.execution_id)]
    if instance.status in FINISHED:
        return _untouched(instance, [message.id for message in inbox]) if inbox else None
    taken, suspended = _take(fresh, instance.status is Status.SUSPENDED)
    if not taken:
        return _untouched(instance, stale) if stale else None
    turn = _Turn(loaded, registry, now, [message.event for message in taken])
    outcome = turn.suspended() if suspended else turn.played()
    outcome.consumed = stale + [message.id for message in taken]
    return outcome


def _take(inbox: list[Message], suspended: bool) -> tuple[list[Message], bool]:
    """The messages of this episode. A suspended instance takes only what controls it; the rest waits in the inbox."""
    controls = [message for message in inbox if message.event["EventType"] in CONTROL]
    for message in controls:
        if message.event["EventType"] == EventType.EXECUTION_TERMINATED:
            return inbox, False
        suspended = message.event["EventType"] == EventType.EXECUTION_SUSPENDED
    return (controls, True) if suspended else (inbox, False)


def _untouched(instance: Instance, consumed: list[int]) -> Outcome:
    return Outcome(
        instance,
        consumed,
        instance.status,
        output=instance.output,
        custom_status=instance.custom_status,
        carried_status=instance.carried_status,
    )


class _Turn:
    def __init__(self, loaded: Loaded, registry: Registry, now: str, arrived: list[Event]) -> None:
        self.instance = loaded.instance
        self.past = loaded.past
        self.registry = registry
        self.now = now
        self.arrived = arrived
        self.started = event(EventType.ORCHESTRATOR_STARTED, now)

    def suspended(self) -> Outcome:
        outcome = _untouched(self.instance, [])
        outcome.status = Status.SUSPENDED
        if self.past:  # a history must begin with ExecutionStarted, which a pending instance has not taken yet
            outcome.events = [self.started, *self.arrived, event(EventType.ORCHESTRATOR_COMPLETED, self.now)]
        return outcome

    def played(self) -> Outcome:
        for message in self.arrived:
            if message["EventType"] == EventType.EXECUTION_TERMINATED:
                return self._ended(Status.TERMINATED, message["Input"], self._untouched_answer(), [])
        handle = self.registry.orchestrators.get(self.instance.name.casefold())
        if handle is None:
            return self._failed(f"there is no orchestrator function named '{self.instance.name}'")
        answer = answers.ask(handle, self._context())
        if answer.sdk_fault or answer.oversized_status:
            return self._failed(answer.error or answers.OVERSIZED_STATUS)
        try:
            return self._replayed(answer)
        except ReplayError as fault:
            return self._failed(str(fault))

    def _context(self) -> str:
        """The JSON text of the orchestration trigger; the stored events go in as they are."""
        history = ",".join([*self.past, *(json.dumps(new) for new in [self.started, *self.arrived])])
        parent = self.instance.parent
        rest = {
            "instanceId": self.instance.id,
            "isReplaying": bool(self.past),
            "parentInstanceId": parent["OrchestrationInstance"]["InstanceId"] if parent else None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
            **TIMER_LIMITS,
        }
        return f'{{"history":[{history}],"input":{self.instance.input or "null"},{json.dumps(rest)[1:]}'

    def _replayed(self, answer: Answer) -> Outcome:
        if len(answer.actions) > self.registry.maximum_actions:
            raise ReplayError(f"more than {self.registry.maximum_actions} actions (maxOrchestrationActions)")
        events: list[Event] = json.loads(f"[{','.join(self.past)}]")
        replay = Replay(answer.actions, answer.ended).run([*events, self.started, *self.arrived])
        scheduled = self._scheduled(replay)
        if not replay.finished or replay.open:
            return self._running(answer, replay, scheduled)
        if replay.continue_input is not None and answer.error is None:
            return self._continued(answer, replay)
        if answer.error is not None:
            return self._ended(Status.FAILED, self._failure(answer.error), answer, scheduled, replay.next_id)
        return self._ended(Status.COMPLETED, answer.output, answer, scheduled, replay.next_id)

    def _scheduled(self, replay: Replay) -> list[Event]:
        for decision in replay.decisions.values():
            if complaint := self.registry.missing(decision):
                raise ReplayError(complaint)
        return [self._scheduling(task_id, decision) for task_id, decision in sorted(replay.decisions.items())]

    def _scheduling(self, task_id: int, decision: Decision) -> Event:
        if decision.kind is EventType.TIMER_CREATED:
            return event(decision.kind, self.now, task_id, FireAt=decision.fire_at)
        if decision.kind is EventType.TASK_SCHEDULED:
            wrapped = json.dumps([decision.input])
            return event(decision.kind, self.now, task_id, Name=decision.name, Version=None, Input=wrapped)
        child_id = decision.instance_id or f"{self.instance.execution_id}:{task_id}"
        parent = self.instance.parent
        if child_id == self.instance.id or (parent and child_id == parent["OrchestrationInstance"]["InstanceId"]):
            raise ReplayError(
                f"the sub-orchestration '{decision.name}' has the instance id of its own caller: {child_id}"
            )
        wrapped = json.dumps(decision.input)
        return event(
            decision.kind, self.now, task_id, Name=decision.name, Version=None, InstanceId=child_id, Input=wrapped
        )

    def _running(self, answer: Answer, replay: Replay, scheduled: list[Event]) -> Outcome:
        outcome = self._outcome(Status.RUNNING, answer)
        outcome.events = self._episode(scheduled)
        outcome.cancelled_timers = replay.cancelled_timers
        for task_id, decision in sorted(replay.decisions.items()):
            if decision.kind is EventType.TASK_SCHEDULED:
                outcome.activities.append((task_id, decision.name, decision.input))
            elif decision.kind is EventType.TIMER_CREATED and not decision.cancelled:
                outcome.timers.append((task_id, decision.fire_at))
        for created in scheduled:
            if created["EventType"] == EventType.SUB_ORCHESTRATION_CREATED:
                child = Child(created["EventId"], created["InstanceId"], created["Name"], created["Input"])
                outcome.children.append(child)
        return outcome

    def _continued(self, answer: Answer, replay: Replay) -> Outcome:
        outcome = self._outcome(Status.RUNNING, answer)
        outcome.carried_status = outcome.custom_status
        outcome.carried = replay.carried
        outcome.next_generation = execution_started(
            self.now,
            name=self.instance.name,
            input_text=json.dumps(replay.continue_input),
            instance_id=self.instance.id,
            execution_id=uuid4().hex,
            parent=self.instance.parent,
            version=self._version(),
        )
        return outcome

    def _version(self) -> str | None:
        events = [*(json.loads(text) for text in self.past[:2]), *self.arrived]
        started = next(happened for happened in events if happened["EventType"] == EventType.EXECUTION_STARTED)
        version: str | None = started["Version"]
        return version

    def _failed(self, error: str) -> Outcome:
        return self._ended(Status.FAILED, self._failure(error), self._untouched_answer(), [])

    def _failure(self, error: str) -> str:
        return f"Orchestrator function '{self.instance.name}' failed: {error}"

    def _ended(
        self, status: Status, output: str | None, answer: Answer, scheduled: list[Event], next_id: int = -1
    ) -> Outcome:
        outcome = self._outcome(status, answer)
        outcome.output = output
        ended = event(EventType.EXECUTION_COMPLETED, self.now, next_id, OrchestrationStatus=int(status), Result=output)
        outcome.events = self._episode([*scheduled, ended])
        outcome.to_parent = self._to_parent(status, output, answer.error)
        return outcome

    def _episode(self, decided: list[Event]) -> list[Event]:
        return [self.started, *self.arrived, *decided, event(EventType.ORCHESTRATOR_COMPLETED, self.now)]

    def _outcome(self, status: Status, answer: Answer) -> Outcome:
        carried = None if answer.custom_status is not None else self.instance.carried_status
        custom_status = answer.custom_status if answer.custom_status is not None else carried
        return Outcome(self.instance, [], status, custom_status=custom_status, carried_status=carried)

    def _untouched_answer(self) -> Answer:
        return Answer(custom_status=self.instance.custom_status)

    def _to_parent(self, status: Status, output: str | None, error: str | None) -> Event | None:
        if self.instance.parent is None:
            return None
        task_id = self.instance.parent["TaskScheduleId"]
        if status is Status.COMPLETED:
            return event(EventType.SUB_ORCHESTRATION_COMPLETED, self.now, TaskScheduledId=task_id, Result=output)
        return child_failed(self.now, task_id, output, error or output)


def child_started(outcome: Outcome, child: Child, at: str) -> Event:
    """The ExecutionStarted that a parent's outcome sends to its child."""
    parent = parent_instance(outcome.instance.id, outcome.instance.execution_id, outcome.instance.name, child.task_id)
    return execution_started(
        at,
        name=child.name,
        input_text=child.input,
        instance_id=child.instance_id,
        execution_id=uuid4().hex,
        parent=parent,
    )


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
