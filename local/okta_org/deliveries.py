"""Event hook deliveries as Okta makes them: merged, at most one retry, never after a 4xx, failures only in the log."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp

from local.okta_org.model import EventHook
from local.okta_org.system_log import LogEvent, as_delivered
from local.stand_in.controls import Controls
from local.stand_in.faults import FaultKind

ATTEMPTS = 2
TIMEOUT_SECONDS = 3.0
MERGE_WINDOW_SECONDS = 0.05
# Okta does not say how many events one delivery may carry; this many stay well below a body of 1 MiB.
MOST_EVENTS_PER_DELIVERY = 100
KEPT_ANSWER_CHARACTERS = 4_000
DELIVERY_KINDS: frozenset[FaultKind] = frozenset({"duplicate", "reorder", "delay", "lose"})
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


@dataclass(slots=True)
class Attempt:
    started_at: str
    duration_seconds: float
    status: int | None
    answer: str


@dataclass(slots=True)
class Delivery:
    """One POST and its retry. `state` is waiting, held, lost, delivered or failed."""

    event_id: str
    hook_id: str
    payload: Any
    state: str = "waiting"
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def events(self) -> list[LogEvent]:
        data = self.payload.get("data") if isinstance(self.payload, dict) else None
        events = data.get("events") if isinstance(data, dict) else None
        return [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []

    def shown(self) -> dict[str, Any]:
        uuids = [event.get("uuid") for event in self.events]
        return {**asdict(self), "uuids": uuids}


class Deliveries:
    """Collects events per hook, and sends. `on_failure` hears of each delivery that Okta gave up."""

    def __init__(self, controls: Controls, merge_window_seconds: float, timeout_seconds: float) -> None:
        self.records: list[Delivery] = []
        self.merge_window_seconds = merge_window_seconds
        self.most_events = MOST_EVENTS_PER_DELIVERY
        self.timeout_seconds = timeout_seconds
        self.holding = False
        self.on_failure: Callable[[EventHook, Delivery, str], None] = lambda hook, delivery, reason: None
        self._controls = controls
        self._collected: dict[str, list[LogEvent]] = {}
        self._hooks: dict[str, EventHook] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._swapped: list[Delivery] = []

    @property
    def unfinished(self) -> int:
        return len(self._collected) + len(self._tasks)

    def collect(self, hook: EventHook, event: LogEvent) -> None:
        """Take an event for a hook; what comes within the merge window travels in one POST."""
        self._hooks[hook.id] = hook
        waiting = self._collected.setdefault(hook.id, [])
        waiting.append(event)
        if len(waiting) == 1:
            asyncio.get_running_loop().call_later(self.merge_window_seconds, self.post_collected, hook.id)
        if self.merge_window_seconds == 0:
            self.post_collected(hook.id)

    def post_collected(self, hook_id: str) -> None:
        """Close the merge window of a hook."""
        events = self._collected.pop(hook_id, [])
        hook = self._hooks[hook_id]
        if not hook.is_delivering:
            return
        for start in range(0, len(events), self.most_events):
            self.post(hook, self.envelope(hook, events[start : start + self.most_events]))

    def post(self, hook: EventHook, payload: Any) -> Delivery:
        """Start a delivery, subject to hold and faults."""
        delivery = self.record(hook, payload)
        if self.holding:
            delivery.state = "held"
        else:
            self._start(self._send_with_faults(delivery))
        return delivery

    def record(self, hook: EventHook, payload: Any) -> Delivery:
        """Keep a delivery of whatever payload, not yet sent."""
        self._hooks[hook.id] = hook
        event_id = payload.get("eventId") if isinstance(payload, dict) else None
        delivery = Delivery(str(event_id or uuid.uuid4()), hook.id, payload)
        self.records.append(delivery)
        return delivery

    async def release(self, order: list[str]) -> list[Delivery]:
        """Send what is held, one after the other: first those named (by eventId or an event's uuid), then the rest."""
        held = [delivery for delivery in self.records if delivery.state == "held"]
        named = [delivery for key in order for delivery in held if key in _names(delivery)]
        ordered = list({id(delivery): delivery for delivery in named + held}.values())
        for delivery in ordered:
            await self.send(delivery)
        return ordered

    async def send(self, delivery: Delivery) -> None:
        delivery.state = "waiting"
        hook = self._hooks[delivery.hook_id]
        timeout = aiohttp.ClientTimeout(total=self.timeout_seconds)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for _ in range(ATTEMPTS):
                attempt = await self._attempt(session, hook, delivery.payload)
                delivery.attempts.append(attempt)
                if attempt.status is not None and attempt.status < 500:
                    break
        delivery.state = "delivered" if attempt.status is not None and attempt.status < 300 else "failed"
        if delivery.state == "failed":
            reason = attempt.answer if attempt.status is None else f"HTTP status {attempt.status}"
            self.on_failure(hook, delivery, reason)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self) -> None:
        self.records.clear()
        self._collected.clear()
        self._swapped.clear()
        self.holding = False

    def envelope(self, hook: EventHook, events: list[LogEvent]) -> dict[str, Any]:
        return {
            "eventType": "com.okta.event_hook",
            "eventTypeVersion": "1.0",
            "cloudEventsVersion": "0.1",
            "source": hook.source,
            "eventId": str(uuid.uuid4()),
            "data": {"events": [as_delivered(event) for event in events]},
            "eventTime": self._controls.clock.millis(),
            "contentType": "application/json",
        }

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_with_faults(self, delivery: Delivery) -> None:
        types = [str(event.get("eventType", "")) for event in delivery.events]
        for rule in self._controls.faults.strike_delivery(DELIVERY_KINDS, types):
            match rule.kind:
                case "lose":
                    delivery.state = "lost"
                    return
                case "delay":
                    await self._controls.sleep(rule.seconds)
                case "duplicate":
                    await self._send_copy(delivery)
                case "reorder":
                    self._swapped.append(delivery)
                    await self._controls.sleep(rule.seconds)
                    if delivery not in self._swapped:
                        return
                    self._swapped.remove(delivery)
        await self.send(delivery)
        while self._swapped:
            await self.send(self._swapped.pop(0))

    async def _send_copy(self, delivery: Delivery) -> None:
        """Deliver the same events under another eventId, as an overlapping second hook would."""
        payload = {**delivery.payload, "eventId": str(uuid.uuid4())}
        copy = Delivery(payload["eventId"], delivery.hook_id, payload)
        self.records.append(copy)
        await self.send(copy)

    async def _attempt(self, session: aiohttp.ClientSession, hook: EventHook, payload: Any) -> Attempt:
        started_at, started = self._controls.clock.millis(), time.monotonic()
        status: int | None = None
        try:
            async with session.post(
                hook.channel.config.uri,
                data=json.dumps(payload).encode(),
                headers=_HEADERS | hook.request_headers,
                allow_redirects=False,
            ) as response:
                answer = (await response.text(errors="replace"))[:KEPT_ANSWER_CHARACTERS]
                status = response.status
        except TimeoutError:
            answer = f"no answer within {self.timeout_seconds:g} seconds"
        except aiohttp.ClientError as error:
            answer = f"connection failed: {error}"
        return Attempt(started_at, round(time.monotonic() - started, 4), status, answer)


def _names(delivery: Delivery) -> set[Any]:
    return {delivery.event_id, *(event.get("uuid") for event in delivery.events)}
