"""Which orchestrations the events of a delivery start, and under which instance ids."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lifecycle.events import LogEvent, ManagedGroup, durable_input, flow_for, instance_id, is_managed_group_deletion

# A start takes tens of milliseconds and Okta waits three seconds, so a larger delivery is started by an orchestration.
STARTED_AT_ONCE = 50
FAN_OUT = "fan_out"
TELL_OPERATORS = "tell_operators"


@dataclass(frozen=True, slots=True)
class Start:
    """One orchestration to be started."""

    flow: str
    instance: str
    input: Any


@dataclass(frozen=True, slots=True)
class Intake:
    """What a delivery comes to: `starts` (oldest event first), events that came twice, events that concern nobody."""

    starts: tuple[Start, ...]
    duplicate: int
    ignored: int


def plan_intake(events: Iterable[LogEvent], manages: ManagedGroup, *, deactivate_on_suspend: bool) -> Intake:
    """Plan the starts for these events."""
    starts: dict[str, Start] = {}
    duplicate = ignored = 0
    for event in sorted(events, key=lambda event: (event.published, event.uuid)):
        start = _start(event, manages, deactivate_on_suspend=deactivate_on_suspend)
        if start is None:
            ignored += 1
        elif start.instance in starts:
            duplicate += 1
        else:
            starts[start.instance] = start
    return Intake(tuple(starts.values()), duplicate, ignored)


def _start(event: LogEvent, manages: ManagedGroup, *, deactivate_on_suspend: bool) -> Start | None:
    if is_managed_group_deletion(event, manages):
        name = event.group_name or event.group_id or "without a name"
        return Start(
            TELL_OPERATORS, f"group_deleted-{event.uuid}", notice("group_deleted", f"group {name}", group_name=name)
        )
    flow = flow_for(event, manages, deactivate_on_suspend=deactivate_on_suspend)
    return Start(flow.value, instance_id(flow, event), durable_input(event)) if flow else None


def notice(kind: str, about: str, **facts: str) -> dict[str, Any]:
    """The durable input of `tell_operators`."""
    return {"kind": kind, "about": about, "facts": facts}


def fan_out(starts: tuple[Start, ...], event_id: str | None) -> Start:
    """The one orchestration that starts all of these; the same delivery makes the same one."""
    key = event_id or hashlib.sha256("\n".join(start.instance for start in starts).encode()).hexdigest()
    return Start(FAN_OUT, f"{FAN_OUT}-{key}", [[start.flow, start.instance, start.input] for start in starts])


def chunks(starts: list[Any], size: int = STARTED_AT_ONCE) -> Iterator[list[Any]]:
    for first in range(0, len(starts), size):
        yield starts[first : first + size]
