"""The long waits of a flow: until the licenses go, until a wave is released, until a seat is free."""

from datetime import datetime

from activities.mail import mail_notice, mail_operators_about_seats
from activities.members import change_due_at, mark_member
from lifecycle import stages
from lifecycle.commands import Command, parse_order
from lifecycle.retries import LATER_WAIT, SEAT_ATTEMPTS, Failure
from lifecycle.stages import Phase
from orchestrators.attempts import Steps
from orchestrators.run import Run

KEPT = "an operator decided that the licenses stay"


def grace_period(run: Run, due_at: str, name: str) -> Steps:
    """Wait until the licenses go. An operator may `extend` it, end it (`remove-now`), or `keep` the licenses.

    `name` is the event of the next command, as the row tells it.
    """
    while True:
        run.show(stages.GRACE_PERIOD.name, due_at=due_at)
        command = run.hear(name)
        if not (yield from run.pause(datetime.fromisoformat(due_at), command)):
            return
        order = parse_order(command.result)
        if order and order.command is Command.REMOVE_NOW:
            return
        if order and order.command is Command.KEEP:
            yield from run.end(Phase.NOT_CURRENT, KEPT, kept=True)
        # Whatever else came, the next command needs an event name of its own, and the row has to tell it.
        later = {"due_at": order.until.isoformat() if order and order.until else due_at}
        name = run.next_command()
        outcome = yield from run.step(stages.EXTEND_GRACE_PERIOD, change_due_at, **later, awaiting_command=name)
        due_at = outcome["due_at"]


def hold(run: Run) -> Steps:
    """Be one of a wave: wait until an operator says `release`; `discard` ends the run."""
    reason = "more deactivations within an hour than MAX_DEACTIVATIONS_PER_HOUR allows; held until released"
    while True:
        name = run.next_command()
        run.show(Phase.HELD.value, reason=reason)
        marks = {"phase": Phase.HELD.value, "reason": reason, "awaiting_command": name}
        hour = f"{run.now:%Y-%m-%d %H}:00 UTC"
        notice = {"kind": "wave_held", "facts": {"hour": hour}}
        order = yield from run.order(name, [(mark_member, marks), (mail_notice, notice)])
        if order and order.command is Command.DISCARD:
            yield from run.end(Phase.NOT_CURRENT, f"discarded by an operator while held: {reason}")
        if order and order.command is Command.RELEASE:
            return


def await_seat(run: Run, no_seat: list[str], attempts: int) -> Steps:
    """Wait an hour for a seat, visibly; tell the operators once; after two weeks it needs a person.

    Returns whether to try again; not when an operator said `skip`.
    """
    failure = Failure(f"no free seat of {', '.join(no_seat)}", permanent=True)
    if attempts >= SEAT_ATTEMPTS:
        command = yield from run.park(stages.AWAIT_SEAT, failure)
        return command is Command.RETRY or run.is_of(version=1)
    yield from run.call(mark_member, {"phase": Phase.NEEDS_ATTENTION.value, "reason": failure.reason})
    if attempts == 0:
        yield from run.call(mail_operators_about_seats, {"no_seat": no_seat})
    again_at = run.after(LATER_WAIT)
    run.show(Phase.NEEDS_ATTENTION.value, reason=f"{failure.reason}; next attempt at {again_at:%H:%M} UTC")
    yield from run.pause(again_at)
    return True
