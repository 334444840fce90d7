"""Runs one activity and words its result as the history event its orchestrator gets."""

import json
import traceback
from typing import Any

from azure.functions import meta
from azure.functions.durable_functions import ActivityTriggerConverter

from local.host.clock import Clock
from local.host.history import Event, stamp, task_ended, task_failed
from local.host.instances import WorkItem
from local.host.loading import AppFunction
from local.host.worker import Worker


async def run(worker: Worker, function: AppFunction | None, item: WorkItem, clock: Clock) -> Event:
    if function is None:  # it was there when it was scheduled
        fault = LookupError("the app has no such function any more")
        return failure(stamp(clock.now()), item.task_id, item.name, fault)
    try:
        value = decode_input(item.input)
        result = encode_result(await worker.call(function, value, f"{item.instance_id} #{item.task_id}"))
    except Exception as fault:  # an activity's exception is its result: the orchestrator decides
        worker.log_fault("activity", function.name, fault)
        return failure(stamp(clock.now()), item.task_id, function.name, fault)
    return task_ended(stamp(clock.now()), item.task_id, result)


def decode_input(text: str | None) -> Any:
    """JSON when it is, custom objects rebuilt, otherwise the text."""
    if text is None:
        return None
    return ActivityTriggerConverter.decode(meta.Datum(type="string", value=text), trigger_metadata=None)


def encode_result(value: Any) -> str | None:
    text = str(ActivityTriggerConverter.encode(value, expected_type=None).value)
    return None if text == "null" else text


def failure(at: str, task_id: int, name: str, fault: Exception) -> Event:
    """The two blanks are the real host's: it cuts the text out between two labels and keeps one."""
    reason = f"Activity function '{name}' failed:  {type(fault).__name__}: {fault}"
    stack = "".join(traceback.format_exception(fault))
    return task_failed(at, task_id, reason, json.dumps({"Message": str(fault), "StackTraceString": stack}))
