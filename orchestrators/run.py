"""One run of a flow about a person: its steps with their retries, how it parks and how it ends."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import ParamSpec, TypeVar

import azure.durable_functions as df

from activities.activity import Activity, Call
from activities.mail import mail_licenses_kept
from activities.managers import find_manager
from activities.members import finish_keeping_licenses, finish_member, mark_needs_attention, pass_over
from activities.operator_mail import mail_operators
from lifecycle import stages
from lifecycle.events import Flow
from lifecycle.found_account import Look
from lifecycle.inputs import EventInput, read_input
from lifecycle.orders import Command, Order
from lifecycle.retries import HOURLY_LOOKS, LATER_WAIT, MAIL_RETRIES_END_AFTER, Failure, retry_waits
from lifecycle.stages import AnyStage, Phase, SkippableStage, Stage
from orchestrators.instance import Retries, Steps
from orchestrators.listener import Announcement, Ended, Listener

P = ParamSpec("P")
T = TypeVar("T")


class TurnRound(Exception):
    """What the course was chosen by is not so any more: Okta is asked anew, and the course chosen anew."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Where the person stands when the run is over, and why."""

    phase: Phase
    reason: str | None = None


def run_flow(
    context: df.DurableOrchestrationContext, flow: Flow, steps: Callable[["Run"], Steps[Ending]]
) -> Steps[dict[str, str | None]]:
    """Run a flow to one of its ends; the output says which."""
    run = Run(context, flow)
    try:
        ending = yield from steps(run)
    except Ended as ended:
        ending = Ending(ended.phase, ended.reason)
    run.show(ending.phase.value, reason=ending.reason)
    return {"phase": ending.phase.value, "reason": ending.reason}


