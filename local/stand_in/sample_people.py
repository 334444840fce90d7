"""The people of Contoso, the same in the Okta org and in the tenant, for `--seed`, the demo and the documentation."""

from dataclasses import dataclass, field

MANAGED_GROUP_ID = "00g2m365Abc9Qwe15d7"
MANAGED_GROUP_NAME = "Office 365 Assignments"
EVERYONE_GROUP_ID = "00g1evr1Any2One15d7"
EVERYONE_GROUP_NAME = "Everyone"
CONTRACTORS_GROUP_ID = "00g3con4Tra5Ctr15d7"
CONTRACTORS_GROUP_NAME = "Contractors"

NOOR_OKTA_USER_ID = "00u5mgr2Bd7Kf9Ps15d7"
NOOR_LOGIN = "noor.haddad@contoso.com"
MAIL_SENDER = "offboarding@contoso.com"
OPERATORS_MAILBOX = "it-operations@contoso.com"


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """One person. `okta_manager` and `okta_manager_id` are what stands in those two fields of the Okta profile."""

    okta_user_id: str
    entra_user_id: str
    login: str
    email: str
    first_name: str
    last_name: str
    display_name: str
    job_title: str
    okta_manager: str | None = None
    okta_manager_id: str | None = None
    entra_manager: str | None = None
    groups: tuple[str, ...] = (MANAGED_GROUP_ID,)
    is_privileged: bool = False
    sku_part_numbers: tuple[str, ...] = field(default=("SPE_E3",))


PEOPLE = (
    SamplePerson(
        okta_user_id="00u7new3Zp5Rt6Vb15d7",
        entra_user_id="5b0f3a52-7c1e-4d7a-9a53-0c1de5a10001",
        login="maya.lin@contoso.com",
        email="maya.lin@contoso.com",
        first_name="Maya",
        last_name="Lin",
        display_name="Maya Lin",
        job_title="Process Engineer",
        okta_manager=NOOR_LOGIN,
        entra_manager=NOOR_LOGIN,
        sku_part_numbers=("SPE_E3", "VISIOCLIENT", "PROJECTPROFESSIONAL"),
    ),
    SamplePerson(
        okta_user_id="00u7oth8Hj2Kl4Mn15d7",
        entra_user_id="5b0f3a52-7c1e-4d7a-9a53-0c1de5a10002",
        login="omar.reyes@contoso.com",
        email="omar.reyes@contoso.com",
        first_name="Omar",
        last_name="Reyes",
        display_name="Omar Reyes",
        job_title="Buyer",
        okta_manager_id=NOOR_OKTA_USER_ID,
        sku_part_numbers=("SPE_E3", "POWER_BI_STANDARD"),
    ),
    SamplePerson(
        okta_user_id=NOOR_OKTA_USER_ID,
        entra_user_id="5b0f3a52-7c1e-4d7a-9a53-0c1de5a10003",
        login=NOOR_LOGIN,
        email=NOOR_LOGIN,
        first_name="Noor",
        last_name="Haddad",
        display_name="Noor Haddad",
        job_title="Head of Operations",
    ),
    SamplePerson(
        okta_user_id="00u1adm9kQ2Lw8Xy15d7",
        entra_user_id="5b0f3a52-7c1e-4d7a-9a53-0c1de5a10004",
        login="it.admin@contoso.com",
        email="it.admin@contoso.com",
        first_name="Iris",
        last_name="Admin",
        display_name="Iris Admin",
        job_title="Identity Engineer",
        is_privileged=True,
    ),
    SamplePerson(
        okta_user_id="00u4len6Vg8Ty1Rd15d7",
        entra_user_id="5b0f3a52-7c1e-4d7a-9a53-0c1de5a10005",
        login="lvogt@corp.contoso.example",
        email="lena.vogt@contoso.com",
        first_name="Lena",
        last_name="Vogt",
        display_name="Lena Vogt",
        job_title="Controller",
        okta_manager=NOOR_LOGIN,
    ),
    SamplePerson(
        okta_user_id="00u6tom3Bg5Nx2Wc15d7",
        entra_user_id="5b0f3a52-7c1e-4d7a-9a53-0c1de5a10006",
        login="tomas.berg@contoso.com",
        email="tomas.berg@contoso.com",
        first_name="Tomas",
        last_name="Berg",
        display_name="Tomas Berg",
        job_title="Contract Designer",
        entra_manager=NOOR_LOGIN,
        groups=(MANAGED_GROUP_ID, CONTRACTORS_GROUP_ID),
        sku_part_numbers=("SPE_E3", "VISIOCLIENT"),
    ),
    SamplePerson(
        okta_user_id="00u8zoe7Kd4Qm9Lp15d7",
        entra_user_id="5b0f3a52-7c1e-4d7a-9a53-0c1de5a10007",
        login="zoe.oneil@contoso.com",
        email="zoe.oneil@contoso.com",
        first_name="Zoe",
        last_name="O'Neil",
        display_name="""Zoe <b onclick="alert('Zoe')">O'Neil</b> & Co""",
        job_title="Brand Designer",
        okta_manager="Noor.Haddad@contoso.com",
    ),
)
