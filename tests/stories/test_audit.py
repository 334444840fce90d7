"""Auditors learn who caused what, and operators are named, across the log, the run and the tables."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stories.company import E3, Company
from tests.stories.test_operators import left, tell

A_DAY = timedelta(days=1)


async def exported(company: Company, user: str) -> list[dict[str, Any]]:
    """The acts on a person, oldest first."""
    since, until = datetime.now(UTC) - A_DAY, await company.now() + A_DAY  # a command has the time of the route
    period = {"from": since.isoformat(), "to": until.isoformat(), "user": user}
    response = await company.host.get("/api/audit", params=period)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in reversed(response.text.splitlines())]


async def test_acts_name_the_actor_of_the_event_and_commands_the_operator(company: Company) -> None:
    ada = await left(company)

    run = await tell(company, ada, "remove-now")

    acts = await exported(company, ada.login)
    by_name = {act["act"].partition("-")[0]: act for act in acts}
    entries = (await company.okta.get("/api/v1/logs", params={"filter": f'uuid eq "{acts[0]["event_uuid"]}"'})).json()
    disabled, told = by_name["disable_account"], by_name["operator_command"]
    assert disabled["event_type"] == "group.user_membership.remove"
    assert disabled["actor"] in (entries[0]["actor"]["alternateId"], entries[0]["actor"]["displayName"])
    assert disabled["seconds_after_event"] >= 0
    assert (told["actor"], told["detail"], told["outcome"]) == ("operator: key", "remove-now", "carried out")
    removed = next(act for act in acts if act["act"].startswith("remove_license"))
    assert "Microsoft 365 E3" in removed["licenses"]
    assert E3 in removed["detail"]
    shown = (await company.host.get(f"/api/runs/{run}")).json()
    assert shown["customStatus"]["command"] == "remove-now by key"


async def test_signed_in_name_is_not_believed_where_nobody_signs_people_in(company: Company) -> None:
    ada = await left(company)

    told = await company.host.post(
        f"/api/members/{ada.okta_user_id}/keep", headers={"X-MS-CLIENT-PRINCIPAL-NAME": "ceo@contoso.com"}
    )
    await company.settle()

    assert told.status_code == 202
    actors = {act["actor"] for act in await exported(company, ada.login) if act["act"] == "operator_command"}
    assert actors == {"operator: key"}
