"""The JSON that the management API shows of an instance.

Names and the history view follow the extension's `HttpApiHandler` and `DurableOrchestrationStatus`.
"""

import json
from typing import Any
from urllib.parse import quote

from local.host.history import EVENT_NAMES, Event, EventType, Status
from local.host.instances import Instance
from local.host.keys import NO_KEY, PARAMETER

Json = dict[str, Any]

_HIDDEN_MEMBERS = frozenset({"EventId", "IsPlayed", "TaskScheduledId", "TimerId", "Version", "Tags", "ParentInstance"})
_SCHEDULED = frozenset({EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED})
_ENDED = frozenset(
    {
        EventType.TASK_COMPLETED,
        EventType.TASK_FAILED,
        EventType.SUB_ORCHESTRATION_COMPLETED,
        EventType.SUB_ORCHESTRATION_FAILED,
    }
)


def status_view(instance: Instance, *, show_input: bool) -> Json:
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status.word,
        "input": parsed(instance.input) if show_input else None,
        "customStatus": parsed(instance.custom_status),
        "output": parsed(instance.output),
        "createdTime": _to_the_second(instance.created_at),
        "lastUpdatedTime": _to_the_second(instance.updated_at),
    }


def parsed(text: str | None) -> Any:
    """The value, or the text itself: a termination reason and a failure are no JSON."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _to_the_second(moment: str) -> str:
    return f"{moment[:19]}Z"


def history_view(events: list[Event], *, show_output: bool, show_input: bool) -> list[Json]:
    """The history for people: what was scheduled is told with its completion, the episodes' frames are left out."""
    scheduled = {happened["EventId"]: happened for happened in events if happened["EventType"] in _SCHEDULED}
    ended = {happened["TaskScheduledId"] for happened in events if happened["EventType"] in _ENDED}
    frames = (EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED)
    shown = []
    for happened in events:
        kind = happened["EventType"]
        if kind in frames or (kind in _SCHEDULED and happened["EventId"] in ended):
            continue
        shown.append(_event_view(happened, scheduled, show_output=show_output, show_input=show_input))
    return shown


def _event_view(happened: Event, scheduled: dict[int, Event], *, show_output: bool, show_input: bool) -> Json:
    kind = happened["EventType"]
    view: Json = {key: value for key, value in happened.items() if key not in _HIDDEN_MEMBERS}
    view["EventType"] = EVENT_NAMES.get(kind, str(kind))
    if kind in _ENDED and happened["TaskScheduledId"] in scheduled:
        origin = scheduled[happened["TaskScheduledId"]]
        view.update(ScheduledTime=origin["Timestamp"], FunctionName=origin["Name"], Input=origin["Input"])
    if kind == EventType.EXECUTION_STARTED:
        view["FunctionName"] = view.pop("Name")
    if kind == EventType.EXECUTION_COMPLETED:
        view["OrchestrationStatus"] = Status(view["OrchestrationStatus"]).word
    _values(view, show_output=show_output, show_input=show_input)
    return view


def _values(view: Json, *, show_output: bool, show_input: bool) -> None:
    for member, shown in (("Result", show_output), ("Input", show_input)):
        if member in view:
            view[member] = parsed(view[member])
            if not shown:
                del view[member]


def management_urls(base: str, instance_id: str, query: str) -> dict[str, str]:
    """The links of a start's answer; with the id `INSTANCEID` also the client binding's template."""
    instance = f"{base}/instances/{instance_id}"
    return {
        "id": instance_id,
        "statusQueryGetUri": f"{instance}?{query}",
        "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{query}",
        "terminatePostUri": f"{instance}/terminate?reason={{text}}&{query}",
        "rewindPostUri": f"{instance}/rewind?reason={{text}}&{query}",
        "purgeHistoryDeleteUri": f"{instance}?{query}",
        "restartPostUri": f"{instance}/restart?{query}",
        "suspendPostUri": f"{instance}/suspend?reason={{text}}&{query}",
        "resumePostUri": f"{instance}/resume?reason={{text}}&{query}",
    }


def client_binding(origin: str, hub_name: str, key: str | None = None) -> str:
    """What a function with a durable client input receives."""
    base = f"{origin}/runtime/webhooks/durabletask"
    query = required_query(hub_name, key)
    start = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]?"
    wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&"
    return json.dumps(
        {
            "taskHubName": hub_name,
            "connectionName": None,
            "creationUrls": {
                "createNewInstancePostUri": f"{start}{query}",
                "createAndWaitOnNewInstancePostUri": f"{start}{wait}{query}",
            },
            "managementUrls": management_urls(base, "INSTANCEID", query),
            "baseUrl": base,
            "requiredQueryStringParameters": query,
            "rpcBaseUrl": f"{origin}/durabletask/",
            "httpBaseUrl": None,
        }
    )


def required_query(hub_name: str, key: str | None = None) -> str:
    return f"taskHub={hub_name}&connection=Storage&{PARAMETER}={quote(key or NO_KEY, safe='')}"
