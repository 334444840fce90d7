"""The long waits of a flow: until the licenses go, until a wave is released, until a seat is free."""

from collections.abc import Callable
from datetime import datetime

from activities.mail import mail_date_changed, mail_reminder
from activities.members import change_due_at, mark_held
from activities.operator_mail import mail_operators_about_seats, mail_wave_held
from lifecycle import stages
from lifecycle.members import GracePeriod
from lifecycle.orders import Command
from lifecycle.retries import LATER_WAIT, SEAT_ATTEMPTS, Failure
from lifecycle.stages import Phase
from orchestrators.instance import Steps
from orchestrators.listener import Announcement
from orchestrators.run import Run

KEPT = "an operator decided that the licenses stay"
HELD = "more deactivations within an hour than MAX_DEACTIVATIONS_PER_HOUR allows; held until released"


def grace_period(
    run: Run, fixed: GracePeriod, name: str, looks: list[datetime], check: Callable[[], Steps[list[datetime]]]
) -> Steps[bool]:
    """Wait until the licenses go. An operator may `extend` it, end it (`remove-now`), or `keep` the licenses.

    `name` is the event of the next command, as the row tells it. `looks` are the instants at which to `check` what has
    become of the account, which answers further ones; those that were not reached are left in the list. Returns whether
    an operator ended it before the date.
    """
    while True:
        due_at, remind_at = fixed.due_at, fixed.remind_at
        run.show(stages.GRACE_PERIOD.name, due_at=due_at)
        until = min([due_at, *looks, *([remind_at] if remind_at else [])])
        was_told, order = yield from run.pause_or_order(until, name)
        if order and order.command is Command.REMOVE_NOW:
            return True
        if not was_told and until == due_at:
            return False
        if not was_told and until in looks:
            looks.remove(until)
            looks += yield from check()
        if order and order.command is Command.KEEP:
            yield from run.end_keeping_licenses(f"{KEPT} ({order.by})")
        # Whatever else came, the next command needs an event name of its own, and the row has to tell it.
        changed_by, name = name, run.next_command()
        asked = order.until if order and order.until else due_at
        fixed = yield from run.step(stages.EXTEND_GRACE_PERIOD, change_due_at, due_at=asked, awaiting_command=name)
        # Told when the next command can come already: a mail may take minutes.
        if fixed.due_at != due_at:
            yield from run.tell_manager(
                stages.MAIL_DATE_CHANGED, mail_date_changed, due_at=fixed.due_at, change=changed_by
            )
        elif not was_told and until == remind_at:
            yield from run.tell_manager(stages.MAIL_REMINDER, mail_reminder, due_at=due_at)


def hold(run: Run) -> Steps[None]:
    """Be one of a wave: wait until an operator says `release`; `discard` ends the run."""
    while True:
        name = run.next_command()
        run.show(Phase.HELD.value, reason=HELD)
        order = yield from run.await_order(name, [held_alarm(run, name)], later=wave_alarm(run))
        if order and order.command is Command.DISCARD:
            yield from run.end(Phase.NOT_CURRENT, f"discarded by an operator ({order.by}) while held: {HELD}")
        if order and order.command is Command.RELEASE:
            return


def held_alarm(run: Run, name: str) -> Announcement:
    """What is recorded of the person."""
    return lambda: run.once(mark_held, reason=HELD, awaiting_command=name)


def wave_alarm(run: Run) -> Announcement:
    """What is mailed once an hour of the wave. A wave takes minutes to come in, and the mail says how many it is."""
    hour = f"{run.now:%Y-%m-%d %H}:00 UTC"
    return lambda: run.once(mail_wave_held, hour=hour)


def await_seat(run: Run, no_seat: tuple[str, ...], attempts: int) -> Steps[bool]:
    """Wait an hour for a seat, visibly; tell the operators once; after two weeks it needs a person.

    Returns whether to try again, which is at once when an operator says `retry`; not after `skip`.
    """
    reason = f"no free seat of {', '.join(no_seat)}"
    if attempts >= SEAT_ATTEMPTS:
        return (yield from run.park(stages.AWAIT_SEAT, Failure(reason, permanent=True))) is Command.RETRY
    yield from run.tell_once(stages.AWAIT_SEAT, lambda: run.once(mail_operators_about_seats, no_seat=no_seat))
    answer = yield from run.park_until(run.after(LATER_WAIT), stages.AWAIT_SEAT, reason)
    return answer is not Command.SKIP
