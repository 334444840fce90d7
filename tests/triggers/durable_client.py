"""A durable client of our own making, with the answers and the errors of the real one."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeVar

from lifecycle.inputs import FlowInput, read_input

Input = TypeVar("Input", bound=FlowInput)
AT = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)


class FakeDurableClient:
    """Remembers what was started; `broken` makes every call fail as a host without storage does."""

    def __init__(self) -> None:
        self.instances: dict[str, str] = {}
        self.stages: dict[str, str] = {}  # what an instance shows of itself, if it has come to that
        self.inputs: dict[str, Any] = {}
        self.flows: dict[str, str] = {}
        self.started = 0
        self.raised: list[tuple[str, str, Any]] = []
        self.broken = False
        self.blind = False  # look-ups do not see what was started a moment ago

    async def get_status(self, instance: str) -> Any:
        self._answer()
        status = None if self.blind else self.instances.get(instance)
        stage = self.stages.get(instance)
        shown = {"stage": stage} if stage else None
        return _Status(self.flows.get(instance), instance, SimpleNamespace(value=status) if status else None, shown)

    async def start_new(self, flow: str, instance: str, client_input: Any) -> str:
        self._answer()
        if self.instances.get(instance) == "Running":
            message = f"An Orchestration instance with the status {self.instances[instance]} already exists."
            raise Exception({"ExceptionMessage": message})
        self.instances[instance] = "Running"
        self.inputs[instance] = json.loads(json.dumps(client_input))
        self.flows[instance] = flow
        self.stages.pop(instance, None)
        self.started += 1
        return instance

    async def raise_event(self, instance: str, event: str, data: Any = None) -> None:
        self._answer()
        if instance not in self.instances:
            raise Exception(f"No instance with ID {instance} found.")
        if self.instances[instance] != "Running":
            raise Exception(f"Instance with ID {instance} is gone: either completed or failed")
        self.raised.append((instance, event, data))

    def input_of(self, instance: str, kind: type[Input]) -> Input:
        """What an instance was started with, as its flow reads it."""
        return read_input(kind, self.flows[instance], self.inputs[instance])

    def _answer(self) -> None:
        if self.broken:
            raise Exception({"Message": "Something went wrong while processing your request"})


class _Status:
    """Falsy when there is no such instance, as the real one."""

    def __init__(self, flow: str | None, instance: str, runtime_status: Any, custom_status: Any) -> None:
        self.name = flow
        self.instance_id = instance
        self.created_time = self.last_updated_time = AT
        self.input_ = {"login": "maya.lin@contoso.com"}
        self.output = {"phase": "active"} if runtime_status and runtime_status.value == "Completed" else None
        self.runtime_status = runtime_status
        self.custom_status = custom_status

    def __bool__(self) -> bool:
        return self.runtime_status is not None
