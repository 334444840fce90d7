"""Activation: the account enabled at once, and exactly the licenses given back that were taken."""

from typing import Any

import azure.durable_functions as df

from activities.giving_back import assign_licenses, assign_refused_licenses, plan_licenses, settle_snapshot
from activities.mail import mail_account_enabled
from activities.members import end_grace_period
from activities.microsoft365 import enable_account, ensure_usage_location, find_account
from activities.okta import find_manager, read_entitlement
from lifecycle import stages
from lifecycle.events import Flow
from lifecycle.stages import Phase
from orchestrators import staged_deactivation
from orchestrators.attempts import Steps
from orchestrators.left_groups import remove_for_left_groups
from orchestrators.run import Run, play
from orchestrators.waits import await_seat

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def activation(context: df.DurableOrchestrationContext) -> Steps:
    return play(context, Flow.ACTIVATION, activate)


def activate(run: Run) -> Steps:
    pending = yield from run.take_over()
    entitlement = yield from run.step(stages.CHECK_ENTITLEMENT, read_entitlement)
    if entitlement["entitled"]:
        return (yield from give_back(run, entitlement))
    if Flow.DEACTIVATION in pending:  # of a run that made way for this one, and nobody else would bring it to its end
        return (yield from staged_deactivation.take_away(run, entitlement))
    return (yield from run.finish(Phase.NOT_CURRENT, entitlement["reason"]))


def give_back(run: Run, entitlement: dict[str, Any]) -> Steps:
    """Everything that happens to a person who is entitled, from the first step to the last."""
    yield from run.step(stages.END_GRACE_PERIOD, end_grace_period, group_ids=entitlement["group_ids"])
    yield from run.step(stages.FIND_ACCOUNT, find_account, may_appear=True)
    was_disabled = (yield from run.step(stages.ENABLE_ACCOUNT, enable_account)) == "done"
    wanted = yield from run.step(stages.PLAN_LICENSES, plan_licenses, **groups_of(entitlement))
    if wanted:
        yield from run.step(stages.SET_USAGE_LOCATION, ensure_usage_location)
    outcome = yield from run.step(stages.ASSIGN_LICENSES, assign_licenses, wanted=wanted)
    if wanted or was_disabled:
        yield from run.mail(stages.MAIL_ENABLED, find_manager)
        yield from run.mail(stages.MAIL_ENABLED, mail_account_enabled, was_disabled=was_disabled, **outcome)
    refused = yield from await_seats(run, wanted, outcome)
    if refused:
        yield from run.step(stages.ASSIGN_REFUSED, assign_refused_licenses, wanted=only(wanted, refused))
    yield from run.step(stages.SETTLE_SNAPSHOT, settle_snapshot)
    yield from remove_for_left_groups(run, entitlement)
    return (yield from run.finish(Phase.ACTIVE))


def await_seats(run: Run, wanted: list[dict[str, Any]], outcome: dict[str, Any]) -> Steps:
    """Try every hour, for two weeks, to assign what found no free seat; then it needs a person.

    Returns every SKU the tenant refused, first or later.
    """
    refused = list(outcome["refused"])
    attempts = 0
    while outcome["no_seat"]:
        missing = only(wanted, outcome["no_seat"])
        if not (yield from await_seat(run, outcome["no_seat"], attempts)):
            break
        outcome = yield from run.step(stages.ASSIGN_LATER, assign_licenses, wanted=missing)
        if outcome["given"]:
            yield from run.mail(stages.MAIL_ENABLED, mail_account_enabled, was_disabled=False, **outcome)
        refused += outcome["refused"]
        attempts += 1
    return refused


def groups_of(entitlement: dict[str, Any]) -> dict[str, list[str]]:
    return {"groups": entitlement["groups"], "group_ids": entitlement["group_ids"]}


def only(wanted: list[dict[str, Any]], sku_ids: list[str]) -> list[dict[str, Any]]:
    return [each for each in wanted if each["sku_id"] in sku_ids]
