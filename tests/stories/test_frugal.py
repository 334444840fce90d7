"""What one leave costs in calls to Okta and to Microsoft Graph; docs/performance.md has the figures."""

from datetime import timedelta
from typing import Any

from tests.stories.company import E3, MANAGER, Company, Person


async def okta_requests(company: Company) -> list[dict[str, Any]]:
    """What the app asked; the story itself lists the groups."""
    requests = (await company.okta.get("/control/requests")).json()["requests"]
    return [each for each in requests if each["path"].startswith("/api/") and each["path"] != "/api/v1/groups"]


async def test_leave_of_a_person_whose_login_is_the_accounts_name_costs_ten_calls_to_okta_and_nine_to_graph(
    company: Company,
) -> None:
    maya = await company.hire(licenses={E3: set()}, manager=MANAGER)
    await company.settle()
    okta, graph = len(await okta_requests(company)), len(await company.tenant_requests())

    await company.leave(maya)
    await company.settle()

    assert len(await company.mails(maya)) == 1
    to_okta = [each["path"] for each in (await okta_requests(company))[okta:] if each["method"] == "GET"]
    to_graph = [f"{each['method']} {each['path']}" for each in (await company.tenant_requests())[graph:]]
    looks_into_the_log = [path for path in to_okta if path.startswith("/api/v1/logs")]
    assert (len(looks_into_the_log), len(to_okta), len(to_graph)) == (2, 10, 9), "\n".join([*to_okta, *to_graph])


async def test_reminder_costs_two_calls_to_each_and_the_removal_six(company: Company) -> None:
    maya = await company.hire(licenses={E3: set()})
    await company.leave(maya)
    await company.settle()

    reminder = await spent_on(company, maya, timedelta(days=28))
    removal = await spent_on(company, maya, timedelta(days=2, hours=1))

    assert len(await company.mails(maya)) == 3
    assert (reminder, removal) == ((1, 0), (5, 4))  # the manager and the mail come to that


async def spent_on(company: Company, person: Person, time: timedelta) -> tuple[int, int]:
    """How many calls Okta and the tenant were asked about a person in that time."""
    okta, graph = len(await okta_requests(company)), len(await company.tenant_requests())
    await company.pass_time(time)
    to_okta = [each for each in (await okta_requests(company))[okta:] if person.okta_user_id in each["path"]]
    to_graph = [each for each in (await company.tenant_requests())[graph:] if person.entra_user_id in each["path"]]
    return len(to_okta), len(to_graph)
