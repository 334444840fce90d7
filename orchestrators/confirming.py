"""How a run finds its event in Okta's System Log before it claims anybody. It is deaf meanwhile: nothing is its own."""

from datetime import datetime

from activities.system_log import find_in_log, report_unseen
from lifecycle import stages
from lifecycle.confirming import last_look_at, look_waits
from lifecycle.inputs import EventInput
from lifecycle.retries import Failure, wait_at_least
from lifecycle.stages import Phase
from orchestrators.instance import Steps
from orchestrators.listener import Ended
from orchestrators.run import Run

NOT_THERE = "Okta's System Log does not have the event"


def confirm(run: Run) -> Steps[None]:
    """Let the run go on with what the log says of its event. Raises Ended when the log does not have it."""
    if run.input.found:
        return
    found = (yield from look_until(run, last_look_at(run.input.published))) or (yield from look_last(run))
    if found is None:
        yield from run.once(report_unseen, event=run.input)
        raise Ended(Phase.UNSEEN, f"{NOT_THERE}, so it did not happen; nobody was claimed and nothing changed")
    run.believe(found)


def look_until(run: Run, last_look: datetime) -> Steps[EventInput | None]:
    """Look with growing waits, for as long as the log may be late."""
    waits = look_waits()
    while run.now < last_look:
        outcome = yield from look(run, exact=False)
        if isinstance(outcome, EventInput):
            return outcome
        again_at = run.after(wait_at_least(next(waits), outcome.retry_after if outcome else None))
        yield from wait(run, outcome, min(again_at, last_look))
    return None


def look_last(run: Run) -> Steps[EventInput | None]:
    """Ask for this one event until the log answers: one that cannot be read says nothing."""
    waits = look_waits()
    while isinstance(outcome := (yield from look(run, exact=True)), Failure):
        yield from wait(run, outcome, run.after(wait_at_least(next(waits), outcome.retry_after)))
    return outcome


def look(run: Run, *, exact: bool) -> Steps[EventInput | Failure | None]:
    run.show(stages.AWAIT_LOG.name)
    return (yield from run.once(find_in_log, event=run.input, flow=run.flow, exact=exact))


def wait(run: Run, outcome: Failure | None, again_at: datetime) -> Steps[None]:
    why = outcome.reason if outcome else NOT_THERE
    run.show(stages.AWAIT_LOG.name, reason=f"{why}; next look at {again_at:%Y-%m-%d %H:%M:%S} UTC")
    yield from run.sleep(again_at)
