"""How a run becomes the one that acts on the person."""

from datetime import timedelta

from activities.members import claim_member, supersede
from lifecycle import stages
from lifecycle.events import Flow
from lifecycle.retries import retry_waits
from orchestrators.instance import Retries, Steps
from orchestrators.run import Run

# One that was suspended by hand may take its time, and every look is kept in the history.
PREDECESSOR_WAITS = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 30, 60, 300, 900, 3600))


def take_over(run: Run) -> Steps[tuple[Flow, ...]]:
    """Claim the person, and wait until the run before has ended.

    Tried for ever, and deaf to `superseded`: a claim may stand although its answer got lost, and then the run has to
    wait for its predecessor before it may end. Returns the flows that are under way for the person: this one, and
    what the runs before did not bring to an end.
    """
    retries = Retries(retry_waits(), run.sleep, lambda reason: run.show(stages.CLAIM.name, reason=reason))
    claim = yield from run.insist(retries, claim_member, event=run.input, flow=run.flow)
    if claim.predecessor is not None:
        yield from await_end_of(claim.predecessor, run)
    return claim.pending


def await_end_of(predecessor: str, run: Run) -> Steps[bool]:
    """Wait until the run before, of the person or the account, has ended, even if this one is superseded meanwhile.

    So the order of claims is the order of acting. Returns whether it was alive.
    """
    looks = 0
    while True:
        run.show(stages.AWAIT_PREDECESSOR.name, reason=f"{predecessor} has not ended yet")
        if (yield from run.once(supersede, predecessor=predecessor)) is True:
            return looks > 0
        yield from run.sleep(run.after(PREDECESSOR_WAITS[min(looks, len(PREDECESSOR_WAITS) - 1)]))
        looks += 1
