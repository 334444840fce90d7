"""What both flows about a person do: take the person over, ask Okta, and follow the course that the truth demands."""

from activities.left_groups import read_standing
from activities.okta import is_managed
from lifecycle import stages
from lifecycle.course import Course, decide_course
from lifecycle.entitlement import Entitlement
from lifecycle.readings import SECOND_LOOK_AFTER
from lifecycle.stages import Phase
from orchestrators.confirming import confirm
from orchestrators.instance import Steps
from orchestrators.leaving import take_away
from orchestrators.left_groups import remove_for_left_groups
from orchestrators.looks import look
from orchestrators.ownership import take_over
from orchestrators.returning import give_back
from orchestrators.run import Ending, Run, TurnRound


def follow_course(run: Run) -> Steps[Ending]:
    """From the claim to the end, whichever event the run is for. Whatever changes on the way is looked at anew."""
    yield from confirm(run)
    pending, has_turned = (yield from take_over(run)), False
    entitlement = yield from look(run, stages.CHECK_ENTITLEMENT)
    while True:
        if not entitlement.entitled and not (
            yield from run.step(stages.CHECK_MANAGED, is_managed, entitlement=entitlement)
        ):
            return (yield from run.pass_over(f"not under management: {entitlement.reason}"))
        course = decide_course(entitled=entitlement.entitled, pending=pending, has_turned=has_turned)
        try:
            return (yield from follow(run, course, entitlement))
        except TurnRound:
            entitlement, has_turned = (yield from look_before_turning(run, entitlement)), True


def look_before_turning(run: Run, former: Entitlement) -> Steps[Entitlement]:
    """What Okta says now. If it said otherwise before, it is asked once more: no late reading turns a run round."""
    entitlement = yield from look(run, stages.CHECK_ENTITLEMENT)
    if entitlement.entitled is not former.entitled:
        run.show(stages.CHECK_ENTITLEMENT.name, reason="Okta says otherwise than before; it is asked once more")
        yield from run.pause(run.after(SECOND_LOOK_AFTER))
        entitlement = yield from look(run, stages.CHECK_ENTITLEMENT)
    return entitlement


def follow(run: Run, course: Course, entitlement: Entitlement) -> Steps[Ending]:
    match course:
        case Course.TAKE_AWAY:
            return (yield from take_away(run, entitlement))
        case Course.GIVE_BACK:
            return (yield from give_back(run, entitlement))
        case Course.STAY:
            return (yield from stay(run, entitlement))
        case Course.NOTHING:
            return (yield from run.finish(Phase.NOT_CURRENT, entitlement.reason))


def stay(run: Run, entitlement: Entitlement) -> Steps[Ending]:
    """The account stays as it is. If one of several groups was left, what that group alone gave goes in time."""
    standing = yield from run.step(stages.CHECK_LEFT_GROUPS, read_standing, group_ids=entitlement.group_ids)
    if standing.is_owed:  # nobody who is entitled ends disabled, or without what was taken
        return (yield from give_back(run, entitlement))
    yield from remove_for_left_groups(run, entitlement)
    if standing.is_left:
        return (yield from run.finish(Phase.ACTIVE))
    return (yield from run.finish(Phase.NOT_CURRENT, entitlement.reason))
