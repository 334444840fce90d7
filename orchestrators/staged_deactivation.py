"""Staged deactivation: disabled at once, the licenses removed when the delay is over."""

from typing import Any

import azure.durable_functions as df

from activities.brake import pass_brake
from activities.mail import mail_account_disabled, mail_licenses_removed
from activities.members import note_left_group, start_grace_period
from activities.microsoft365 import disable_account, find_account, revoke_sign_in_sessions
from activities.okta import check_group_exists, find_manager, read_entitlement
from activities.removal import plan_removal, record_snapshot, remove_licenses, remove_refused_licenses
from lifecycle import stages
from lifecycle.events import Flow
from lifecycle.stages import Phase
from orchestrators import activation
from orchestrators.attempts import Steps
from orchestrators.left_groups import remove_for_left_groups
from orchestrators.run import Run, play
from orchestrators.waits import KEPT, grace_period, hold

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def staged_deactivation(context: df.DurableOrchestrationContext) -> Steps:
    return play(context, Flow.DEACTIVATION, deactivate)


def deactivate(run: Run) -> Steps:
    pending = yield from run.take_over()
    entitlement = yield from run.step(stages.CHECK_ENTITLEMENT, read_entitlement)
    if entitlement["entitled"]:
        return (yield from stay(run, entitlement, pending))
    return (yield from take_away(run, entitlement))


def take_away(run: Run, entitlement: dict[str, Any]) -> Steps:
    """Everything that happens to a person who is not entitled, from the first step to the last."""
    yield from run.step(stages.NOTE_LEFT_GROUP, note_left_group, group_ids=entitlement["group_ids"])
    yield from run.step(stages.CHECK_GROUP, check_group_exists)
    if not (yield from run.step(stages.PASS_BRAKE, pass_brake)):
        yield from hold(run)
        entitlement = yield from run.step(stages.CHECK_RELEASED, read_entitlement)
        if entitlement["entitled"]:
            return (yield from stay(run, entitlement, []))
    yield from run.step(stages.FIND_ACCOUNT, find_account)
    yield from run.step(stages.RECORD_SNAPSHOT, record_snapshot)
    yield from run.step(stages.DISABLE_ACCOUNT, disable_account)
    yield from run.step(stages.REVOKE_SESSIONS, revoke_sign_in_sessions)
    command = run.next_command()
    fixed = yield from run.step(stages.START_GRACE_PERIOD, start_grace_period, awaiting_command=command)
    if fixed.get("kept"):
        return (yield from run.finish(Phase.NOT_CURRENT, KEPT))
    yield from run.mail(stages.MAIL_DISABLED, find_manager)
    yield from run.mail(stages.MAIL_DISABLED, mail_account_disabled, **fixed, reason=entitlement["reason"])

    yield from grace_period(run, fixed["due_at"], command)

    entitlement = yield from run.step(stages.CHECK_AGAIN, read_entitlement)
    if entitlement["entitled"]:
        return (yield from run.finish(Phase.NOT_CURRENT, entitlement["reason"]))
    plan = yield from run.step(stages.PLAN_REMOVAL, plan_removal)
    removal = yield from run.step(stages.REMOVE_LICENSES, remove_licenses, remove=plan["remove"])
    yield from run.mail(stages.MAIL_REMOVED, find_manager)
    stays = {"inherited": plan["inherited"], "kept": plan["kept"]}
    yield from run.mail(stages.MAIL_REMOVED, mail_licenses_removed, **removal, **stays)
    if removal["refused"]:
        yield from run.step(stages.REMOVE_REFUSED, remove_refused_licenses, remove=list(removal["refused"]))
    return (yield from run.finish(Phase.UNLICENSED))


def stay(run: Run, entitlement: dict[str, Any], pending: list[str]) -> Steps:
    """The person is entitled: the licenses of a left group alone go, and an activation that was under way goes on."""
    noted = yield from run.step(stages.NOTE_LEFT_GROUP, note_left_group, group_ids=entitlement["group_ids"])
    if Flow.ACTIVATION in pending:
        return (yield from activation.give_back(run, entitlement))
    yield from remove_for_left_groups(run, entitlement)
    if noted:
        return (yield from run.finish(Phase.ACTIVE))
    return (yield from run.finish(Phase.NOT_CURRENT, entitlement["reason"]))
