"""What `/control` puts into a tenant: users with licenses, groups that hand licenses on, SKUs."""

import uuid
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from local.m365_tenant.licenses import consumed_units
from local.m365_tenant.model import Group, GroupLicense, LicenseAssignment, ServicePlan, Sku, User
from local.m365_tenant.tenant import M365Tenant


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class LicenseSeed(_Body):
    """`sku` by skuId or skuPartNumber, `disabled_plans` by id or name."""

    sku: str
    disabled_plans: list[str] = []


class UserSeed(BaseModel):
    """Any property of a user under Graph's name, `manager` by id or userPrincipalName, and `licenses`."""

    model_config = ConfigDict(extra="allow")

    licenses: list[LicenseSeed] = []
    manager: str | None = None


class GroupSeed(_Body):
    """The members inherit the licenses at once."""

    id: str | None = None
    display_name: str
    licenses: list[LicenseSeed] = []
    members: list[str] = []


class SkuSeed(_Body):
    """Without service plans it gets one of its own name."""

    sku_id: str
    sku_part_number: str
    capability_status: str = "Enabled"
    applies_to: str = "User"
    enabled: int = 25
    suspended: int = 0
    warning: int = 0
    consumed: int | None = None
    service_plans: list[ServicePlan] | None = None


class SkuChange(_Body):
    """`consumed` is the total, people of this tenant included."""

    enabled: int | None = None
    suspended: int | None = None
    warning: int | None = None
    consumed: int | None = None
    capability_status: str | None = None


class PlanRules(_Body):
    plan_dependencies: dict[str, list[str]] = {}
    exclusive_plans: list[tuple[str, str]] = []


def add_user(tenant: M365Tenant, seed: UserSeed) -> User:
    now = tenant.controls.clock.seconds()
    properties: dict[str, Any] = {"id": str(uuid.uuid4()), "usageLocation": "NL", **(seed.model_extra or {})}
    properties.setdefault("mail", properties.get("userPrincipalName"))
    user = tenant.add_user(**properties)
    for held in seed.licenses:
        sku = tenant.sku(held.sku)
        user.license_assignment_states.append(
            LicenseAssignment(
                sku_id=sku.sku_id, disabled_plans=_plan_ids(sku, held.disabled_plans), last_updated_date_time=now
            )
        )
    return user


def add_group(tenant: M365Tenant, seed: GroupSeed) -> Group:
    held = [(tenant.sku(license_.sku), license_.disabled_plans) for license_ in seed.licenses]
    licenses = [GroupLicense(sku_id=sku.sku_id, disabled_plans=_plan_ids(sku, plans)) for sku, plans in held]
    group = Group(id=seed.id or str(uuid.uuid4()), display_name=seed.display_name, licenses=licenses)
    for key in seed.members:
        tenant.user(key).license_assignment_states += [
            LicenseAssignment(
                sku_id=license_.sku_id,
                assigned_by_group=group.id,
                disabled_plans=license_.disabled_plans,
                last_updated_date_time=tenant.controls.clock.seconds(),
            )
            for license_ in licenses
        ]
    return tenant.add_group(group)


def add_sku(tenant: M365Tenant, seed: SkuSeed) -> Sku:
    plan = ServicePlan(
        service_plan_id=str(uuid.uuid5(uuid.NAMESPACE_OID, seed.sku_part_number)),
        service_plan_name=seed.sku_part_number,
    )
    properties = seed.model_dump(exclude={"consumed", "service_plans"})
    sku = Sku(**{**properties, "sku_id": seed.sku_id.lower(), "service_plans": seed.service_plans or [plan]})
    tenant.state.skus[sku.sku_id] = sku
    if seed.consumed is not None:
        set_consumed(tenant, sku, seed.consumed)
    return sku


def set_consumed(tenant: M365Tenant, sku: Sku, consumed: int) -> None:
    sku.consumed_elsewhere += consumed - consumed_units(tenant.state, sku)


def _plan_ids(sku: Sku, plans: list[str]) -> list[str]:
    ids = {plan.service_plan_name: plan.service_plan_id for plan in sku.service_plans}
    return [ids.get(plan, plan) for plan in plans]
