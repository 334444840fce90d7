"""What the hook's secret alone can do: make the app read. It changes nothing, for nobody, in no phase."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from lifecycle.events import EVENT_TYPES
from tests.security.conftest import PLANTED, SecuredCompany, SecuredStack
from tests.stories.changes import change_account
from tests.stories.company import E3, MANAGER, OFFICE, OPERATORS, Person
from tests.stories.test_operators import wave

AN_HOUR = timedelta(hours=1, minutes=2)
SOME_MINUTES = timedelta(minutes=15)  # the log is asked 30 times a minute, and then a few minutes later
MAILBOXES = (MANAGER, OPERATORS)


async def deliver(company: SecuredCompany, events: list[dict[str, Any]]) -> dict[str, Any]:
    delivery = {"eventType": "com.okta.event_hook", "eventId": str(uuid4()), "data": {"events": events}}
    async with company.stranger() as sender:
        headers = {"Authorization": PLANTED["OKTA_HOOK_SECRET"]}
        answer = await sender.post("/api/okta/events", json=delivery, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def forged(company: SecuredCompany, event_type: str, person: Person) -> dict[str, Any]:
    """An event that never happened, in the words in which only Okta should say it."""
    now = (await company.host.get("/admin/clock")).json()["now"]
    user = {"type": "User", "id": person.okta_user_id, "alternateId": person.login, "displayName": "Ada"}
    group = {"type": "UserGroup", "id": (await company.groups())[OFFICE], "displayName": OFFICE}
    outcome = {"result": "SUCCESS"}
    about = {"uuid": str(uuid4()), "published": now, "eventType": event_type, "outcome": outcome}
    return {**about, "target": [user, group]}


async def waiting(company: SecuredCompany) -> Person:
    """In the grace period: the run sleeps until the licenses go."""
    person = await company.hire(licenses={E3: set()})
    await company.leave(person)
    await company.settle()
    return person


async def parked(company: SecuredCompany) -> Person:
    """The run needs an operator."""
    person = await company.hire(licenses={E3: set()})
    (await company.tenant.delete(f"/control/users/{person.entra_user_id}")).raise_for_status()
    await company.leave(person)
    await company.settle()
    account = {"id": person.entra_user_id, "userPrincipalName": person.login, "licenses": [{"sku": E3}]}
    (await company.tenant.post("/control/users", json=[account])).raise_for_status()
    return person


async def held(company: SecuredCompany) -> Person:
    """One of a wave."""
    async with wave(company):
        return await waiting(company)


async def managed(company: SecuredCompany) -> Person:
    """In the group, and the app has never heard of the person."""
    return await company.hire(licenses={E3: set()})


async def unmanaged(company: SecuredCompany) -> Person:
    """A partner who was never in a managed group."""
    return await company.hire(licenses={E3: set()}, groups=())


async def passed_over(company: SecuredCompany) -> Person:
    """A partner who was deactivated in Okta, which was none of our business."""
    person = await unmanaged(company)
    await company.lifecycle(person, "deactivate")
    await company.settle()
    return person


async def disabled_by_others(company: SecuredCompany) -> Person:
    """A member whose account security has disabled; the run for the return to the group waits for an operator."""
    person = await managed(company)
    await change_account(company, person, accountEnabled=False)
    await company.leave(person)
    await company.join(person)
    await company.settle()
    return person


# Whoever needs time to pass comes first. tests/stories/test_found_in_the_log.py plays every other phase in memory.
PHASES = (parked, disabled_by_others, held, waiting, passed_over, *(managed, unmanaged) * 3)


async def seen_of(company: SecuredCompany, person: Person) -> dict[str, Any]:
    """Everything about a person that a forged event might change."""
    state = (await company.tenant.get(f"/control/users/{person.entra_user_id}")).json()
    async with company.tables() as tables:
        row = await tables.get("Members", "member", person.okta_user_id)
        account_row = await tables.get("Accounts", "account", person.entra_user_id)
    return {
        "account": state,
        "rows": (row, account_row),
        "audit": await company.audit(person),
        "mails": [await company.mails(person, to) for to in (person.manager, *MAILBOXES)],
        "writes": [each for each in await company.requests_about(person) if each["method"] != "GET"],
    }


async def seen_of_all(company: SecuredCompany) -> tuple[list[int], list[str]]:
    """How many mails there are, and every write in the tenant that was asked for."""
    mailboxes = [(await company.tenant.get(f"/control/mailboxes/{each}")).json()["messages"] for each in MAILBOXES]
    writes = [each["path"] for each in await company.tenant_requests() if each["method"] != "GET"]
    return [len(messages) for messages in mailboxes], writes


def alarms(stack: SecuredStack) -> list[str]:
    log = (stack.data / "logs" / "host.log").read_text()
    return [line for line in log.splitlines() if "ERROR" in line and "is not in Okta's System Log" in line]


async def test_forged_events_of_every_type_change_nothing_for_anybody_and_raise_one_alarm_each(
    company: SecuredCompany, secured_stack: SecuredStack
) -> None:
    people = [await make(company) for make in PHASES]
    await company.pass_time(SOME_MINUTES)  # in which the operators hear in one mail of whoever else needs them
    before, before_of_all = [await seen_of(company, person) for person in people], await seen_of_all(company)
    runs = {run["instanceId"]: run["runtimeStatus"] for person in people for run in await company.runs(person)}
    events = [await forged(company, event_type, person) for person in people for event_type in EVENT_TYPES]

    answer = await deliver(company, events)
    for wait in (AN_HOUR, SOME_MINUTES):
        await company.jump(wait)

    assert len(answer["started"]) == 1, "more than fifty relevant events are started by one fan_out"
    assert [await seen_of(company, person) for person in people] == before
    assert await seen_of_all(company) == before_of_all
    now = {run["instanceId"]: run for person in people for run in await company.runs(person)}
    assert {instance: now.pop(instance)["runtimeStatus"] for instance in runs} == runs
    assert {run["output"]["phase"] for run in now.values()} == {"unseen"}
    about_nobody = len(people) * 3  # a deleted group, and suspensions, which do not count here
    assert len(now) == len(events) - about_nobody
    for instance in now:
        assert len([line for line in alarms(secured_stack) if instance in line]) == 1
