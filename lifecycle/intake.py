"""Which orchestrations the events of a delivery start, and under which instance ids."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lifecycle.events import EVENT_TYPES, LogEvent, ManagedGroup, flow_for, instance_id, is_managed_group_deletion
from lifecycle.inputs import FAN_OUT, TELL_OPERATORS, EventInput, FanOutInput, NoticeInput, Start, start_of
from lifecycle.notices import GroupDeleted

# A start takes tens of milliseconds and Okta waits three seconds, so a larger delivery is started by an orchestration.
STARTED_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Intake:
    """What a delivery comes to: `starts` (oldest event first), events that came twice, events that concern nobody.

    `ambiguous` has the ids of ignored events that might concern somebody, but do not say whom.
    """

    starts: tuple[Start, ...]
    duplicate: int
    ignored: int
    ambiguous: tuple[str, ...] = ()


def plan_intake(
    events: Iterable[LogEvent], manages: ManagedGroup, *, deactivate_on_suspend: bool, found: bool = False
) -> Intake:
    """Plan the starts for these events. `found`: they were read in Okta's System Log, not delivered."""
    starts: dict[str, Start] = {}
    duplicate = ignored = 0
    in_order = sorted(events, key=lambda event: (event.published, event.uuid))
    for event in in_order:
        start = _start(event, manages, deactivate_on_suspend=deactivate_on_suspend, found=found)
        if start is None:
            ignored += 1
        elif start.instance in starts:
            duplicate += 1
        else:
            starts[start.instance] = start
    ambiguous = tuple(event.uuid for event in in_order if event.is_ambiguous and event.event_type in EVENT_TYPES)
    return Intake(tuple(starts.values()), duplicate, ignored, ambiguous)


def _start(event: LogEvent, manages: ManagedGroup, *, deactivate_on_suspend: bool, found: bool) -> Start | None:
    if found and is_managed_group_deletion(event, manages):  # nobody is mailed on the word of a delivery
        name = event.group_name or event.group_id or "without a name"
        notice = NoticeInput(notice=GroupDeleted(name), about=f"group {name}")
        return start_of(TELL_OPERATORS, f"group_deleted-{event.uuid}", notice)
    flow = flow_for(event, manages, deactivate_on_suspend=deactivate_on_suspend)
    return start_of(flow, instance_id(flow, event), EventInput.of(event, found=found)) if flow else None


def fan_out(starts: tuple[Start, ...], event_id: str | None) -> Start:
    """The one instance that starts all of these; the same delivery makes the same one."""
    key = event_id or hashlib.sha256("\n".join(start.instance for start in starts).encode()).hexdigest()
    return start_of(FAN_OUT, f"{FAN_OUT}-{key}", FanOutInput(starts=starts))


def chunks(starts: tuple[Start, ...], size: int = STARTED_AT_ONCE) -> Iterator[tuple[Start, ...]]:
    for first in range(0, len(starts), size):
        yield starts[first : first + size]
