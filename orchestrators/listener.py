"""What a run about a person listens to while it waits: a newer run that takes the person over, and an operator.

Bound by what Durable Functions for Python does with events and timers: no timer is longer than five days, every timer
that lost is cancelled, one task stands for `superseded`, and each wait for a command has an event name of its own.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import azure.durable_functions as df
from azure.durable_functions.models.Task import TaskBase

from activities.commands import take_order
from lifecycle import stages
from lifecycle.delays import next_piece
from lifecycle.orders import Order, parse_order, raised_as
from lifecycle.retries import LATER_WAIT, Failure, retry_waits
from lifecycle.stages import Phase
from orchestrators.instance import Instance, Retries, Steps

SAID_LATER = timedelta(minutes=2)
Announcement = Callable[[], Steps[object]]  # an activity by which people learn that an operator is needed


class Ended(Exception):
    """The run is over before its last step."""

    def __init__(self, phase: Phase, reason: str) -> None:
        super().__init__(reason)
        self.phase = phase
        self.reason = reason


class Listener(Instance):
    """An instance that makes way for a newer run, and that operators can command."""

    def __init__(self, context: df.DurableOrchestrationContext, *, user: str | None) -> None:
        super().__init__(context, user=user)
        self._superseded = context.wait_for_external_event("superseded")
        self._names = 0
        self._commands: dict[str, TaskBase] = {}  # by name: to await one anew would be to take what came for both

    def next_command(self) -> str:
        """The name of the external event by which the next command comes."""
        self._names += 1
        return raised_as(self._names)

    def pause(self, until: datetime) -> Steps[None]:
        """Wait for an instant. Raises Ended when another run takes the person over meanwhile."""
        yield from self._wait(until, [])

    def pause_or_order(self, until: datetime, name: str) -> Steps[tuple[bool, Order | None]]:
        """Wait for an instant, or for the command that is raised by this name.

        Returns whether a command came, and the order if that is what came. Raises Ended as `pause`.
        """
        command = self._command(name)
        is_raised = yield from self._wait(until, [command])
        # An event that was lost, or that comes in this moment, has left its order in the row.
        order = yield from self._take_order(name, command.result if is_raised else None)
        return is_raised or order is not None, order

    def await_order(
        self, name: str, announcements: Sequence[Announcement], *, later: Announcement | None = None
    ) -> Steps[Order | None]:
        """Announce that an operator is needed, and wait for one. Returns None when what was raised is no command.

        What could not be announced is announced again while the run waits: nobody answers what nobody was told. What is
        said `later` is said some minutes later, unless an operator has answered by then.
        """
        is_raised = yield from self._announce_until_said(announcements, name)
        if later is not None and not is_raised:
            is_raised = yield from self._wait(self.after(SAID_LATER), [self._command(name)])
        if later is not None and not is_raised:
            is_raised = yield from self._announce_until_said([later], name)
        command = self._command(name)
        if not is_raised:
            # Without a timer: this may take months, and each timer that fires makes the history longer.
            winner = yield self._context.task_any([self._superseded, command])
            self._make_way_if_superseded(winner)
        return (yield from self._take_order(name, command.result))

    def _announce_until_said(self, announcements: Sequence[Announcement], name: str) -> Steps[bool]:
        """Returns whether a command came before all of it could be said."""
        unsaid = yield from self._announce(announcements)
        waits = retry_waits()
        while unsaid:
            if (yield from self._wait(self.after(next(waits, LATER_WAIT)), [self._command(name)])):
                return True
            unsaid = yield from self._announce(unsaid)
        return False

    def _command(self, name: str) -> TaskBase:
        """The one task that stands for an event."""
        if name not in self._commands:
            self._commands[name] = self._context.wait_for_external_event(name)
        return self._commands[name]

    def _take_order(self, name: str, raised: object) -> Steps[Order | None]:
        """End the wait for a command in the row as well. Tried for ever: whoever was told "accepted" is heard."""
        retries = Retries(retry_waits(), self.pause, lambda reason: self.show(stages.TAKE_ORDER.name, reason=reason))
        order = yield from self.insist(retries, take_order, event=name, raised=parse_order(raised))
        self._heard = order.said if order else self._heard
        return order

    def _announce(self, announcements: Sequence[Announcement]) -> Steps[list[Announcement]]:
        """Returns what could not be announced just now."""
        unsaid = []
        for announcement in announcements:
            outcome = yield from announcement()
            if isinstance(outcome, Failure) and not outcome.permanent:
                unsaid.append(announcement)
        return unsaid

    def _wait(self, until: datetime, commands: Sequence[TaskBase]) -> Steps[bool]:
        """Wait in pieces that a durable timer can hold. Returns whether a command came before the instant."""
        while (piece := next_piece(self.now, until)) is not None:
            timer = self._context.create_timer(self.after(piece))
            winner = yield self._context.task_any([timer, self._superseded, *commands])
            if winner is not timer:
                timer.cancel()
                self._make_way_if_superseded(winner)
                return True
        return False

    def _make_way_if_superseded(self, winner: object) -> None:
        if winner is self._superseded:
            raise Ended(Phase.SUPERSEDED, "a run for another event took the person over")
