"""What else happens to people and accounts: rehired, renamed, synchronised, read late."""

from dataclasses import replace
from typing import Any

import httpx

from tests.stories.company import MANAGER, Company, Licenses, Person


async def delete_for_good(company: Company, person: Person) -> None:
    """Okta's second step, for somebody who is deactivated already."""
    (await company.okta.delete(f"/api/v1/users/{person.okta_user_id}")).raise_for_status()


async def new_user(company: Company, login: str, *groups: str, **profile: Any) -> str:
    """One more Okta user, without any event; returns the id."""
    about = {"login": login, "email": login, "firstName": "Ada", "lastName": "New", "manager": MANAGER} | profile
    seed = {"profile": about, "groups": groups}
    (user,) = (await company.okta.post("/control/users", json=[seed])).raise_for_status().json()
    return str(user["id"])


async def rehire(company: Company, person: Person) -> Person:
    """A new Okta user for somebody of whom the old one is deleted; in no group yet."""
    return replace(person, okta_user_id=await new_user(company, person.login, manager=person.manager))


async def change_account(company: Company, person: Person, **properties: Any) -> httpx.Response:
    """What an administrator does by hand in the tenant; properties in Graph's words."""
    headers = {"Authorization": f"Bearer {company.values['GRAPH_ACCESS_TOKEN']}"}
    path = f"/v1.0/users/{person.entra_user_id}"
    return (await company.tenant.patch(path, json=properties, headers=headers)).raise_for_status()


async def hire_synchronised(company: Company, licenses: Licenses) -> Person:
    """Somebody whose account Active Directory rules."""
    person = await company.hire()
    held = [{"sku": sku, "disabled_plans": sorted(off)} for sku, off in licenses.items()]
    account = {"id": person.entra_user_id, "userPrincipalName": person.login, "displayName": "Ada", "licenses": held}
    seed = account | {"onPremisesSyncEnabled": True}
    (await company.tenant.post("/control/users", json=[seed])).raise_for_status()
    return person


async def synchronise(company: Company, person: Person) -> None:
    """Entra Connect writes to the account what Active Directory says."""
    (await company.tenant.post(f"/control/users/{person.entra_user_id}/directory_sync")).raise_for_status()


async def lag(stand_in: httpx.AsyncClient, path: str, seconds: float, *, probability: float = 1.0) -> None:
    """From now on replicas that answer for this path are behind, each or, with a probability, some of them."""
    fault = {"kind": "lag", "match": {"path": path}, "seconds": seconds, "probability": probability, "seed": 1}
    (await stand_in.put("/control/faults", json=[fault])).raise_for_status()
