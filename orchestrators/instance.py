"""One instance of a flow: what it shows of itself, and how it calls an activity, once or with growing waits.

Not with the SDK's own retries: those know no growing waits, and no wait the other side asks for.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import azure.durable_functions as df

from activities.activity import Activity, Call
from lifecycle.retries import LATER_WAIT, Failure, wait_at_least
from lifecycle.stages import Phase
from lifecycle.status import Status

P = ParamSpec("P")
T = TypeVar("T")
Steps = Generator[Any, Any, T]  # what it yields and is sent is the SDK's; T is what the steps come to


@dataclass(frozen=True, slots=True)
class Retries:
    """How an activity is tried again: the waits between attempts, how to wait, and whom to tell why."""

    waits: Iterator[timedelta]
    sleep: Callable[[datetime], Steps[object]]
    show: Callable[[str | None], None]


class Instance:
    """What every flow has in common. `user` is the login of the person it is about, if it is about one."""

    def __init__(self, context: df.DurableOrchestrationContext, *, user: str | None = None) -> None:
        self._context = context
        self._user = user
        self._heard: str | None = None  # the last command of an operator
        self.id: str = context.instance_id

    @property
    def now(self) -> datetime:
        """The orchestrator's time, the same in every replay."""
        now: datetime = self._context.current_utc_datetime
        return now

    @property
    def call(self) -> Call:
        """What every activity is told of its caller."""
        return Call(self.id, okta_user_id="", event_uuid="", at=self.now)

    def after(self, wait: timedelta) -> datetime:
        return self.now + wait

    def show(
        self, stage: str, *, about: str | None = None, due_at: datetime | None = None, reason: str | None = None
    ) -> None:
        """Set the custom status: what a person who looks at the instance reads."""
        self._context.set_custom_status(Status(stage, self._user, about, due_at, reason, self._heard).as_json())

    def once(self, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> Steps[T | Failure]:
        """Run an activity once. Returns its value, or the Failure it reported."""
        request = activity.request(self.call, *args, **kwargs)
        try:
            answer = yield self._context.call_activity(activity.trigger, request)
        except Exception as error:  # whatever an activity raised arrives here as a bare Exception
            return Failure(str(error).strip().splitlines()[0], permanent=False)
        return activity.outcome(answer)

    def persist(
        self, retries: Retries, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Steps[T | Failure]:
        """Run an activity until it is done, or no retry can help, or the waits are over.

        Returns its value, or the Failure that stands.
        """
        retries.show(None)
        while True:
            outcome = yield from self.once(activity, *args, **kwargs)
            if not isinstance(outcome, Failure) or outcome.permanent:
                return outcome
            wait = next(retries.waits, None)
            if wait is None:
                return outcome
            again_at = self.after(wait_at_least(wait, outcome.retry_after))
            retries.show(f"{outcome.reason}; next attempt at {again_at:%Y-%m-%d %H:%M:%S} UTC")
            yield from retries.sleep(again_at)

    def insist(self, retries: Retries, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> Steps[T]:
        """As `persist`, but never give up: when no retry helps, or the waits are over, once an hour."""
        while True:
            outcome = yield from self.persist(retries, activity, *args, **kwargs)
            if not isinstance(outcome, Failure):
                return outcome
            again_at = self.after(LATER_WAIT)
            self.show(Phase.NEEDS_ATTENTION.value, reason=f"{outcome.reason}; next attempt at {again_at:%H:%M} UTC")
            yield from retries.sleep(again_at)

    def sleep(self, until: datetime) -> Steps[None]:
        """Wait for an instant that is a day away at the most, deaf to whatever comes meanwhile."""
        yield self._context.create_timer(until)
