"""What a store and a clear of the license catalog have in common: find the groups, then act on one after the other."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TypedDict, TypeVar

from lifecycle.catalog import CatalogStage, ClearedGroup, FoundGroups, StoredGroup
from lifecycle.entitlement import Group
from lifecycle.retries import Failure, retry_waits
from orchestrators.instance import Instance, Retries, Steps

Outcome = TypeVar("Outcome", StoredGroup, ClearedGroup)


class CatalogOutput(TypedDict):
    """The numbers of each group, and why anything is missing."""

    groups: dict[str, dict[str, int]]
    reason: str | None


def per_group(
    instance: Instance,
    asked: str | None,
    find: Callable[[Retries], Steps[FoundGroups | Failure]],
    act: Callable[[Group, Retries], Steps[Outcome | Failure]],
    stages: tuple[CatalogStage, CatalogStage],
) -> Steps[CatalogOutput]:
    """Act on every group that is found. What cannot be done for one group does not hold up the others.

    `stages` says what is done and what is then done. Shows how it ended, and returns the same with the numbers of each
    group.
    """
    doing, done = stages
    outcomes: dict[str, Outcome] = {}
    found = yield from find(retries(instance, CatalogStage.FINDING_GROUPS, asked or "all groups"))
    if isinstance(found, Failure):
        reasons = [f"the groups could not be found: {found.reason}"]
    else:
        reasons = list(found.reasons)
        for group in found.groups:
            name = group.name if group.name not in outcomes else f"{group.name} ({group.id})"
            outcome = yield from act(group, retries(instance, doing, name))
            if isinstance(outcome, Failure):
                reasons.append(f"{name}: {outcome.reason}")
            else:
                outcomes[name] = outcome
    reason = "; ".join(reasons) or None
    instance.show(CatalogStage.INCOMPLETE if reason else done, about=", ".join(outcomes) or "no group", reason=reason)
    return {"groups": {name: asdict(outcome) for name, outcome in outcomes.items()}, "reason": reason}


def retries(instance: Instance, stage: CatalogStage, group: str) -> Retries:
    return Retries(retry_waits(), instance.sleep, lambda reason: instance.show(stage, about=group, reason=reason))
