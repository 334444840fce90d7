"""The sample people as the tenant sees them, and what the tenant has bought."""

from local.m365_tenant.model import Group, GroupLicense, LicenseAssignment, ServicePlan, Sku, User
from local.m365_tenant.tenant import M365Tenant
from local.stand_in.sample_people import MAIL_SENDER, OPERATORS_MAILBOX, PEOPLE, SamplePerson

POWER_AUTOMATE_GROUP_ID = "0d9c3f6e-8a57-4c0e-b6a0-5e2f1c7d9b01"
YAMMER = "7547a3fe-08ee-4ccb-b430-5077c5041653"
SWAY = "a23b959c-7ce8-4e57-9140-b90eb88a9e97"
EXCHANGE_PLAN_1 = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"
EXCHANGE_PLAN_2 = "efb87545-963c-4e0d-99df-69c6916d9eb0"
SKYPE = "0feaeb32-d00e-4d66-bd5a-43b5b83db82c"
PHONE_SYSTEM = "4828c8ec-dc2e-4779-b502-87ac9ce28ab7"
SHAREPOINT = "5dbe027f-2339-4123-9542-606e4d348a72"

# skuPartNumber: (skuId, seats bought, seats of people not modelled here, {servicePlanName: servicePlanId})
_SKUS: dict[str, tuple[str, int, int, dict[str, str]]] = {
    "SPE_E3": (
        "05e9a617-0261-4cee-bb44-138d3ef5d965",
        300,
        214,
        {
            "EXCHANGE_S_ENTERPRISE": EXCHANGE_PLAN_2,
            "SHAREPOINTENTERPRISE": SHAREPOINT,
            "SHAREPOINTWAC": "e95bec33-7c88-4a70-8e19-b10bd9d0c014",
            "OFFICESUBSCRIPTION": "43de0ff5-c92c-492b-9116-175376d08c38",
            "TEAMS1": "57ff2da0-773e-42df-b2af-ffb7a2317929",
            "MCOSTANDARD": SKYPE,
            "YAMMER_ENTERPRISE": YAMMER,
            "SWAY": SWAY,
            "INTUNE_A": "c1ec4a95-1f05-45b3-a911-aa3fa01094f5",
            "AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
        },
    ),
    "VISIOCLIENT": (
        "c5928f49-12ba-48f7-ada3-0d743a3601d5",
        20,
        11,
        {
            "VISIOONLINE": "2bdbaf8f-738f-4ac7-9234-3c3ee2ce7d0f",
            "VISIO_CLIENT_SUBSCRIPTION": "663a804f-1c30-4ff0-9915-9db84f0d1cea",
        },
    ),
    "PROJECTPROFESSIONAL": (
        "53818b1b-4a27-454b-8896-0dba576410e6",
        15,
        9,
        {
            "PROJECT_CLIENT_SUBSCRIPTION": "fafd7243-e5c1-4a3a-9e40-495efcb1d3c3",
            "PROJECT_PROFESSIONAL": "818523f5-016b-4355-9be8-ed6944946ea7",
        },
    ),
    "POWER_BI_STANDARD": (
        "a403ebcc-fae0-4ca2-8c8c-7a907fd6c235",
        1_000_000,
        37,
        {"BI_AZURE_P0": "2049e525-b859-401b-b2a0-e0a31c4b1fe4"},
    ),
    "FLOW_FREE": (
        "f30db892-07e9-47e9-837c-80727f46fd3d",
        10_000,
        58,
        {"FLOW_P2_VIRAL": "50e68c76-46c6-4674-81f9-75456511b170"},
    ),
    "EXCHANGESTANDARD": (
        "4b9405b0-7788-4568-add1-99614e613b69",
        10,
        2,
        {"EXCHANGE_S_STANDARD": EXCHANGE_PLAN_1},
    ),
    "MCOEV": ("e43b5b99-8dfb-405f-9987-dc307f34bcbd", 10, 3, {"MCOEV": PHONE_SYSTEM}),
}
# Some plans of SPE_E3 are off for everyone who holds it together with Visio and Project.
_PLANS_OFF = {"5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001": {"SPE_E3": [YAMMER, SWAY]}}
_INHERITS_POWER_AUTOMATE = {"5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001"}


def seed_sample_people(tenant: M365Tenant) -> None:
    """Add the SKUs, the people with their licenses and managers, and the two mailboxes that belong to nobody."""
    _add_skus(tenant)
    licenses = [GroupLicense(sku_id=tenant.sku("FLOW_FREE").sku_id)]
    group = Group(id=POWER_AUTOMATE_GROUP_ID, display_name="Licenses - Power Automate", licenses=licenses)
    tenant.add_group(group)
    for person in PEOPLE:
        _add_person(tenant, person)
    for person in PEOPLE:
        if person.entra_manager:
            tenant.user(person.entra_user_id).manager_id = tenant.user(person.entra_manager).id
    _add_mailbox(tenant, "5b0f3a52-7c1e-4d7a-9a53-0c1de5a10091", MAIL_SENDER, "Offboarding")
    _add_mailbox(tenant, "5b0f3a52-7c1e-4d7a-9a53-0c1de5a10092", OPERATORS_MAILBOX, "IT Operations")


def _add_skus(tenant: M365Tenant) -> None:
    for part_number, (sku_id, enabled, elsewhere, plans) in _SKUS.items():
        tenant.state.skus[sku_id] = Sku(
            sku_id=sku_id,
            sku_part_number=part_number,
            enabled=enabled,
            consumed_elsewhere=elsewhere,
            service_plans=[ServicePlan(service_plan_id=plan, service_plan_name=name) for name, plan in plans.items()],
        )
    tenant.state.plan_dependencies = {PHONE_SYSTEM: [SKYPE]}
    tenant.state.exclusive_plans = [(EXCHANGE_PLAN_1, EXCHANGE_PLAN_2)]


def _add_person(tenant: M365Tenant, person: SamplePerson) -> User:
    return tenant.add_user(
        id=person.entra_user_id,
        user_principal_name=person.email,
        display_name=person.display_name,
        given_name=person.first_name,
        surname=person.last_name,
        mail=person.email,
        job_title=person.job_title,
        company_name="Contoso",
        country="Netherlands",
        usage_location="NL",
        is_privileged=person.is_privileged,
        license_assignment_states=_licenses(tenant, person),
    )


def _licenses(tenant: M365Tenant, person: SamplePerson) -> list[LicenseAssignment]:
    now = tenant.controls.clock.seconds()
    plans_off = _PLANS_OFF.get(person.entra_user_id, {})
    held = [
        LicenseAssignment(
            sku_id=tenant.sku(name).sku_id, disabled_plans=plans_off.get(name, []), last_updated_date_time=now
        )
        for name in person.sku_part_numbers
    ]
    if person.entra_user_id in _INHERITS_POWER_AUTOMATE:
        sku_id = tenant.sku("FLOW_FREE").sku_id
        held.append(
            LicenseAssignment(sku_id=sku_id, assigned_by_group=POWER_AUTOMATE_GROUP_ID, last_updated_date_time=now)
        )
    return held


def _add_mailbox(tenant: M365Tenant, user_id: str, address: str, name: str) -> None:
    """A shared mailbox: an account nobody signs in to."""
    tenant.add_user(id=user_id, user_principal_name=address, mail=address, display_name=name, account_enabled=False)
