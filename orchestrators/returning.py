"""Returning: the account enabled at once, and exactly the licenses given back that were taken."""

from collections.abc import Container

from activities.giving_back import assign_licenses, assign_refused_licenses, prepare_assignment, settle_snapshot
from activities.mail import mail_account_enabled
from activities.members import end_grace_period
from activities.microsoft365 import enable_account, ensure_usage_location, find_account
from activities.okta import find_manager
from lifecycle import stages
from lifecycle.effects import Effect
from lifecycle.entitlement import Entitlement
from lifecycle.licenses import Assignment, WantedLicense
from lifecycle.stages import Phase
from orchestrators.instance import Steps
from orchestrators.left_groups import remove_for_left_groups
from orchestrators.run import Ending, Run
from orchestrators.waits import await_seat

Wanted = tuple[WantedLicense, ...]


def give_back(run: Run, entitlement: Entitlement) -> Steps[Ending]:
    """Everything that happens to a person who is entitled, from the first step to the last."""
    yield from run.step(stages.END_GRACE_PERIOD, end_grace_period, group_ids=entitlement.group_ids)
    yield from run.step(stages.FIND_ACCOUNT, find_account, may_appear=True)
    was_disabled = (yield from run.skippable_step(stages.ENABLE_ACCOUNT, enable_account)) is Effect.DONE
    wanted = yield from run.step(stages.PLAN_LICENSES, prepare_assignment, groups=entitlement.groups)
    if wanted:
        yield from run.skippable_step(stages.SET_USAGE_LOCATION, ensure_usage_location)
    assignment = yield from run.step(stages.ASSIGN_LICENSES, assign_licenses, wanted=wanted)
    if wanted or was_disabled:
        yield from run.mail(stages.MAIL_ENABLED, find_manager)
        yield from tell_what_was_given(run, assignment, was_disabled=was_disabled)
    refused = yield from await_seats(run, wanted, assignment)
    if refused:
        yield from run.skippable_step(stages.ASSIGN_REFUSED, assign_refused_licenses, wanted=only(wanted, refused))
    yield from run.skippable_step(stages.SETTLE_SNAPSHOT, settle_snapshot)
    yield from remove_for_left_groups(run, entitlement)
    return (yield from run.finish(Phase.ACTIVE))


def await_seats(run: Run, wanted: Wanted, assignment: Assignment) -> Steps[set[str]]:
    """Try every hour, for two weeks, to assign what found no free seat; then it needs a person.

    Returns every SKU the tenant refused, first or later.
    """
    refused = set(assignment.refused)
    attempts = 0
    while assignment.no_seat and (yield from await_seat(run, assignment.no_seat, attempts)):
        missing = only(wanted, assignment.no_seat)
        assignment = yield from run.step(stages.ASSIGN_LATER, assign_licenses, wanted=missing)
        if assignment.given:
            yield from tell_what_was_given(run, assignment, was_disabled=False)
        refused |= set(assignment.refused)
        attempts += 1
    return refused


def tell_what_was_given(run: Run, assignment: Assignment, *, was_disabled: bool) -> Steps[None]:
    return run.mail(stages.MAIL_ENABLED, mail_account_enabled, was_disabled=was_disabled, assignment=assignment)


def only(wanted: Wanted, sku_ids: Container[str]) -> Wanted:
    return tuple(each for each in wanted if each.sku_id in sku_ids)
