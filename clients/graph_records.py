"""Our records out of Graph's JSON. What an answer lacks is an error, never an empty value.

The SDK's own model of a user is not used: it loads 1,200 modules at the first read, which holds the event loop for
more than a second.
"""

from typing import Any

from clients.errors import Unavailable
from clients.graph_errors import Ask
from clients.records import EntraUser, LicenseAssignment, ServicePlan, SubscribedSku

Json = dict[str, Any]


def parse_user(ask: Ask, user: Json) -> EntraUser:
    return EntraUser(
        id=required(ask, user, "id", str),
        user_principal_name=required(ask, user, "userPrincipalName", str),
        display_name=user.get("displayName"),
        mail=user.get("mail"),
        account_enabled=required(ask, user, "accountEnabled", bool),
        usage_location=user.get("usageLocation"),
        on_premises_sync_enabled=bool(user.get("onPremisesSyncEnabled")),
        licenses=tuple(_license(ask, state) for state in required(ask, user, "licenseAssignmentStates", list)),
    )


def parse_manager(ask: Ask, user: Json) -> EntraUser:
    return EntraUser(
        id=required(ask, user, "id", str),
        user_principal_name=required(ask, user, "userPrincipalName", str),
        display_name=user.get("displayName"),
        mail=user.get("mail"),
        account_enabled=bool(user.get("accountEnabled")),
    )


def _license(ask: Ask, state: Json) -> LicenseAssignment:
    error = state.get("error")
    return LicenseAssignment(
        sku_id=required(ask, state, "skuId", str).lower(),
        disabled_plans=tuple(plan.lower() for plan in state.get("disabledPlans") or ()),
        assigned_by_group=state.get("assignedByGroup"),
        state=state.get("state") or "",
        error=None if error in ("", "None") else error,  # live tenants send the word None
    )


def parse_subscribed_sku(ask: Ask, sku: Json) -> SubscribedSku:
    units = sku.get("prepaidUnits") or {}
    return SubscribedSku(
        sku_id=required(ask, sku, "skuId", str).lower(),
        sku_part_number=sku.get("skuPartNumber") or "",
        capability_status=sku.get("capabilityStatus") or "",
        applies_to=sku.get("appliesTo") or "",
        enabled_units=units.get("enabled") or 0,
        warning_units=units.get("warning") or 0,
        consumed_units=sku.get("consumedUnits") or 0,
        service_plans=tuple(
            ServicePlan(
                required(ask, plan, "servicePlanId", str).lower(),
                plan.get("servicePlanName") or "",
                plan.get("appliesTo") or "",
            )
            for plan in sku.get("servicePlans") or ()
        ),
    )


def required(ask: Ask, answer: Json, name: str, kind: type) -> Any:
    """A member of an answer that has to be there. Raises Unavailable, so that no part is taken for the whole."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, kind):
        raise Unavailable("graph", ask.to, status=200, code="incomplete_answer", detail=f"the answer lacks {name}")
    return value