class Run(Listener):
    """What the steps of a flow about a person have in common."""

    def __init__(self, context: df.DurableOrchestrationContext, flow: Flow) -> None:
        self.flow = flow
        self.input = read_input(EventInput, flow, context.get_input())
        super().__init__(context, user=self.input.login or self.input.okta_user_id)
        self.account_id: str | None = None  # the one account that this run has claimed
        self.has_passed_brake = False  # for the present leave; or an operator has said `release`
        self.was_handed_over = False  # another run wrote to the account before this one
        self.look: Look | None = None  # at Okta, by which the account was claimed
        self._undelivered: str | None = None
        self._hours: dict[AnyStage, int] = {}  # how often what parked was looked at again
        self._told: set[AnyStage] = set()  # of which waits that end by themselves the operators know
        self._asked: dict[AnyStage, str] = {}  # by which event the answer comes to what is asked hour after hour

    def believe(self, found: EventInput) -> None:
        """Take the event from now on as Okta's System Log has it, whatever the delivery said."""
        self.input = replace(found, version=self.input.version)
        self._user = found.login or found.okta_user_id

    @property
    def call(self) -> Call:
        return replace(super().call, okta_user_id=self.input.okta_user_id, event_uuid=self.input.uuid)

    def show(
        self, stage: str, *, about: str | None = None, due_at: datetime | None = None, reason: str | None = None
    ) -> None:
        """A mail that could not be sent is shown for as long as there is nothing more urgent to say."""
        super().show(stage, about=about, due_at=due_at, reason=reason or self._undelivered)

    def once(self, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> Steps[T | Failure]:
        """Raises Ended when another run owns the person, and TurnRound when the truth has changed meanwhile."""
        outcome = yield from super().once(activity, *args, **kwargs)
        if isinstance(outcome, Failure) and outcome.superseded:
            raise Ended(Phase.SUPERSEDED, outcome.reason)
        if isinstance(outcome, Failure) and outcome.look_again:
            raise TurnRound(outcome.reason)
        return outcome

    def step(self, stage: Stage, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> Steps[T]:
        """Run an activity until it is done. When retries do not help: park, until an operator says `retry`."""
        while True:
            outcome = yield from self.persist(self.retries(stage, retry_waits()), activity, *args, **kwargs)
            if not isinstance(outcome, Failure):
                return outcome
            yield from self.park(stage, outcome)

    def skippable_step(
        self, stage: SkippableStage, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Steps[T | None]:
        """As `step`. Returns None when an operator said `skip`."""
        while True:
            outcome = yield from self.persist(self.retries(stage, retry_waits()), activity, *args, **kwargs)
            if not isinstance(outcome, Failure):
                return outcome
            if (yield from self.park(stage, outcome)) is Command.SKIP:
                return None

    def tell_manager(self, stage: Stage, mail: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> Steps[None]:
        """Find the manager as of now, and send the mail: who was one a month ago may have left since."""
        yield from self.mail(stage, find_manager)
        yield from self.mail(stage, mail, *args, **kwargs)

    def mail(self, stage: Stage, activity: Activity[P, T], *args: P.args, **kwargs: P.kwargs) -> Steps[None]:
        """Run an activity of a mail. One that cannot be done is shown, and never holds the flow up."""
        retries = self.retries(stage, retry_waits(MAIL_RETRIES_END_AFTER))
        outcome = yield from self.persist(retries, activity, *args, **kwargs)
        if isinstance(outcome, Failure):
            self._undelivered = f"{stage.does} failed: {outcome.reason}"

    def retries(self, stage: AnyStage, waits: Iterator[timedelta]) -> Retries:
        return Retries(waits, self.pause, lambda reason: self.show(stage.name, reason=reason))

    def park(self, stage: AnyStage, failure: Failure) -> Steps[Command]:
        """Stay alive and visible until an operator says `retry` or `skip`, which is returned; `discard` ends it."""
        reason = f"{stage.does}: {failure.reason}"
        while True:
            name = self.next_command()
            self.show(Phase.NEEDS_ATTENTION.value, reason=reason)
            order = yield from self.await_order(name, self._alarm(stage, failure, name))
            if command := (yield from self._decision(stage, order, reason)):
                return command

    def park_for_an_hour(self, stage: AnyStage, failure: Failure) -> Steps[Command | None]:
        """As `park`, but go on after an hour too: what is wrong may pass by itself. The operators are told once.

        After two weeks only an operator makes it go on.
        """
        hours = self._hours.get(stage, 0)
        if hours >= HOURLY_LOOKS:
            return (yield from self.park(stage, failure))
        mail = partial(self.once, mail_operators, step=stage.does, reason=failure.reason, awaiting_command=stage.name)
        yield from self.tell_once(stage, mail)
        self._hours[stage] = hours + 1
        return (yield from self.park_until(self.after(LATER_WAIT), stage, f"{stage.does}: {failure.reason}"))

    def tell_once(self, stage: AnyStage, announcement: Announcement) -> Steps[None]:
        """Announce that an operator is needed; what could not be said just now is said when this is asked for again."""
        if stage not in self._told and not (yield from self._announce([announcement])):
            self._told.add(stage)

    def park_until(self, again_at: datetime, stage: AnyStage, reason: str) -> Steps[Command | None]:
        """As `park`, but go on at an instant if nobody says anything: then None is returned.

        Until somebody does, the same event is awaited each time: it is one question about one stage.
        """
        while True:
            name = self._asked.get(stage) or self.next_command()
            yield from self.once(mark_needs_attention, reason=reason, awaiting_command=name, tries_again=True)
            self.show(Phase.NEEDS_ATTENTION.value, reason=f"{reason}; next attempt at {again_at:%H:%M} UTC")
            self._asked[stage] = name
            was_told, order = yield from self.pause_or_order(again_at, name)
            if not was_told:
                return None
            del self._asked[stage]
            if command := (yield from self._decision(stage, order, reason)):
                return command

    def _decision(self, stage: AnyStage, order: Order | None, reason: str) -> Steps[Command | None]:
        """What an operator decided about a stage; None when the run has to ask again."""
        if order is None:
            return None
        if order.command is Command.DISCARD:
            yield from self.end(Phase.NOT_CURRENT, f"discarded by an operator ({order.by}) while {reason}")
        if order.command is Command.RETRY or (order.command is Command.SKIP and isinstance(stage, SkippableStage)):
            return order.command
        return None

    def _alarm(self, stage: AnyStage, failure: Failure, name: str) -> list[Announcement]:
        """What is recorded and mailed when an operator is needed."""
        reason = f"{stage.does}: {failure.reason}"
        alarm: list[Announcement] = [lambda: self.once(mark_needs_attention, reason=reason, awaiting_command=name)]
        if stage is not stages.CHECK_GROUP:  # of a deleted group they are told once, not once per member
            step = stage.does
            alarm.append(lambda: self.once(mail_operators, step=step, reason=failure.reason, awaiting_command=name))
        return alarm

    def finish(self, phase: Phase, reason: str | None = None) -> Steps[Ending]:
        """Record where the person stands at the end of the flow."""
        ending = Ending(phase, reason or self._undelivered)
        yield from self.skippable_step(stages.FINISH, finish_member, phase=ending.phase, reason=ending.reason)
        return ending

    def pass_over(self, reason: str) -> Steps[Ending]:
        """As `finish`, for a person who is not under management, as far as is known by now."""
        yield from self.skippable_step(stages.FINISH, pass_over, reason=reason)
        return Ending(Phase.NOT_CURRENT, reason)

    def end(self, phase: Phase, reason: str) -> Steps[None]:
        """Finish before the last step: record where the person stands, and raise Ended."""
        yield from self.finish(phase, reason)
        raise Ended(phase, reason)

    def end_keeping_licenses(self, reason: str) -> Steps[None]:
        """As `end`, because an operator decided that the licenses stay; the manager is told once that is on record."""
        yield from self.skippable_step(stages.FINISH, finish_keeping_licenses, reason=reason)
        yield from self.tell_manager(stages.MAIL_KEPT, mail_licenses_kept)
        raise Ended(Phase.NOT_CURRENT, reason)
