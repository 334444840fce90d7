"""The licenses of managed groups that were left while another one remains: removed group by group, as they fall due."""

from activities.left_groups import forget_left_group, next_left_group
from activities.mail import mail_licenses_removed
from activities.removal import prepare_removal_for_left_group, remove_licenses, remove_refused_licenses
from lifecycle import stages
from lifecycle.entitlement import Entitlement, Group
from lifecycle.members import LeftGroup
from orchestrators.accounts import claim_own
from orchestrators.instance import Steps
from orchestrators.looks import look
from orchestrators.run import Run, TurnRound


def remove_for_left_groups(run: Run, entitlement: Entitlement) -> Steps[None]:
    """Wait for each left group in turn. A group the person is in again by then is forgotten."""
    while left := (yield from next_one(run, entitlement)):
        run.show(stages.LEFT_GROUP.name, due_at=left.due_at)
        yield from run.pause(left.due_at)
        entitlement = yield from look(run, stages.CHECK_AGAIN)
        if not entitlement.entitled:
            raise TurnRound(entitlement.reason)
        if left.group_id not in entitlement.group_ids:
            yield from remove_for(run, left, entitlement.groups)


def next_one(run: Run, entitlement: Entitlement) -> Steps[LeftGroup | None]:
    return run.step(stages.CHECK_LEFT_GROUPS, next_left_group, group_ids=entitlement.group_ids)


def remove_for(run: Run, left: LeftGroup, remaining: tuple[Group, ...]) -> Steps[None]:
    yield from claim_own(run)
    plan = yield from run.step(
        stages.PLAN_REMOVAL_FOR_GROUP, prepare_removal_for_left_group, left_group=left, remaining=remaining
    )
    if plan.remove:
        removal = yield from run.step(
            stages.REMOVE_LICENSES, remove_licenses, remove=plan.remove, left_group_id=left.group_id
        )
        yield from run.tell_manager(
            stages.MAIL_REMOVED, mail_licenses_removed, plan=plan, removal=removal, left_group=left
        )
        if removal.refused:
            refused = tuple(removal.refused)
            yield from run.skippable_step(
                stages.REMOVE_REFUSED, remove_refused_licenses, remove=refused, left_group_id=left.group_id
            )
    yield from run.step(stages.FORGET_LEFT_GROUP, forget_left_group, group_id=left.group_id)
