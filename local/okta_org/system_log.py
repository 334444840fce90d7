"""The System Log: what is written for which event type, in the shape of Okta's LogEvent."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any

from local.okta_org.model import EventHook, Group, User
from local.stand_in.clock import Clock

LogEvent = dict[str, Any]

# event type: (display message, legacy event type)
EVENT_TYPES: dict[str, tuple[str, str | None]] = {
    "user.lifecycle.create": ("Create Okta user", "core.user.config.user_creation.success"),
    "user.lifecycle.activate": ("Activate Okta user", "core.user.config.user_activated.success"),
    "user.lifecycle.reactivate": ("Reactivate Okta user", None),
    "user.lifecycle.deactivate": ("Deactivate Okta user", "core.user.config.user_deactivated.success"),
    "user.lifecycle.suspend": ("Suspend Okta user", "core.user.config.user_suspended.success"),
    "user.lifecycle.unsuspend": ("Unsuspend Okta user", "core.user.config.user_unsuspended.success"),
    "user.lifecycle.delete.initiated": ("Delete Okta user initiated", None),
    "user.lifecycle.delete.completed": ("Delete Okta user completed", None),
    "user.account.update_profile": ("Update user profile for Okta", None),
    "group.lifecycle.create": ("Create Okta group", None),
    "group.lifecycle.delete": ("Delete Okta group", None),
    "group.profile.update": ("Update Okta group", None),
    "group.user_membership.add": ("Add user to group membership", "core.user_group_member.user_add"),
    "group.user_membership.remove": ("Remove user from group membership", "core.user_group_member.user_remove"),
    "event_hook.created": ("Create event hook", None),
    "event_hook.updated": ("Update event hook", None),
    "event_hook.deleted": ("Delete event hook", None),
    "event_hook.activated": ("Activate event hook", None),
    "event_hook.deactivated": ("Deactivate event hook", None),
    "event_hook.verified": ("Verify event hook", None),
    "event_hook.delivery": ("Deliver event hook", None),
}

# Of those, what an event hook may subscribe to (https://developer.okta.com/docs/reference/api/event-types/,
# tag event-hook-eligible), and what it may although this org never logs it.
HOOK_ELIGIBLE = frozenset(
    {name for name in EVENT_TYPES if not name.startswith("event_hook.")} - {"user.lifecycle.delete.completed"}
    | {"group.application_assignment.add", "group.application_assignment.remove"}
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did it and how: becomes actor, client, transaction and debug context of an event."""

    actor_id: str = "00u0sys1Lm4Np7Qr15d7"
    actor_type: str = "SystemPrincipal"
    actor_alternate_id: str = "system@okta.com"
    actor_display_name: str = "Okta System"
    transaction_type: str = "JOB"
    transaction_id: str = field(default_factory=lambda: token_urlsafe(15))
    transaction_detail: Mapping[str, str] = field(default_factory=dict)
    ip_address: str | None = None
    user_agent: str | None = None
    request_uri: str | None = None


