"""What somebody gains who knows the hook's secret, may edit his own profile in Okta, or deletes a group there."""

import copy
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.security.conftest import PLANTED, SecuredCompany
from tests.stories.company import E3, OFFICE, VISIO, VISIO_USERS, Person

SAMPLE = json.loads((Path(__file__).parents[1] / "payloads/membership_remove.json").read_text())
LEAVE, JOIN, DEACTIVATE = "group.user_membership.remove", "group.user_membership.add", "user.lifecycle.deactivate"


async def deliver(company: SecuredCompany, delivery: dict[str, Any]) -> dict[str, Any]:
    secret = {"Authorization": PLANTED["OKTA_HOOK_SECRET"]}
    async with company.stranger() as sender:
        answer = await sender.post("/api/okta/events", json=delivery, headers=secret)
    assert answer.status_code == 200, answer.text
    await company.settle()
    return dict(answer.json())


async def forge(
    company: SecuredCompany,
    event_type: str,
    okta_user_id: str,
    login: str,
    *,
    in_the_future: timedelta = timedelta(),
    logged: bool = False,
) -> dict[str, Any]:
    """Deliver an event that never happened, in the words of Okta; when `logged`, the log says so too."""
    delivery = copy.deepcopy(SAMPLE)
    event = delivery["data"]["events"][0]
    now = datetime.fromisoformat((await company.host.get("/admin/clock")).json()["now"])
    event |= {"uuid": str(uuid4()), "eventType": event_type, "published": (now + in_the_future).isoformat()}
    user = {"type": "User", "id": okta_user_id, "alternateId": login}
    group = {"type": "UserGroup", "id": (await company.groups())[OFFICE], "displayName": OFFICE}
    event |= {"target": [user, group]}
    delivery["data"]["events"] = [event]
    if logged:
        (await company.okta.post("/control/log_events", json=[{"event": event}])).raise_for_status()
    return await deliver(company, delivery)


async def delivery_of_the_leave(company: SecuredCompany, person: Person) -> dict[str, Any]:
    """What Okta sent when the person left, as somebody on the way could have kept it."""
    deliveries = (await company.okta.get("/control/deliveries")).json()["deliveries"]
    return next(dict(each["payload"]) for each in deliveries if person.okta_user_id in json.dumps(each["payload"]))


async def purge_histories(company: SecuredCompany, person: Person) -> None:
    for run in await company.runs(person):
        path = f"/runtime/webhooks/durabletask/instances/{run['instanceId']}"
        assert (await company.host.delete(path)).status_code == 200


@pytest.mark.parametrize("event_type", [LEAVE, DEACTIVATE])
async def test_leave_of_somebody_entitled_changes_nothing_although_the_log_has_it(
    company: SecuredCompany, event_type: str
) -> None:
    ada = await company.hire(licenses={E3: set()})

    await forge(company, event_type, ada.okta_user_id, ada.login, logged=True)

    assert (await company.account(ada)).enabled
    assert [run["output"]["phase"] for run in await company.runs(ada)] == ["not_current"]


@pytest.mark.parametrize("logged", [False, True])
async def test_forged_join_of_somebody_who_left_changes_nothing(company: SecuredCompany, logged: bool) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()

    await forge(company, JOIN, ada.okta_user_id, ada.login, logged=logged)

    assert not (await company.account(ada)).enabled
    await company.pass_time(timedelta(days=31))
    assert (await company.account(ada)).direct == {}


async def test_old_delivery_is_a_duplicate_as_long_as_its_history_is_kept(company: SecuredCompany) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()

    answer = await deliver(company, await delivery_of_the_leave(company, ada))

    assert (answer["started"], answer["duplicate"]) == ([], 1)


async def test_old_delivery_after_the_history_was_purged_does_no_more_than_okta_says(company: SecuredCompany) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()
    old = await delivery_of_the_leave(company, ada)
    await company.join(ada)
    await company.settle()
    await purge_histories(company, ada)
    mails = await company.mails(ada)

    answer = await deliver(company, old)

    assert len(answer["started"]) == 1
    assert (await company.account(ada)).enabled
    assert set((await company.account(ada)).direct) == {E3}
    assert [run["output"]["phase"] for run in await company.runs(ada)] == ["not_current"]
    assert await company.mails(ada) == mails


async def test_forged_leave_under_an_unknown_id_does_not_reach_the_person_whose_login_it_names(
    company: SecuredCompany,
) -> None:
    ada = await company.hire(licenses={E3: set()})

    await forge(company, DEACTIVATE, "00uNobody1234567890", ada.login, logged=True)

    assert (await company.account(ada)).enabled


async def test_forged_event_from_the_future_does_not_keep_a_person_from_leaving(company: SecuredCompany) -> None:
    ada = await company.hire(licenses={E3: set()})

    answer = await forge(company, JOIN, ada.okta_user_id, ada.login, in_the_future=timedelta(days=3650))
    assert (answer["started"], answer["ignored"]) == ([], 1)
    await company.leave(ada)
    await company.settle()

    assert not (await company.account(ada)).enabled


async def test_email_of_somebody_else_in_ones_profile_does_not_lead_to_their_account(company: SecuredCompany) -> None:
    ada = await company.hire(licenses={E3: set()})
    mallory = await company.hire(licenses={E3: set()}, name="Mallory", email=ada.login)

    await company.leave(mallory)
    await company.settle()

    assert (await company.account(ada)).enabled


async def test_new_person_with_the_login_of_somebody_long_gone_is_not_taken_for_them(company: SecuredCompany) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=31))
    (await company.tenant.delete(f"/control/users/{ada.entra_user_id}")).raise_for_status()
    account = {"userPrincipalName": ada.login, "displayName": "Another Ada", "licenses": [{"sku": E3}]}
    (newcomer,) = (await company.tenant.post("/control/users", json=[account])).json()

    await company.delete_in_okta(ada)
    await company.settle()

    assert (await company.account(Person("", newcomer["id"], ada.login))).enabled


async def test_deleting_one_of_two_groups_takes_no_licenses_from_who_is_in_both(company: SecuredCompany) -> None:
    (await company.okta.post("/control/groups", json=[{"name": VISIO_USERS}])).raise_for_status()
    await company.catalog(VISIO_USERS, VISIO)
    ada = await company.hire(licenses={E3: set(), VISIO: set()}, groups=(OFFICE, VISIO_USERS))
    group = {"type": "UserGroup", "id": (await company.groups())[VISIO_USERS], "displayName": VISIO_USERS}
    user = {"type": "User", "id": ada.okta_user_id, "alternateId": ada.login}
    leave = {"eventType": LEAVE, "uuid": str(uuid4()), "outcome": {"result": "SUCCESS"}, "target": [user, group]}

    (await company.okta.delete(f"/api/v1/groups/{group['id']}")).raise_for_status()
    (await company.okta.post("/control/log_events", json=[{"event": leave, "deliver": True}])).raise_for_status()
    await company.pass_time(timedelta(days=10))

    assert set((await company.account(ada)).direct) == {E3, VISIO}
