"""Okta's System Log events, out of a hook delivery or the log itself, and which flow each one starts.

Shapes: https://developer.okta.com/docs/concepts/event-hooks/ and https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from lifecycle.visible import visible_line

ManagedGroup = Callable[[str | None, str | None], bool]

# What may become part of an instance id, a row key or a URL.
_SAFE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
# Stands in the uuid of each event that the app makes up and somebody could foretell: no delivery can have such a uuid,
# and so take the id of its run.
OURS = "~"
# Okta's own limits are far below (login 100, group name 255); more than this is not a name.
_LONGEST_TEXT = 512
_LONGEST_ACTOR = 100


class MalformedDelivery(ValueError):
    """The body cannot be an event hook delivery; sending it again will not help."""


class Flow(StrEnum):
    DEACTIVATION = "staged_deactivation"
    ACTIVATION = "activation"


class Concern(StrEnum):
    """When an event type concerns us."""

    IN_MANAGED_GROUP = "in a managed group"
    ALWAYS = "always"
    IF_SUSPENSION_COUNTS = "if suspension counts as deactivation"


@dataclass(frozen=True)
class LogEvent:
    """One System Log event, with None for whatever it does not say.

    `actor` is the login of who caused it. `is_ambiguous`: several users or several groups are among its targets, so it
    does not say whom it is about.
    """

    uuid: str
    published: datetime
    event_type: str
    outcome: str | None = None
    okta_user_id: str | None = None
    login: str | None = None
    display_name: str | None = None
    group_id: str | None = None
    group_name: str | None = None
    actor: str | None = None
    is_ambiguous: bool = False


@dataclass(frozen=True)
class Delivery:
    """`event_id` is empty when Okta sent none; `unreadable` counts entries that are no System Log event."""

    event_id: str
    events: tuple[LogEvent, ...]
    unreadable: int = 0


GROUP_DELETED = "group.lifecycle.delete"
_FLOWS: Mapping[str, tuple[Flow, Concern]] = {
    "group.user_membership.remove": (Flow.DEACTIVATION, Concern.IN_MANAGED_GROUP),
    "user.lifecycle.deactivate": (Flow.DEACTIVATION, Concern.ALWAYS),
    "user.lifecycle.delete.initiated": (Flow.DEACTIVATION, Concern.ALWAYS),
    "user.lifecycle.suspend": (Flow.DEACTIVATION, Concern.IF_SUSPENSION_COUNTS),
    "group.user_membership.add": (Flow.ACTIVATION, Concern.IN_MANAGED_GROUP),
    "user.lifecycle.activate": (Flow.ACTIVATION, Concern.ALWAYS),
    "user.lifecycle.reactivate": (Flow.ACTIVATION, Concern.ALWAYS),
    "user.lifecycle.unsuspend": (Flow.ACTIVATION, Concern.IF_SUSPENSION_COUNTS),
}
# What the System Log is asked for, and what the event hook subscribes to.
EVENT_TYPES: tuple[str, ...] = (*_FLOWS, GROUP_DELETED)
# Those that a filter of the event hook may thin out by group.
MEMBERSHIP_TYPES = ("group.user_membership.add", "group.user_membership.remove")


def flow_for(event: LogEvent, manages: ManagedGroup, *, deactivate_on_suspend: bool) -> Flow | None:
    """The flow this event starts, None when it concerns nobody."""
    if event.event_type not in _FLOWS or event.okta_user_id is None or event.is_ambiguous or not _succeeded(event):
        return None
    flow, concern = _FLOWS[event.event_type]
    concerns_us = {
        Concern.IN_MANAGED_GROUP: manages(event.group_id, event.group_name),
        Concern.ALWAYS: True,
        Concern.IF_SUSPENSION_COUNTS: deactivate_on_suspend,
    }
    return flow if concerns_us[concern] else None


def is_managed_group_deletion(event: LogEvent, manages: ManagedGroup) -> bool:
    """True when a managed group was deleted in Okta, which never counts as everyone leaving it."""
    return event.event_type == GROUP_DELETED and _succeeded(event) and manages(event.group_id, event.group_name)


def instance_id(flow: Flow, event: LogEvent) -> str:
    return f"{flow}-{event.uuid}"


def parse_delivery(body: object) -> Delivery:
    """Read whatever can be read; raise MalformedDelivery only for what cannot be a delivery at all."""
    if not isinstance(body, Mapping):
        raise MalformedDelivery("the body is not a JSON object")
    envelope_type = body.get("eventType")
    if envelope_type is not None and not str(envelope_type).startswith("com.okta.event_hook"):
        raise MalformedDelivery("eventType is not com.okta.event_hook")
    entries = _mapping(body.get("data")).get("events")
    if not isinstance(entries, list):
        raise MalformedDelivery("data.events is not a list")
    if not all(isinstance(entry, Mapping) for entry in entries):
        raise MalformedDelivery("data.events holds something that is not an object")
    events = tuple(event for event in map(parse_log_event, entries) if event is not None)
    return Delivery(_safe_id(body.get("eventId")) or "", events, unreadable=len(entries) - len(events))


def parse_log_event(raw: Mapping[str, object]) -> LogEvent | None:
    """None when the entry lacks what every event has: uuid, published and event type. Never raises."""
    uuid, published, event_type = _safe_id(raw.get("uuid")), _instant(raw.get("published")), _text(raw.get("eventType"))
    if uuid is None or published is None or event_type is None:
        return None
    users, groups = _targets(raw, "User"), _targets(raw, "UserGroup")
    user, group = _only(users), _only(groups)
    return LogEvent(
        uuid=uuid,
        published=published,
        event_type=event_type,
        outcome=_text(_mapping(raw.get("outcome")).get("result")),
        okta_user_id=_safe_id(user.get("id")),
        login=_text(user.get("alternateId")),
        display_name=_text(user.get("displayName")),
        group_id=_safe_id(group.get("id")),
        group_name=_text(group.get("displayName")),
        actor=_actor(raw),
        is_ambiguous=len(users) > 1 or len(groups) > 1,
    )


def _succeeded(event: LogEvent) -> bool:
    """Okta writes SUCCESS, in the Preview delivery also "Success", and may leave the outcome out."""
    return event.outcome is None or event.outcome.casefold() == "success"


def _targets(raw: Mapping[str, object], target_type: str) -> list[Mapping[str, object]]:
    """The targets of a type; Okta promises no order."""
    targets = raw.get("target")
    candidates = map(_mapping, targets if isinstance(targets, list) else [])
    return [target for target in candidates if target.get("type") == target_type]


def _only(targets: list[Mapping[str, object]]) -> Mapping[str, object]:
    return targets[0] if len(targets) == 1 else {}


def _actor(raw: Mapping[str, object]) -> str | None:
    """A person or Okta itself (system@okta.com) by login; an app by name, since it has an id in the login's place."""
    actor = _mapping(raw.get("actor"))
    login, called = _text(actor.get("alternateId")), _text(actor.get("displayName"))
    name = login or called if actor.get("type") in ("User", "SystemPrincipal") else called or login
    return visible_line(name, _LONGEST_ACTOR) or None if name else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _safe_id(value: object) -> str | None:
    return value if isinstance(value, str) and _SAFE_ID.fullmatch(value) else None


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT:
        return None
    # JSON may carry half a surrogate pair, which no UTF-8 writer after us would accept.
    return value.encode("utf-8", "replace").decode("utf-8")


def _instant(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant.astimezone(UTC) if instant is not None and instant.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
