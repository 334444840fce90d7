"""One run of the drift check: its steps with their retries, and what a person sees of it meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import azure.durable_functions as df

from lifecycle.drift import DriftStage
from lifecycle.retries import Failure
from orchestrators.attempts import Steps, persist


class Incomplete(Exception):
    """A step could not be done, so nothing may be built on it."""


class DriftRun:
    """What the steps of a check have in common: they all know when it began."""

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self._began_at = context.current_utc_datetime.isoformat()
        self.id: str = context.instance_id
        self.reason: str | None = None  # why the check is incomplete

    def step(self, stage: DriftStage, who: str, activity: Callable[..., Any], **details: Any) -> Steps:
        """Run an activity until it is done. Raises Incomplete when retries do not help."""
        showing = partial(self.show, stage, who)
        showing()
        outcome = yield from persist(self._context, activity, {"began_at": self._began_at, **details}, showing)
        if isinstance(outcome, Failure):
            raise Incomplete(f"{stage.value.replace('_', ' ')} ({who}): {outcome.reason}")
        return outcome

    @contextmanager
    def noting_why_incomplete(self) -> Iterator[None]:
        """Leave out the rest of a block when one of its steps cannot be done, and go on behind it."""
        try:
            yield
        except Incomplete as incomplete:
            self.reason = "; ".join(reason for reason in (self.reason, str(incomplete)) if reason)

    def show(self, stage: DriftStage, who: str, reason: str | None = None) -> None:
        status = {"stage": stage.value, "user": who}
        self._context.set_custom_status({**status, "reason": reason} if reason else status)
