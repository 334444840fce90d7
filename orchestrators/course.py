"""What both flows about a person do: take the person over, ask Okta, and follow the course that the truth demands."""

from activities.left_groups import is_group_left
from activities.okta import read_entitlement
from lifecycle import stages
from lifecycle.course import Course, decide_course
from lifecycle.entitlement import Entitlement
from lifecycle.stages import Phase
from orchestrators.confirming import confirm
from orchestrators.instance import Steps
from orchestrators.leaving import pass_or_be_held, take_away
from orchestrators.left_groups import remove_for_left_groups
from orchestrators.ownership import take_over
from orchestrators.returning import give_back
from orchestrators.run import Ending, Run


def follow_course(run: Run) -> Steps[Ending]:
    """From the claim to the end, whichever event the run is for."""
    yield from confirm(run)
    pending = yield from take_over(run)
    entitlement = yield from run.step(stages.CHECK_ENTITLEMENT, read_entitlement)
    course = decide_course(entitled=entitlement.entitled, pending=pending)
    if course is Course.TAKE_AWAY:
        entitlement = yield from pass_or_be_held(run, entitlement)
        course = decide_course(entitled=entitlement.entitled, pending=pending)
    match course:
        case Course.TAKE_AWAY:
            return (yield from take_away(run, entitlement.reason))
        case Course.GIVE_BACK:
            return (yield from give_back(run, entitlement))
        case Course.STAY:
            return (yield from stay(run, entitlement))
        case Course.NOTHING:
            return (yield from run.finish(Phase.NOT_CURRENT, entitlement.reason))


def stay(run: Run, entitlement: Entitlement) -> Steps[Ending]:
    """The account stays as it is. If one of several groups was left, what that group alone gave goes in time."""
    is_left = yield from run.step(stages.CHECK_LEFT_GROUPS, is_group_left, group_ids=entitlement.group_ids)
    yield from remove_for_left_groups(run, entitlement)
    if is_left:
        return (yield from run.finish(Phase.ACTIVE))
    return (yield from run.finish(Phase.NOT_CURRENT, entitlement.reason))
