"""One run of a flow: its steps with their retries, its waits, how it parks and how it ends.

Bound by what Durable Functions for Python does with events and timers: no timer is longer than five days, every timer
that lost is cancelled, one task stands for `superseded`, and each wait for a command has an event name of its own.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from activities.mail import mail_operators
from activities.members import claim_member, mark_member, supersede
from lifecycle import stages
from lifecycle.commands import Command, parse_order, raised_as
from lifecycle.delays import LONGEST_WAIT
from lifecycle.delays import next_wait as next_piece
from lifecycle.events import Flow
from lifecycle.retries import (
    LATER_WAIT,
    MAIL_RETRIES_END_AFTER,
    RETRIES_END_AFTER,
    Failure,
    next_wait,
    retry_waits,
)
from lifecycle.stages import Phase, Stage
from orchestrators.attempts import Steps, attempt, call_of, until

# One that was suspended by hand may take its time, and every look is kept in the history.
PREDECESSOR_WAITS = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 30, 60, 300, 900, 3600))
News = tuple[Callable[..., Any], dict[str, Any]]  # an activity that tells people something, and what it is given


class Ended(Exception):
    """The run is over before its last step."""

    def __init__(self, phase: Phase, reason: str) -> None:
        super().__init__(reason)
        self.phase = phase
        self.reason = reason


def play(context: df.DurableOrchestrationContext, flow: Flow, steps: Callable[["Run"], Steps]) -> Steps:
    """Play a flow to one of its ends; the output says which."""
    run = Run(context, flow)
    try:
        phase, reason = yield from steps(run)
    except Ended as ended:
        phase, reason = ended.phase, ended.reason
    run.show(phase.value, reason=reason)
    return {"phase": phase.value, "reason": reason}


class Run:
    """What the steps of a flow have in common."""

    def __init__(self, context: df.DurableOrchestrationContext, flow: Flow) -> None:
        self._context = context
        self._flow = flow
        self.event: dict[str, Any] = context.get_input()
        self._superseded = context.wait_for_external_event("superseded")
        self._commands = 0
        self._undelivered: str | None = None

    @property
    def now(self) -> datetime:
        """The orchestrator's time, the same in every replay."""
        now: datetime = self._context.current_utc_datetime
        return now

    def after(self, wait: timedelta) -> datetime:
        return self.now + wait

    def is_of(self, *, version: int) -> bool:
        """Whether this run follows the flow as that version had it (docs/decisions/0005)."""
        return bool(self.event.get("version", 1) == version)

    def show(self, stage: str, *, due_at: str | None = None, reason: str | None = None) -> None:
        """Set the custom status: what a person who looks at the instance reads."""
        status = {"stage": stage, "user": self.event["login"] or self.event["okta_user_id"]}
        if due_at:
            status["due_at"] = due_at
        if reason or self._undelivered:
            status["reason"] = reason or self._undelivered
        self._context.set_custom_status(status)

    def step(self, stage: Stage, activity: Callable[..., Any], **details: Any) -> Steps:
        """Run an activity until it is done. When retries do not help: park, and do what the operator says.

        Returns the activity's value, or None when an operator skipped the step.
        """
        while True:
            outcome = yield from self._attempt(stage, activity, RETRIES_END_AFTER, details)
            if not isinstance(outcome, Failure):
                return outcome
            if (yield from self.park(stage, outcome)) is Command.SKIP:
                return None

    def mail(self, stage: Stage, activity: Callable[..., Any], **details: Any) -> Steps:
        """Run an activity of a mail. One that cannot be done is shown, and never holds the flow up."""
        outcome = yield from self._attempt(stage, activity, MAIL_RETRIES_END_AFTER, details)
        if isinstance(outcome, Failure):
            self._undelivered = f"{stage.does} failed: {outcome.reason}"

    def take_over(self) -> Steps:
        """Become the one run that acts on the person.

        Tried for ever, and deaf to `superseded`: a claim may stand although its answer got lost, and then the run
        has to wait for its predecessor before it may end. Returns the flows that are under way for the person: this
        one, and what the runs before did not bring to an end.
        """
        while True:
            claim = yield from self._attempt(
                stages.CLAIM, claim_member, RETRIES_END_AFTER, {"event": self.event, "flow": self._flow.value}
            )
            if not isinstance(claim, Failure):
                break
            self.show(Phase.NEEDS_ATTENTION.value, reason=f"{stages.CLAIM.does}: {claim.reason}")
            yield self._context.create_timer(self.after(LATER_WAIT))
        yield from self._await_predecessor(claim["predecessor"])
        return claim["pending"]

    def _await_predecessor(self, predecessor: str | None) -> Steps:
        """Wait until the run that owned the person before has ended, even if this run is superseded meanwhile.

        So the order of claims is the order of acting.
        """
        attempt = 0
        while predecessor is not None:
            self.show(stages.AWAIT_PREDECESSOR.name, reason=f"{predecessor} has not ended yet")
            outcome = yield from self.call(supersede, {"predecessor": predecessor})
            if not isinstance(outcome, Failure) and outcome["finished"]:
                return
            wait = PREDECESSOR_WAITS[min(attempt, len(PREDECESSOR_WAITS) - 1)]
            yield self._context.create_timer(self.after(wait))
            attempt += 1

    def wait_until(self, stage: Stage, due_at: str) -> Steps:
        """Wait for an instant. Raises Ended when another run takes the person over meanwhile."""
        self.show(stage.name, due_at=due_at)
        yield from self.pause(datetime.fromisoformat(due_at))

    def next_command(self) -> str:
        """The name of the external event by which the next command comes."""
        self._commands += 1
        return raised_as(self._commands)

    def park(self, stage: Stage, failure: Failure) -> Steps:
        """Stay alive and visible until an operator says `retry` or `skip`, which is returned; `discard` ends it."""
        while True:
            name = self.next_command()
            reason = f"{stage.does}: {failure.reason}"
            self.show(Phase.NEEDS_ATTENTION.value, reason=reason)
            order = yield from self.order(name, attention(stage, failure, reason, name))
            if order and order.command is Command.DISCARD:
                yield from self.end(Phase.NOT_CURRENT, f"discarded by an operator while {reason}")
            if order and (order.command is Command.RETRY or (order.command is Command.SKIP and stage.skippable)):
                return order.command

    def finish(self, phase: Phase, reason: str | None = None, **marks: Any) -> Steps:
        """Record where the person stands at the end of the flow."""
        reason = reason or self._undelivered
        yield from self.step(stages.FINISH, mark_member, phase=phase.value, reason=reason, over=True, **marks)
        return phase, reason

    def end(self, phase: Phase, reason: str, **marks: Any) -> Steps:
        """Finish before the last step: record where the person stands, and raise Ended."""
        yield from self.finish(phase, reason, **marks)
        raise Ended(phase, reason)

    def _attempt(
        self, stage: Stage, activity: Callable[..., Any], end_after: timedelta, details: dict[str, Any]
    ) -> Steps:
        """Run an activity, with growing waits between attempts. Returns its value, or the Failure that stands."""
        self.show(stage.name)
        waits = retry_waits(end_after)
        while True:
            outcome = yield from self.call(activity, details)
            if not isinstance(outcome, Failure) or outcome.permanent:
                return outcome
            wait = next(waits, None)
            if wait is None:
                return outcome
            again_at = self.after(next_wait(wait, outcome.retry_after))
            self.show(stage.name, reason=until(again_at, outcome))
            if stage is stages.CLAIM:
                yield self._context.create_timer(again_at)
            else:
                yield from self.pause(again_at)

    def call(self, activity: Callable[..., Any], details: dict[str, Any]) -> Steps:
        """Run an activity once. Returns its value or its Failure.

        Raises Ended when another run owns the person, and when the person is entitled again.
        """
        person = {"okta_user_id": self.event["okta_user_id"], "event_uuid": self.event["uuid"]}
        outcome = yield from attempt(self._context, activity, call_of(self._context, details, **person))
        if isinstance(outcome, Failure) and outcome.superseded:
            raise Ended(Phase.SUPERSEDED, outcome.reason)
        if isinstance(outcome, Failure) and outcome.not_current:
            yield from self.end(Phase.NOT_CURRENT, outcome.reason)
        return outcome

    def hear(self, name: str) -> Any:
        """The task of an external event by this name."""
        return self._context.wait_for_external_event(name)

    def pause(self, until: datetime, command: Any = None) -> Steps:
        """Wait for an instant in pieces that a durable timer can hold. Raises Ended when superseded.

        Returns whether the event of a command came first.
        """
        heard = [self._superseded] if command is None else [self._superseded, command]
        while (piece := next_piece(self.now, until)) is not None:
            timer = self._context.create_timer(self.after(piece))
            winner = yield self._context.task_any([timer, *heard])
            if winner is not timer:
                timer.cancel()
                if winner is self._superseded:
                    raise Ended(Phase.SUPERSEDED, "a run for another event took the person over")
                return True
        return False

    def order(self, name: str, news: Sequence[News]) -> Steps:
        """Say that an operator is needed, and wait for one. Returns None when what was raised is no command.

        What could not be said is said again while the run waits: nobody answers what nobody was told.
        """
        unsaid = yield from self._say(news)
        command = self.hear(name)
        if not unsaid or self.is_of(version=1):
            if (yield self._context.task_any([command, self._superseded])) is not command:
                raise Ended(Phase.SUPERSEDED, "a run for another event took the person over")
            return parse_order(command.result)
        waits = retry_waits()
        while not (yield from self.pause(self.after(next(waits, LATER_WAIT) if unsaid else LONGEST_WAIT), command)):
            unsaid = yield from self._say(unsaid)
        return parse_order(command.result)

    def _say(self, news: Sequence[News]) -> Steps:
        """Returns what could not be said just now."""
        unsaid = []
        for activity, details in news:
            outcome = yield from self.call(activity, details)
            if isinstance(outcome, Failure) and not outcome.permanent:
                unsaid.append((activity, details))
        return unsaid


def attention(stage: Stage, failure: Failure, reason: str, command: str) -> list[News]:
    """What is recorded and mailed when a person is needed."""
    marks = {"phase": Phase.NEEDS_ATTENTION.value, "reason": reason, "awaiting_command": command}
    if stage is stages.CHECK_GROUP:  # of a deleted group they hear once, not once per member
        return [(mark_member, marks)]
    facts = {"step": stage.does, "reason": failure.reason, "awaiting_command": command}
    return [(mark_member, marks), (mail_operators, facts)]
