"""Calling an activity as an orchestrator does: by the function that the worker knows, over JSON in both directions."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ParamSpec, TypeVar

import pytest

import wiring
from activities.activity import CALL, CLIENT, Activity, Call, Envelope
from lifecycle.retries import Failure

P = ParamSpec("P")
T = TypeVar("T")

# What the host binds to a durable client; nothing listens there.
STARTER = json.dumps(
    {"taskHubName": "Tests", "creationUrls": {}, "managementUrls": {}, "rpcBaseUrl": "http://127.0.0.1:9/durabletask/"}
)


@dataclass(frozen=True)
class Run:
    """The run that calls: which one, for whom, and when."""

    call: Call

    async def perform(self, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the activity answers; a failure fails the test."""
        outcome = await self._ask(activity, *args, **kwargs)
        if isinstance(outcome, Failure):
            pytest.fail(f"{activity.name} failed: {outcome}")
        return outcome

    async def refusal(self, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> Failure:
        """The failure that the activity reports; a success fails the test."""
        outcome = await self._ask(activity, *args, **kwargs)
        if not isinstance(outcome, Failure):
            pytest.fail(f"{activity.name} did not fail, it answered {outcome!r}")
        return outcome

    def after(self, *, minutes: int) -> "Run":
        """The same run, so much later."""
        return Run(replace(self.call, at=self.call.at + timedelta(minutes=minutes)))

    def by(self, instance: str) -> "Run":
        """Another run, for the same person."""
        return Run(replace(self.call, instance=instance))

    def about(self, okta_user_id: str) -> "Run":
        """The same run, for another person."""
        return Run(replace(self.call, okta_user_id=okta_user_id))

    async def _ask(self, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Failure:
        request = through_json(activity.request(self.call, *args, **kwargs))
        function = activity.trigger._function.get_user_function()
        bindings = {CALL: request, CLIENT: STARTER} if hasattr(function, "client_function") else {CALL: request}
        return activity.outcome(through_json(await function(**bindings)))


def through_json(envelope: Envelope) -> Envelope:
    """As the other side of the wire finds it."""
    arrived: Envelope = json.loads(json.dumps(envelope, allow_nan=False))
    return arrived


def stand_in(monkeypatch: pytest.MonkeyPatch, settings: Callable[[], object], **clients: object) -> None:
    """Put these into the place of the real settings and the real clients (`tables`, `okta`, `graph`)."""
    monkeypatch.setattr(wiring, "settings", settings)
    for name, client in clients.items():
        monkeypatch.setattr(wiring, name, _giving(client))


def _giving(client: object) -> Callable[[], Awaitable[object]]:
    async def give() -> object:
        return client

    return give
