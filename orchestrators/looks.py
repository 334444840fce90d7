"""Looking at Okta: twice where the first reading contradicts the log, and for as long as Okta is changing the user."""

from activities.okta import read_entitlement
from lifecycle.entitlement import Entitlement
from lifecycle.readings import LONGEST_CHANGE, SECOND_LOOK_AFTER
from lifecycle.retries import Failure
from lifecycle.stages import Stage
from orchestrators.instance import Steps
from orchestrators.run import Run


def look(run: Run, stage: Stage) -> Steps[Entitlement]:
    """What Okta says of the person. A single reading is not the whole truth: replicas lag, changes take their time."""
    reading = yield from run.step(stage, read_entitlement)
    if reading.is_doubtful:
        run.show(stage.name, reason="Okta says otherwise than its log did a moment ago; it is asked once more")
        yield from run.pause(run.after(SECOND_LOOK_AFTER))
        reading = yield from run.step(stage, read_entitlement)
    ends_at = run.after(LONGEST_CHANGE)
    while reading.entitlement.is_changing:
        if run.now >= ends_at:
            yield from run.park(stage, Failure("Okta has been changing the user's status for an hour", permanent=True))
            ends_at = run.after(LONGEST_CHANGE)
        run.show(stage.name, reason="Okta is changing the user's status; it is asked again until that is over")
        yield from run.pause(run.after(SECOND_LOOK_AFTER))
        reading = yield from run.step(stage, read_entitlement)
    return reading.entitlement
