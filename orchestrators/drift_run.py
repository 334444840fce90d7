"""One run of the drift check: its steps with their retries, and what a person sees of it meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from activities.activity import Activity
from lifecycle.drift_report import DriftStage
from lifecycle.retries import Failure, retry_waits
from orchestrators.instance import Instance, Retries, Steps

P = ParamSpec("P")
T = TypeVar("T")


class Incomplete(Exception):
    """A step could not be done, so nothing may be built on it."""


class DriftRun(Instance):
    """What the steps of a check have in common."""

    reason: str | None = None  # why the check is incomplete

    def step(
        self, stage: DriftStage, about: str, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Steps[T]:
        """Run an activity until it is done. Raises Incomplete when retries do not help."""
        retries = Retries(retry_waits(), self.sleep, lambda reason: self.show(stage, about=about, reason=reason))
        outcome = yield from self.persist(retries, activity, *args, **kwargs)
        if isinstance(outcome, Failure):
            raise Incomplete(f"{stage.value.replace('_', ' ')} ({about}): {outcome.reason}")
        return outcome

    @contextmanager
    def noting_why_incomplete(self) -> Iterator[None]:
        """Leave out the rest of a block when one of its steps cannot be done, and go on behind it."""
        try:
            yield
        except Incomplete as incomplete:
            self.reason = "; ".join(reason for reason in (self.reason, str(incomplete)) if reason)
