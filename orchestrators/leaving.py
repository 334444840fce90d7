"""Leaving: the account disabled at once, the licenses removed when the delay is over."""

from datetime import datetime

from activities.accounts import hand_to_owner
from activities.brake import pass_brake
from activities.mail import mail_account_disabled, mail_licenses_removed
from activities.members import start_grace_period
from activities.microsoft365 import check_intent, disable_account, revoke_sign_in_sessions
from activities.okta import check_group_exists
from activities.removal import prepare_removal, record_snapshot, remove_licenses, remove_refused_licenses
from lifecycle import stages
from lifecycle.entitlement import Entitlement
from lifecycle.found_account import FoundAccount
from lifecycle.ownership import Whose
from lifecycle.readings import SETTLED_AFTER, SYNCED_AFTER
from lifecycle.retries import Failure
from lifecycle.stages import Phase
from orchestrators.accounts import claim, find_or_park
from orchestrators.instance import Steps
from orchestrators.looks import look
from orchestrators.run import Ending, Run, TurnRound
from orchestrators.waits import KEPT, grace_period, hold

ENABLED_BY_DIRECTORY = "the account is synchronised from Active Directory, which has enabled it again; disable it there"


def take_away(run: Run, entitlement: Entitlement) -> Steps[Ending]:
    """Everything that happens to a person who is not entitled, from the first step to the last."""
    if entitlement.is_living:  # who is deactivated in Okta leaves, whatever became of a group
        yield from run.skippable_step(stages.CHECK_GROUP, check_group_exists)
    found = yield from find_own(run)
    if isinstance(found, Ending):
        return found
    if not run.has_passed_brake:
        entitlement = (yield from pass_or_be_held(run, found)) or entitlement
    if not (yield from claim(run, found)):
        raise TurnRound("the account was taken over meanwhile")
    if run.look and run.look.is_entitled:
        raise TurnRound("the person came back meanwhile")
    yield from disable(run)
    command = run.next_command()
    fixed = yield from run.step(stages.START_GRACE_PERIOD, start_grace_period, awaiting_command=command)
    if fixed is None:
        return (yield from run.finish(Phase.NOT_CURRENT, KEPT))
    yield from run.tell_manager(
        stages.MAIL_DISABLED, mail_account_disabled, due_at=fixed.due_at, cause=entitlement.cause
    )

    looks = looks_of(run, found)
    is_early = yield from grace_period(run, fixed, command, looks, lambda: check_disabled(run, found))

    yield from look_before_removal(run)
    yield from remove(run, is_early=is_early)
    yield from stay_disabled(run, found, looks)
    return (yield from run.finish(Phase.UNLICENSED))


def find_own(run: Run) -> Steps[FoundAccount | Ending]:
    """The account, or the end of the run when the account that the person had is somebody else's by now.

    One that was never the person's is none: an operator is asked, as about a person without any account.
    """
    while True:
        found = yield from find_or_park(run)
        if found.verdict.whose is Whose.MINE:
            return found
        reason = f"the account {found.user_principal_name} belongs to {found.verdict.in_words}"
        is_owner_in_row = found.owner_in_row == run.input.okta_user_id
        if is_owner_in_row:  # nobody acts for the rightful one yet
            yield from run.step(stages.HAND_OVER, hand_to_owner, found=found)
        if is_owner_in_row or found.is_known:
            return (yield from run.finish(Phase.NOT_CURRENT, reason))
        yield from run.park(stages.FIND_ACCOUNT, Failure(reason, permanent=True))


def pass_or_be_held(run: Run, found: FoundAccount) -> Steps[Entitlement | None]:
    """Pass the brake, or wait for an operator; then what Okta says by now is returned.

    Raises TurnRound if the person came back meanwhile.
    """
    run.has_passed_brake = yield from run.step(stages.PASS_BRAKE, pass_brake, found=found)
    if run.has_passed_brake:
        return None
    yield from hold(run)
    run.has_passed_brake = True
    entitlement = yield from look(run, stages.CHECK_RELEASED)
    if entitlement.entitled:
        raise TurnRound("the person came back while held")
    return entitlement


def disable(run: Run) -> Steps[None]:
    """Revoked first: the tenant may refuse to disable an account that Active Directory rules."""
    yield from run.step(stages.RECORD_SNAPSHOT, record_snapshot)
    looked_at = run.look.looked_at if run.look else None
    yield from run.skippable_step(stages.REVOKE_SESSIONS, revoke_sign_in_sessions, looked_at=looked_at)
    yield from run.skippable_step(stages.DISABLE_ACCOUNT, disable_account, looked_at=looked_at)


def looks_of(run: Run, found: FoundAccount) -> list[datetime]:
    """When to look whether the account is disabled still, where something may undo it.

    A write of the run before may come late, and Entra Connect writes what Active Directory says.
    """
    late_write = [run.after(SETTLED_AFTER)] if run.was_handed_over else []
    return late_write + ([run.after(SYNCED_AFTER)] if found.is_synced else [])


def check_disabled(run: Run, found: FoundAccount) -> Steps[list[datetime]]:
    """Disable the account again if something has enabled it. Returns when to look once more, if that is needed."""
    if (yield from run.step(stages.CHECK_DISABLED, check_intent)):
        return []
    if found.is_synced:
        yield from run.park(stages.CHECK_DISABLED, Failure(ENABLED_BY_DIRECTORY, permanent=True))
    yield from run.skippable_step(stages.DISABLE_ACCOUNT, disable_account)
    return [run.after(SYNCED_AFTER)] if found.is_synced else []


def stay_disabled(run: Run, found: FoundAccount, looks: list[datetime]) -> Steps[None]:
    """Make the looks that the grace period was too short for: no run ends before them."""
    while looks:
        reason = "it is looked at again whether the account has stayed disabled"
        run.show(stages.CHECK_DISABLED.name, due_at=looks[0], reason=reason)
        yield from run.pause(looks.pop(0))
        looks += yield from check_disabled(run, found)


def look_before_removal(run: Run) -> Steps[None]:
    """Raises TurnRound when the person came back, so that everything is given back."""
    if (yield from look(run, stages.CHECK_AGAIN)).entitled:
        raise TurnRound("the person came back")


def remove(run: Run, *, is_early: bool) -> Steps[None]:
    plan = yield from run.step(stages.PLAN_REMOVAL, prepare_removal)
    removal = yield from run.step(stages.REMOVE_LICENSES, remove_licenses, remove=plan.remove)
    yield from run.tell_manager(stages.MAIL_REMOVED, mail_licenses_removed, plan=plan, removal=removal, early=is_early)
    if removal.refused:
        yield from run.skippable_step(stages.REMOVE_REFUSED, remove_refused_licenses, remove=tuple(removal.refused))
