"""An Okta org in memory: who is in it, what may be done to them, and what the System Log says about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import choice
from string import ascii_letters, digits
from typing import Any

from aiohttp import web

from local.okta_org import errors
from local.okta_org.deliveries import DELIVERY_KINDS, MERGE_WINDOW_SECONDS, TIMEOUT_SECONDS, Deliveries, Delivery
from local.okta_org.model import EventHook, Group, OrgState, User
from local.okta_org.rate_limits import RateLimits
from local.okta_org.system_log import LogEvent, Origin, SystemLog
from local.stand_in.faults import REQUEST_KINDS, FaultRule
from local.stand_in.lag import LAGGING, Replicas
from local.stand_in.sample_people import EVERYONE_GROUP_ID, EVERYONE_GROUP_NAME
from local.stand_in.stand_in import StandIn

DEFAULT_TOKEN = "local-okta-token"


@dataclass(frozen=True, slots=True)
class SeenUser:
    """A user as a read sees it, with the groups it is in."""

    user: User
    groups: tuple[Group, ...]


class OktaOrg(StandIn[OrgState, User]):
    """The whole org. Its parts: `state`, `log`, `deliveries`, `rate_limits`, and the `controls` of every stand-in."""

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        data: Path | None = None,
        merge_window_seconds: float = MERGE_WINDOW_SECONDS,
        delivery_timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        super().__init__(OrgState, REQUEST_KINDS | LAGGING | DELIVERY_KINDS, data)
        self.token = token
        self.rate_limits = RateLimits(self.controls.clock)
        self.replicas: Replicas[SeenUser] = Replicas(self.controls.clock, self.controls.faults)
        self.deliveries = Deliveries(self.controls, merge_window_seconds, delivery_timeout_seconds)
        self.deliveries.on_failure = self._log_failed_delivery
        self.restore()

    @property
    def users(self) -> Mapping[str, User]:
        return self.state.users

    def no_such_user(self, key: str) -> errors.OktaError:
        return errors.not_found(key, "User")

    def reset(self) -> None:
        self.rate_limits.reset()
        self.deliveries.reset()
        super().reset()

    async def stop(self) -> None:
        await self.deliveries.stop()
        await super().stop()

    def take(self, state: OrgState) -> None:
        super().take(state)
        self.log = SystemLog(self.controls.clock, state.log, self._hooks_for)
        self.log.on_event = self._offer_to_hooks
        if EVERYONE_GROUP_ID not in state.groups:
            everyone = self._new_group({"name": EVERYONE_GROUP_NAME}, EVERYONE_GROUP_ID)
            state.groups[EVERYONE_GROUP_ID] = everyone.model_copy(update={"type": "BUILT_IN"})

    def fault_error(self, request: web.Request, rule: FaultRule) -> web.Response:
        code, summary = errors.FAULTS.get(rule.status, ("E0000009", "Internal Server Error"))
        return errors.OktaError(rule.status, rule.code or code, rule.message or summary).response()

    def fault_answer(self, request: web.Request, rule: FaultRule) -> web.Response:
        response = super().fault_answer(request, rule)
        if rule.status == 429:
            response.headers.update(self.rate_limits.exceeded_headers(rule.retry_after, concurrency=rule.concurrency))
        return response

    def add_user(self, user: User) -> User:
        self.state.users[user.id] = user
        return user

    def new_user(self, profile: dict[str, Any], user_id: str | None = None, status: str = "ACTIVE") -> User:
        now = self.controls.clock.millis()
        return User(
            id=user_id or new_id("00u"),
            status=status,
            created=now,
            activated=now if status == "ACTIVE" else None,
            status_changed=now,
            last_updated=now,
            profile={"secondEmail": None, "mobilePhone": None, **profile},
        )

    def set_status(self, user: User, status: str, event_type: str, origin: Origin) -> None:
        self.keep_former(user)
        now = self.controls.clock.millis()
        user.status, user.status_changed, user.last_updated = status, now, now
        self.log.write(event_type, origin, user)

    def delete_user(self, user: User, origin: Origin) -> None:
        """The first call deactivates, the second one deletes for good (memberships go without an event each)."""
        if user.status != "DEPROVISIONED":
            user.has_password = False
            self.set_status(user, "DEPROVISIONED", "user.lifecycle.deactivate", origin)
            return
        self.log.write("user.lifecycle.delete.initiated", origin, user)
        del self.state.users[user.id]
        for group in self.state.groups.values():
            group.members.pop(user.id, None)
        self.log.write("user.lifecycle.delete.completed", origin, user)

    def group(self, group_id: str) -> Group:
        group = self.state.groups.get(group_id)
        if group is None:
            raise errors.not_found(group_id, "UserGroup")
        return group

    def group_named(self, key: str) -> Group:
        """By id or name, for the control routes."""
        named = (group for group in self.state.groups.values() if group.name == key)
        return self.state.groups.get(key) or next(named, None) or self.group(key)

    def add_group(self, profile: dict[str, Any], group_id: str | None = None, kind: str = "OKTA_GROUP") -> Group:
        group = self._new_group(profile, group_id).model_copy(update={"type": kind})
        self.state.groups[group.id] = group
        return group

    def _new_group(self, profile: dict[str, Any], group_id: str | None) -> Group:
        now = self.controls.clock.millis()
        return Group(
            id=group_id or new_id("00g"),
            created=now,
            last_updated=now,
            last_membership_updated=now,
            profile={"description": None, **profile},
        )

    def delete_group(self, group: Group, origin: Origin) -> None:
        """Log one group.lifecycle.delete; nothing says that Okta logs a removal per member, so neither do we."""
        del self.state.groups[group.id]
        self.log.write("group.lifecycle.delete", origin, group)

    def members(self, group: Group) -> list[User]:
        """All members by id, deactivated ones included: Okta leaves them in their groups."""
        ids = self.state.users if group.id == EVERYONE_GROUP_ID else group.members
        return [self.state.users[user_id] for user_id in sorted(ids)]

    def groups_of(self, user: User) -> list[Group]:
        groups = self.state.groups.values()
        return [group for group in groups if user.id in group.members or group.id == EVERYONE_GROUP_ID]

    def join(self, group: Group, user: User, origin: Origin | None) -> None:
        """Add a member. Already one: nothing happens. Without an origin nothing is logged."""
        if user.id not in group.members:
            self.keep_former(user)
            group.members[user.id] = group.last_membership_updated = self.controls.clock.millis()
            if origin:
                self.log.write("group.user_membership.add", origin, user, group)

    def leave(self, group: Group, user: User, origin: Origin | None) -> None:
        if user.id in group.members:
            self.keep_former(user)
            del group.members[user.id]
            group.last_membership_updated = self.controls.clock.millis()
            if origin:
                self.log.write("group.user_membership.remove", origin, user, group)

    def keep_former(self, user: User) -> None:
        """Keep what the user is before a change, for replicas that lag."""
        self.replicas.keep(user.id, lambda: SeenUser(user.model_copy(deep=True), tuple(self.groups_of(user))))

    def as_seen(self, user: User, behind: timedelta) -> SeenUser:
        """The user as a read sees it: perhaps as it was some seconds ago."""
        return self.replicas.seen(user.id, SeenUser(user, tuple(self.groups_of(user))), behind)

    def hook(self, hook_id: str) -> EventHook:
        hook = self.state.hooks.get(hook_id)
        if hook is None:
            raise errors.not_found(hook_id, "EventHook")
        return hook

    def _hooks_for(self, event_type: str) -> list[EventHook]:
        return [hook for hook in self.state.hooks.values() if hook.is_delivering and event_type in hook.events.items]

    def _offer_to_hooks(self, event: LogEvent) -> None:
        for hook in self._hooks_for(event["eventType"]):
            self.deliveries.collect(hook, event)

    def _log_failed_delivery(self, hook: EventHook, delivery: Delivery, reason: str) -> None:
        debug = {"eventId": delivery.event_id, "uri": hook.channel.config.uri, "errorMessage": reason}
        self.log.write("event_hook.delivery", Origin(), hook, failure=reason, debug=debug)
        self.controls.state_file.changed()


def new_id(prefix: str) -> str:
    """Make an id that looks like Okta's: 20 characters, the kind first."""
    return prefix + "".join(choice(ascii_letters + digits) for _ in range(13)) + "15d7"
