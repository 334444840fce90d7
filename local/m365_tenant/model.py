"""What a tenant remembers: users with their license assignments, SKUs, groups that hand licenses on, and mailboxes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class GraphModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class LicenseAssignment(GraphModel):
    """One entry of licenseAssignmentStates. Without a group it is direct."""

    sku_id: str
    assigned_by_group: str | None = None
    disabled_plans: list[str] = []
    state: str = "Active"
    # Live tenants send the text "None", although the documentation says null.
    error: str | None = "None"
    last_updated_date_time: str


class User(GraphModel):
    id: str
    user_principal_name: str
    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    mail: str | None = None
    job_title: str | None = None
    mobile_phone: str | None = None
    office_location: str | None = None
    preferred_language: str | None = None
    business_phones: list[str] = []
    other_mails: list[str] = []
    proxy_addresses: list[str] = []
    account_enabled: bool = True
    usage_location: str | None = None
    user_type: str = "Member"
    department: str | None = None
    company_name: str | None = None
    country: str | None = None
    employee_id: str | None = None
    on_premises_sync_enabled: bool | None = None
    created_date_time: str
    sign_in_sessions_valid_from_date_time: str
    license_assignment_states: list[LicenseAssignment] = []
    # Not Graph's: the manager's id, and what decides how the tenant treats the account.
    manager_id: str | None = None
    is_privileged: bool = False
    has_mailbox: bool = True
    directory_account_enabled: bool = True

    @property
    def sign_in_name(self) -> str:
        return self.user_principal_name

    @property
    def assigned_licenses(self) -> list[dict[str, Any]]:
        """One entry per SKU, whoever assigned it; a plan is off only where every assignment has it off."""
        disabled: dict[str, set[str]] = {}
        for held in self.license_assignment_states:
            plans = set(held.disabled_plans)
            disabled[held.sku_id] = disabled.get(held.sku_id, plans) & plans
        return [{"skuId": sku_id, "disabledPlans": sorted(plans)} for sku_id, plans in disabled.items()]

    @property
    def record(self) -> dict[str, Any]:
        """Every property Graph can show."""
        hidden = {"manager_id", "is_privileged", "has_mailbox", "directory_account_enabled"}
        return {**self.model_dump(by_alias=True, exclude=hidden), "assignedLicenses": self.assigned_licenses}


class ServicePlan(GraphModel):
    service_plan_id: str
    service_plan_name: str
    provisioning_status: str = "Success"
    applies_to: str = "User"


class Sku(GraphModel):
    """`consumed_elsewhere` counts the seats of people who are not modelled here."""

    sku_id: str
    sku_part_number: str
    capability_status: str = "Enabled"
    applies_to: str = "User"
    enabled: int = 25
    suspended: int = 0
    warning: int = 0
    locked_out: int = 0
    consumed_elsewhere: int = 0
    service_plans: list[ServicePlan] = []

    @property
    def assignable_units(self) -> int:
        """Suspended units cannot be assigned; those in the warning period still can."""
        return self.enabled + self.warning if self.capability_status in ("Enabled", "Warning") else 0


class GroupLicense(GraphModel):
    sku_id: str
    disabled_plans: list[str] = []


class Group(GraphModel):
    id: str
    display_name: str
    licenses: list[GroupLicense] = []


class Mail(BaseModel):
    """As people read it in `/control/mailboxes`, so not in Graph's words."""

    id: str
    sender: str = Field(alias="from")
    to: list[str]
    cc: list[str]
    bcc: list[str]
    reply_to: list[str]
    subject: str
    content_type: str
    body: str
    received_at: str
    saved_to_sent_items: bool


class TenantState(GraphModel):
    tenant_id: str = "6f1d7f0e-0c5e-4a3b-9d0f-2f6f6b1f7a11"
    users: dict[str, User] = {}
    groups: dict[str, Group] = {}
    skus: dict[str, Sku] = {}
    mailboxes: dict[str, list[Mail]] = {}
    sent_items: dict[str, list[Mail]] = {}
    # service plan -> the plans it cannot be without, and pairs of plans that exclude each other
    plan_dependencies: dict[str, list[str]] = {}
    exclusive_plans: list[tuple[str, str]] = []
