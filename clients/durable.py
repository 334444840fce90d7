"""The durable client behind our words: what its errors and its falsy answers mean is known here alone."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import JsonValue

from clients.errors import Unavailable

TERMINAL = frozenset({"Completed", "Failed", "Terminated", "Canceled"})


class Start(Protocol):
    """An orchestration to be started."""

    @property
    def flow(self) -> str: ...
    @property
    def instance(self) -> str: ...
    @property
    def input(self) -> Mapping[str, JsonValue]: ...


@dataclass(frozen=True, slots=True)
class Status:
    """How an instance is doing: the host's word for it (Running, Completed, …), and what the instance itself shows."""

    runtime_status: str
    custom_status: Mapping[str, JsonValue]

    @property
    def is_finished(self) -> bool:
        return self.runtime_status in TERMINAL


@dataclass(frozen=True, slots=True)
class Run:
    """What the host tells of an instance; `custom_status` and `output` as the flow gave them."""

    flow: str
    instance: str
    runtime_status: str
    custom_status: JsonValue
    output: JsonValue
    created_at: datetime
    updated_at: datetime

    @property
    def is_finished(self) -> bool:
        return self.runtime_status in TERMINAL


@dataclass(frozen=True, slots=True)
class Finished:
    """An instance that has come to an end, and when it last changed."""

    instance: str
    updated_at: datetime


class Durable:
    """One invocation's `DurableOrchestrationClient`."""

    # The host lists no more at once, and the SDK does not ask it to continue:
    # https://github.com/Azure/azure-functions-durable-python/issues/477
    LONGEST_LIST = 100

    def __init__(self, client: Any) -> None:
        self._client = client

    async def start_all(self, starts: Iterable[Start]) -> list[bool]:
        """Start them side by side; for each, whether it was new. Raises Unavailable if any could not be started."""
        outcomes = await asyncio.gather(*(self.start(start) for start in starts), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return [outcome is True for outcome in outcomes]

    async def start(self, start: Start) -> bool:
        """Start one instance; False when its id is known already, whatever became of it.

        The id has to be looked up first: the host replaces a finished instance that has the same id without complaint.
        It refuses a running one, which the look-up can miss when two deliveries of one event come at the same time.
        """
        if await self.status(start.instance) is not None:
            return False
        return await self._start_new(start)

    async def start_again(self, start: Start) -> bool:
        """Start an instance whose id was used before, in place of that one; False while that one has not ended."""
        return await self.is_finished(start.instance) and await self._start_new(start)

    async def _start_new(self, start: Start) -> bool:
        try:
            await self._client.start_new(start.flow, start.instance, start.input)
        except Exception as error:  # the SDK raises nothing more particular
            if "already exists" in str(error):
                return False
            raise _unavailable(f"start {start.instance}", error) from error
        return True

    async def status(self, instance: str) -> Status | None:
        """None when there is no such instance."""
        status = await self._ask(instance)
        if status is None:
            return None
        shown = status.custom_status
        return Status(status.runtime_status.value, shown if isinstance(shown, Mapping) else {})

    async def _ask(self, instance: str) -> Any:
        try:
            status = await self._client.get_status(instance)
        except Exception as error:  # the SDK raises nothing more particular
            raise _unavailable(f"read the status of {instance}", error) from error
        # For an unknown instance the client answers an object that is falsy and has no runtime status.
        return status if status and status.runtime_status else None

    async def is_finished(self, instance: str) -> bool:
        """Whether an instance has come to an end, or never was."""
        status = await self.status(instance)
        return status is None or status.is_finished

    async def raise_event(self, instance: str, event: str, data: object = None) -> bool:
        """Raise an external event; False when the instance is finished or unknown."""
        try:
            await self._client.raise_event(instance, event, data)
        except Exception as error:  # the SDK raises nothing more particular; these are its texts for 404 and 410
            if "No instance with ID" in str(error) or "is gone" in str(error):
                return False
            raise _unavailable(f"raise the event {event} to {instance}", error) from error
        return True

    async def run(self, instance: str) -> Run | None:
        """As `status`, with all that the host tells of an instance, but for its input and its history."""
        status = await self._ask(instance)
        if status is None:
            return None
        return Run(
            flow=status.name,
            instance=status.instance_id,
            runtime_status=status.runtime_status.value,
            custom_status=status.custom_status,
            output=status.output,
            created_at=status.created_time,
            updated_at=status.last_updated_time,
        )

    async def list_finished(self, created_from: datetime, created_to: datetime) -> list[Finished]:
        """Finished instances created in this window (UTC); a list of LONGEST_LIST may not be all of them."""
        from azure.durable_functions import OrchestrationRuntimeStatus

        statuses = [OrchestrationRuntimeStatus(word) for word in sorted(TERMINAL)]
        try:
            found = await self._client.get_status_by(created_from, created_to, statuses)
        except Exception as error:  # the SDK raises nothing more particular
            raise _unavailable("list finished instances", error) from error
        return [Finished(each.instance_id, each.last_updated_time) for each in found]

    async def purge(self, instance: str) -> int:
        """Forget a finished instance; 0 when it was forgotten already.

        Never the SDK's bulk purge without statuses: it takes running instances too.
        """
        try:
            result = await self._client.purge_instance_history(instance)
        except Exception as error:  # the SDK raises nothing more particular
            raise _unavailable(f"purge {instance}", error) from error
        return int(result.instances_deleted)


def _unavailable(asked: str, error: Exception) -> Unavailable:
    return Unavailable("durable", asked, detail=str(error))
