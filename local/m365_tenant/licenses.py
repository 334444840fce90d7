"""The rules of assignLicense: what a request leads to, or which of Graph's error texts it gets.

https://learn.microsoft.com/graph/api/user-assignlicense
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local.m365_tenant.errors import GraphError, bad_request
from local.m365_tenant.model import LicenseAssignment, Sku, TenantState, User


@dataclass(frozen=True, slots=True)
class AssignmentRequest:
    """`add` maps each SKU to the plans to leave off."""

    add: dict[str, list[str]]
    remove: list[str]


def parse_assignment(body: dict[str, Any]) -> AssignmentRequest:
    missing = [name for name in ("addLicenses", "removeLicenses") if not isinstance(body.get(name), list)]
    if missing:
        raise bad_request(
            "One or more parameters of the operation 'assignLicense' are missing from the request payload. "
            f"The missing parameters are: {', '.join(missing)}."
        )
    try:
        add = {entry["skuId"].lower(): list(entry.get("disabledPlans") or []) for entry in body["addLicenses"]}
        remove = [sku_id.lower() for sku_id in body["removeLicenses"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise bad_request("Invalid value specified for parameter 'addLicenses' or 'removeLicenses'.") from error
    return AssignmentRequest(add, remove)


def licenses_after(state: TenantState, user: User, wanted: AssignmentRequest, now: str) -> list[LicenseAssignment]:
    """The user's assignments once the whole request is done. Raises, and then nothing of it may be done."""
    for sku_id in wanted.add:
        _check_addable(state, user, sku_id, wanted.add[sku_id])
    for sku_id in wanted.remove:
        _check_removable(user, sku_id)
    changed = {*wanted.add, *wanted.remove}
    kept = [held for held in user.license_assignment_states if held.assigned_by_group or held.sku_id not in changed]
    added = [
        LicenseAssignment(sku_id=sku_id, disabled_plans=plans, last_updated_date_time=now)
        for sku_id, plans in wanted.add.items()
    ]
    after = kept + added
    _check_seats(state, user, after)
    check_plans(state, after)
    return after


def consumed_units(state: TenantState, sku: Sku) -> int:
    return sku.consumed_elsewhere + seats_taken(state)[sku.sku_id]


def seats_taken(state: TenantState) -> Counter[str]:
    """Seats by SKU. A user takes one per SKU, however many assignments bring it."""
    held = ({assignment.sku_id for assignment in user.license_assignment_states} for user in state.users.values())
    return Counter(sku_id for skus in held for sku_id in skus)


def use_up_seats(state: TenantState, sku: Sku) -> None:
    sku.consumed_elsewhere += max(0, sku.assignable_units - consumed_units(state, sku))


def check_plans(state: TenantState, held: Iterable[LicenseAssignment]) -> None:
    """Refuse service plans without the plans they need, and pairs that exclude each other."""
    on = _plans_that_are_on(state, held)
    for plan in sorted(on):
        needed = [other for other in state.plan_dependencies.get(plan, []) if other not in on]
        if needed:
            raise bad_request(
                f"License assignment failed because service plan {plan} depends on the service plan(s) "
                f"{', '.join(needed)}"
            )
    for first, second in state.exclusive_plans:
        if first in on and second in on:
            message = f"License assignment failed because service plans {first},{second} are mutually exclusive"
            raise bad_request(message, [{"code": "MutuallyExclusiveViolation", "message": message}])


def _check_addable(state: TenantState, user: User, sku_id: str, disabled_plans: list[str]) -> None:
    sku = state.skus.get(sku_id)
    if sku is None or sku.applies_to != "User":
        raise bad_request(f"License {sku_id} does not correspond to a valid company License.")
    if not user.usage_location:
        raise bad_request("License assignment cannot be done for user with invalid usage location.")
    unknown = set(disabled_plans) - {plan.service_plan_id for plan in sku.service_plans}
    if unknown:
        raise bad_request(f"The service plan(s) {', '.join(sorted(unknown))} do not belong to license {sku_id}.")


def _check_removable(user: User, sku_id: str) -> None:
    if not _holds(user, sku_id):
        raise bad_request("User does not have a corresponding license.")
    if not any(held.sku_id == sku_id and not held.assigned_by_group for held in user.license_assignment_states):
        raise bad_request(
            "User license is inherited from a group membership and it cannot be removed directly from the user."
        )


def _check_seats(state: TenantState, user: User, after: list[LicenseAssignment]) -> None:
    for sku_id in {held.sku_id for held in after}:
        sku = state.skus.get(sku_id)
        if sku and not _holds(user, sku_id) and consumed_units(state, sku) >= sku.assignable_units:
            raise _no_seat(sku_id)


def _no_seat(sku_id: str) -> GraphError:
    return bad_request(f"Subscription with SKU {sku_id} does not have any available licenses.")


def _holds(user: User, sku_id: str) -> bool:
    return any(held.sku_id == sku_id for held in user.license_assignment_states)


def _plans_that_are_on(state: TenantState, held: Iterable[LicenseAssignment]) -> set[str]:
    on: set[str] = set()
    for assignment in held:
        sku = state.skus.get(assignment.sku_id)
        plans = {plan.service_plan_id for plan in sku.service_plans if plan.applies_to == "User"} if sku else set()
        on |= plans - set(assignment.disabled_plans)
    return on
