"""What the vendors' systems tell us, as plain records. Nothing here loads a vendor's package."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class OktaUser:
    """`status` is Okta's word as it stands, also one that the SDK does not know (ACTIVATING)."""

    id: str
    status: str
    login: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    display_name: str | None = None
    manager: str | None = None
    manager_id: str | None = None
    country_code: str | None = None
    transitioning_to_status: str | None = None  # a change of status that is under way

    @property
    def full_name(self) -> str:
        """What people call the user."""
        names = " ".join(name for name in (self.first_name, self.last_name) if name)
        return self.display_name or names or self.login


@dataclass(frozen=True, slots=True)
class OktaGroup:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class OktaEventHook:
    """Without its secret, which Okta never shows. `filters` are pairs of event type and expression."""

    id: str
    name: str
    status: str
    verification_status: str
    uri: str
    event_types: tuple[str, ...]
    filters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LogPage:
    """LogEvents as Okta sent them, and the link that continues after them."""

    events: list[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class LicenseAssignment:
    """One way in which a user holds a SKU: directly, or through the group `assigned_by_group`."""

    sku_id: str
    disabled_plans: tuple[str, ...] = ()
    assigned_by_group: str | None = None
    state: str = "Active"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class EntraUser:
    id: str
    user_principal_name: str
    display_name: str | None
    mail: str | None
    account_enabled: bool
    usage_location: str | None = None
    on_premises_sync_enabled: bool = False
    licenses: tuple[LicenseAssignment, ...] = ()


@dataclass(frozen=True, slots=True)
class ServicePlan:
    id: str
    name: str
    applies_to: str


@dataclass(frozen=True, slots=True)
class SubscribedSku:
    sku_id: str
    sku_part_number: str
    capability_status: str
    applies_to: str
    enabled_units: int
    warning_units: int
    consumed_units: int
    service_plans: tuple[ServicePlan, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """An entity of Table Storage with the ETag it was read with. Instants are aware and in UTC."""

    values: dict[str, Any]
    etag: str


@dataclass(frozen=True, slots=True)
class RowPage:
    """`continuation` asks for the next page; None after the last one."""

    rows: list[Row] = field(default_factory=list)
    continuation: str | None = None
