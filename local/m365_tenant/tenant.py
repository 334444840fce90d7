"""A Microsoft 365 tenant in memory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from local.m365_tenant import errors
from local.m365_tenant.model import Group, Sku, TenantState, User
from local.stand_in.faults import REQUEST_KINDS, FaultKind, FaultRule
from local.stand_in.lag import LAGGING, Replicas
from local.stand_in.stand_in import StandIn

DEFAULT_TOKEN = "local-graph-token"
STALE: frozenset[FaultKind] = frozenset({"stale_reads"})
VANISHING: frozenset[FaultKind] = frozenset({"seats_vanish"})


@dataclass(slots=True)
class FormerUser:
    """A user as it was before a write, for as long as reads stay stale."""

    user: User
    until: float
    reads: int | None


class M365Tenant(StandIn[TenantState, User]):
    """The whole tenant. Its parts: `state`, and the `controls` of every stand-in."""

    def __init__(self, *, token: str = DEFAULT_TOKEN, data: Path | None = None) -> None:
        super().__init__(TenantState, REQUEST_KINDS | LAGGING | STALE | VANISHING, data)
        self.token = token
        self._former: dict[str, FormerUser] = {}
        self.replicas: Replicas[User] = Replicas(self.controls.clock, self.controls.faults)
        self.restore()

    @property
    def users(self) -> Mapping[str, User]:
        return self.state.users

    def no_such_user(self, key: str) -> errors.GraphError:
        return errors.user_not_found(key)

    def reset(self) -> None:
        self._former.clear()
        super().reset()

    def fault_error(self, request: web.Request, rule: FaultRule) -> web.Response:
        code, message = errors.FAULTS.get(rule.status, ("UnknownError", ""))
        error = errors.GraphError(rule.status, rule.code or code, rule.message or message)
        return error.response(request, self.controls.clock)

    def seen_user(self, key: str, behind: timedelta) -> User:
        """The user as a read sees it: perhaps as it was before the last write."""
        return self.as_seen(self.user(key), behind)

    def as_seen(self, user: User, behind: timedelta) -> User:
        former = self._former.get(user.id)
        if former is None:
            return self.replicas.seen(user.id, user, behind)
        if time.monotonic() >= former.until or former.reads == 0:
            del self._former[user.id]
            return user
        if former.reads is not None:
            former.reads -= 1
        return former.user

    def user_to_write(self, request: web.Request) -> User:
        """The user of the path, about to be changed: reads may stay stale after it."""
        user = self.user(request.match_info["user"])
        self.replicas.keep(user.id, lambda: user.model_copy(deep=True))
        for rule in self.controls.faults.strike_request(STALE, request.method, request.path):
            # With a number of reads given, time does not end it.
            until = time.monotonic() + (rule.seconds if rule.reads is None else 3600)
            self._former[user.id] = FormerUser(user.model_copy(deep=True), until, rule.reads)
        return user

    def sku(self, key: str) -> Sku:
        """By skuId or skuPartNumber, for seeding and the control routes."""
        named = (sku for sku in self.state.skus.values() if sku.sku_part_number == key)
        sku = self.state.skus.get(key.lower()) or next(named, None)
        if sku is None:
            raise errors.GraphError(404, "Request_ResourceNotFound", f"Resource '{key}' does not exist.")
        return sku

    def add_user(self, **properties: Any) -> User:
        now = self.controls.clock.seconds()
        user = User.model_validate(
            {"created_date_time": now, "sign_in_sessions_valid_from_date_time": now, **properties}
        )
        if user.mail and not user.proxy_addresses:
            user.proxy_addresses = [f"SMTP:{user.mail}"]
        self.state.users[user.id] = user
        return user

    def add_group(self, group: Group) -> Group:
        self.state.groups[group.id] = group
        return group
