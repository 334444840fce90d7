"""What a store and a clear of the license catalog have in common: find the groups, then act on one after the other."""

from collections.abc import Callable
from functools import partial
from typing import Any

import azure.durable_functions as df

from lifecycle.catalog import CatalogStage
from lifecycle.retries import Failure
from orchestrators.attempts import Steps, persist

Activity = Callable[..., Any]


def per_group(
    context: df.DurableOrchestrationContext, find: Activity, act: Activity, doing: CatalogStage, **details: Any
) -> Steps:
    """Act on every group that is found. What cannot be done for one group does not hold up the others.

    Returns the outcome per group, and why any group is left out.
    """
    asked = (context.get_input() or {}).get("group")
    looking = partial(show, context, CatalogStage.FINDING_GROUPS, asked or "all groups")
    looking()
    found = yield from persist(context, find, {"group": asked}, looking)
    if isinstance(found, Failure):
        return {}, [f"the groups could not be found: {found.reason}"]
    outcomes, reasons = {}, list(found["reasons"])
    for group in found["groups"]:
        acting = partial(show, context, doing, group)
        acting()
        outcome = yield from persist(context, act, {**details, "group": group}, acting)
        if isinstance(outcome, Failure):
            reasons.append(f"{group}: {outcome.reason}")
        else:
            outcomes[group] = outcome
    return outcomes, reasons


def finish(
    context: df.DurableOrchestrationContext, done: CatalogStage, outcomes: dict[str, Any], reasons: list[str]
) -> dict[str, Any]:
    """Show how it ended; the output says the same, with the numbers of each group."""
    reason = "; ".join(reasons) or None
    show(context, CatalogStage.INCOMPLETE if reason else done, ", ".join(outcomes) or "no group", reason)
    return {"groups": outcomes, "reason": reason}


def show(context: df.DurableOrchestrationContext, stage: CatalogStage, group: str, reason: str | None = None) -> None:
    status = {"stage": stage.value, "user": group}
    context.set_custom_status({**status, "reason": reason} if reason else status)