class SystemLog:
    """Events in the order they were kept. `on_event` hears of each one as it is written.

    While it is `holding`, what is written is delivered but not to be read yet, as with a real org for some seconds.
    """

    def __init__(self, clock: Clock, events: list[LogEvent], hooks_of: Callable[[str], list[EventHook]]) -> None:
        self.events = events
        self.held: list[LogEvent] = []
        self.holding = False
        self.on_event: Callable[[LogEvent], None] = lambda event: None
        self._clock = clock
        self._hooks_of = hooks_of

    def write(
        self,
        event_type: str,
        origin: Origin,
        *targets: User | Group | EventHook,
        failure: str | None = None,
        debug: Mapping[str, str] | None = None,
    ) -> LogEvent:
        """Keep an event and offer it to the event hooks. With a `failure` its outcome is FAILURE, for that reason."""
        message, legacy = EVENT_TYPES[event_type]
        hook_ids = ",".join(hook.id for hook in self._hooks_of(event_type))
        debug_data = {**_request_debug(origin), **(debug or {}), "threatSuspected": "false"}
        event: LogEvent = {
            "uuid": str(uuid.uuid1()),
            "published": self._clock.millis(),
            "eventType": event_type,
            "version": "0",
            "displayMessage": message,
            "severity": "WARN" if failure else "INFO",
            "client": _client(origin),
            "device": None,
            "actor": _actor(origin),
            "outcome": {"result": "FAILURE" if failure else "SUCCESS", "reason": failure},
            "target": [target_of(target) for target in targets],
            "transaction": {
                "type": origin.transaction_type,
                "id": origin.transaction_id,
                "detail": dict(origin.transaction_detail),
            },
            "debugContext": {"debugData": debug_data | ({"targetEventHookIds": hook_ids} if hook_ids else {})},
            "legacyEventType": legacy,
            "authenticationContext": _authentication_context(),
            "securityContext": dict.fromkeys(("asNumber", "asOrg", "isp", "domain", "isProxy")),
            "insertionTimestamp": None,
            "request": {"ipChain": _ip_chain(origin)},
        }
        self.keep(event)
        return event

    def keep(self, event: LogEvent, *, deliver: bool = True) -> None:
        (self.held if self.holding else self.events).append(event)
        if deliver:
            self.on_event(event)

    def release(self) -> int:
        """Let everything held be read, behind what was kept meanwhile. Returns how much it was."""
        released, self.held, self.holding = self.held, [], False
        self.events.extend(released)
        return len(released)


def as_delivered(event: LogEvent) -> LogEvent:
    """Reshape an event for an event hook: `client.ipChain` for `request.ipChain`, and bare members for system jobs."""
    delivered = {key: value for key, value in event.items() if key != "request"}
    chain = event.get("request", {}).get("ipChain", [])
    delivered["client"] = {**event.get("client", {}), "ipChain": chain}
    return _without_nulls(delivered) if event.get("transaction", {}).get("type") == "JOB" else delivered


def target_of(target: User | Group | EventHook) -> dict[str, Any]:
    if isinstance(target, User):
        alternate_id, name, kind = target.login, target.display_name, "User"
    elif isinstance(target, Group):
        alternate_id, name, kind = "unknown", target.name, "UserGroup"
    else:
        alternate_id, name, kind = "unknown", target.name, "EventHook"
    return {"id": target.id, "type": kind, "alternateId": alternate_id, "displayName": name, "detailEntry": None}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(member) for key, member in value.items() if member is not None}
    return [_without_nulls(member) for member in value] if isinstance(value, list) else value


def _actor(origin: Origin) -> dict[str, Any]:
    return {
        "id": origin.actor_id,
        "type": origin.actor_type,
        "alternateId": origin.actor_alternate_id,
        "displayName": origin.actor_display_name,
        "detailEntry": None,
    }


def _client(origin: Origin) -> dict[str, Any]:
    if origin.ip_address is None:
        return dict.fromkeys(("userAgent", "zone", "device", "id", "ipAddress", "geographicalContext"))
    return {
        "userAgent": {"rawUserAgent": origin.user_agent, "os": "Unknown", "browser": "UNKNOWN"},
        "zone": "null",
        "device": "Unknown",
        "id": None,
        "ipAddress": origin.ip_address,
        "geographicalContext": None,
    }


def _ip_chain(origin: Origin) -> list[dict[str, Any]]:
    if origin.ip_address is None:
        return []
    return [{"ip": origin.ip_address, "geographicalContext": None, "version": "V4", "source": None}]


def _authentication_context() -> dict[str, Any]:
    unknown = ("authenticationProvider", "credentialProvider", "credentialType", "issuer", "interface")
    return {**dict.fromkeys(unknown), "authenticationStep": 0, "externalSessionId": "trs" + token_urlsafe(12)}


def _request_debug(origin: Origin) -> dict[str, str]:
    if origin.request_uri is None:
        return {}
    uri = origin.request_uri
    return {"requestId": origin.transaction_id, "requestUri": uri, "url": f"{uri}?"}
