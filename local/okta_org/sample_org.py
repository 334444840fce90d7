"""The sample people as an Okta org sees them."""

from local.okta_org.org import OktaOrg
from local.stand_in.sample_people import (
    CONTRACTORS_GROUP_ID,
    CONTRACTORS_GROUP_NAME,
    MANAGED_GROUP_ID,
    MANAGED_GROUP_NAME,
    PEOPLE,
    SamplePerson,
)


def seed_sample_people(org: OktaOrg) -> None:
    """Add the people and their groups, without any event: they have always been there."""
    org.add_group({"name": MANAGED_GROUP_NAME, "description": "Everyone with Microsoft 365"}, MANAGED_GROUP_ID)
    org.add_group({"name": CONTRACTORS_GROUP_NAME, "description": "External people"}, CONTRACTORS_GROUP_ID)
    for person in PEOPLE:
        user = org.add_user(org.new_user(_profile(person), person.okta_user_id))
        for group_id in person.groups:
            org.join(org.group(group_id), user, None)


def _profile(person: SamplePerson) -> dict[str, str | None]:
    profile = {
        "login": person.login,
        "email": person.email,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "displayName": person.display_name,
        "title": person.job_title,
        "organization": "Contoso",
        "countryCode": "NL",
        "manager": person.okta_manager,
        "managerId": person.okta_manager_id,
    }
    return {name: value for name, value in profile.items() if value is not None}
