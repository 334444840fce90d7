"""Leaving: the account disabled at once, the licenses removed when the delay is over."""

from activities.brake import pass_brake
from activities.mail import mail_account_disabled, mail_licenses_removed
from activities.members import start_grace_period
from activities.microsoft365 import disable_account, find_account, revoke_sign_in_sessions
from activities.okta import check_group_exists, find_manager, read_entitlement
from activities.removal import prepare_removal, record_snapshot, remove_licenses, remove_refused_licenses
from lifecycle import stages
from lifecycle.entitlement import Entitlement
from lifecycle.stages import Phase
from orchestrators.instance import Steps
from orchestrators.run import Ending, Run
from orchestrators.waits import KEPT, grace_period, hold


def pass_or_be_held(run: Run, entitlement: Entitlement) -> Steps[Entitlement]:
    """Pass the brake, or wait for an operator. Returns what Okta says of the person by then."""
    yield from run.skippable_step(stages.CHECK_GROUP, check_group_exists)
    if (yield from run.step(stages.PASS_BRAKE, pass_brake)):
        return entitlement
    yield from hold(run)
    return (yield from run.step(stages.CHECK_RELEASED, read_entitlement))


def take_away(run: Run, reason: str) -> Steps[Ending]:
    """Everything that happens to a person who is not entitled, from the first step to the last."""
    yield from run.step(stages.FIND_ACCOUNT, find_account)
    yield from run.step(stages.RECORD_SNAPSHOT, record_snapshot)
    yield from run.skippable_step(stages.DISABLE_ACCOUNT, disable_account)
    yield from run.skippable_step(stages.REVOKE_SESSIONS, revoke_sign_in_sessions)
    command = run.next_command()
    fixed = yield from run.step(stages.START_GRACE_PERIOD, start_grace_period, awaiting_command=command)
    if fixed is None:
        return (yield from run.finish(Phase.NOT_CURRENT, KEPT))
    yield from run.mail(stages.MAIL_DISABLED, find_manager)
    yield from run.mail(stages.MAIL_DISABLED, mail_account_disabled, due_at=fixed.due_at, reason=reason)

    yield from grace_period(run, fixed.due_at, command)

    entitlement = yield from run.step(stages.CHECK_AGAIN, read_entitlement)
    if entitlement.entitled:
        return (yield from run.finish(Phase.NOT_CURRENT, entitlement.reason))
    plan = yield from run.step(stages.PLAN_REMOVAL, prepare_removal)
    if plan is None:  # the account was deleted and made again: the new one has all of this before it, but the delay
        return (yield from take_away(run, entitlement.reason))
    removal = yield from run.step(stages.REMOVE_LICENSES, remove_licenses, remove=plan.remove)
    yield from run.mail(stages.MAIL_REMOVED, find_manager)
    yield from run.mail(stages.MAIL_REMOVED, mail_licenses_removed, plan=plan, removal=removal)
    if removal.refused:
        yield from run.skippable_step(stages.REMOVE_REFUSED, remove_refused_licenses, remove=tuple(removal.refused))
    return (yield from run.finish(Phase.UNLICENSED))
