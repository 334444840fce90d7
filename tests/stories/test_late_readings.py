"""Okta and the tenant answer from replicas, some of which are behind: a late reading decides nothing alone.

With OFFSTAGE_EXAMPLES, whatever it says, more people live through what chance decides. Of the orders in which steps and
late readings may come, tests/stories/test_whose_account.py plays a sample in memory.
"""

import os
from datetime import timedelta

from lifecycle import licenses
from rows import accounts
from tests.stories.changes import lag
from tests.stories.company import E3, PROJECT, SWAY, VISIO, Company, Licenses, Person

LICENSED: Licenses = {E3: {SWAY}, VISIO: set(), PROJECT: set()}
PEOPLE = 20 if "OFFSTAGE_EXAMPLES" in os.environ else 4
ONE_OF_THREE = 0.34
DAYS = timedelta(days=1)


async def leave_all(company: Company, people: list[Person]) -> None:
    for person in people:
        await company.leave(person)
    await company.settle()


async def join_all(company: Company, people: list[Person]) -> None:
    for person in people:
        await company.join(person)
    await company.settle()


async def test_who_is_put_back_in_the_second_the_licenses_go_has_all_of_them_in_the_end(company: Company) -> None:
    people = [await company.hire(licenses=LICENSED) for _ in range(PEOPLE)]
    await leave_all(company, people)
    due_at = max([run["customStatus"]["due_at"] for person in people for run in await company.runs(person)])
    await lag(company.tenant, "/users", seconds=15, probability=ONE_OF_THREE)
    since = len(await company.tenant_requests())

    await company.move(await company.until(due_at))
    for number, person in enumerate(people):
        await company.work(4 * number, since)
        await company.join(person)
    await company.pass_time(1 * DAYS)

    for person in people:
        account = await company.account(person)
        assert (account.enabled, account.direct) == (True, LICENSED), (await company.runs(person))[-1]["customStatus"]
        async with company.tables() as tables:
            stored = await accounts.find(tables, person.entra_user_id)
        assert stored is not None
        assert licenses.owed(licenses.from_json(stored.record.snapshot), frozenset()) == ()


async def test_leave_right_after_a_return_is_not_taken_for_done_already_and_the_other_way_round(
    company: Company,
) -> None:
    people = [await company.hire(licenses=LICENSED) for _ in range(PEOPLE // 2)]
    await lag(company.tenant, "/users", seconds=600, probability=ONE_OF_THREE)

    await leave_all(company, people)  # late readings say: enabled
    await join_all(company, people)
    assert [(await company.account(person)).enabled for person in people] == [True] * len(people)

    await leave_all(company, people)
    await company.pass_time(1 * DAYS)  # so that late readings say: disabled
    await join_all(company, people)
    await leave_all(company, people)
    assert [(await company.account(person)).enabled for person in people] == [False] * len(people)


async def test_leave_and_return_that_okta_does_not_show_yet_are_acted_on(company: Company) -> None:
    ada = await company.hire(licenses=LICENSED)
    await lag(company.okta, f"/users/{ada.okta_user_id}", seconds=60)

    await company.leave(ada)
    await company.settle()
    assert not (await company.account(ada)).enabled
    await company.pass_time(31 * DAYS)
    assert (await company.account(ada)).direct == {}

    await company.join(ada)
    await company.settle()
    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, LICENSED)


async def test_who_is_read_as_entitled_still_when_the_licenses_are_to_go_loses_them_all_the_same(
    company: Company,
) -> None:
    """Put in by mistake and taken out again seconds before."""
    ada = await company.hire(licenses=LICENSED)
    await company.leave(ada)
    await company.settle()
    (run,) = await company.runs(ada)
    due_at = run["customStatus"]["due_at"]
    await lag(company.okta, f"/users/{ada.okta_user_id}", seconds=80)
    await company.move(await company.until(due_at, before=timedelta(seconds=120)))
    await company.change_quietly(ada, "add")
    await company.move(timedelta(seconds=80))
    await company.change_quietly(ada, "remove")

    await company.pass_time(1 * DAYS)

    account = await company.account(ada)
    assert (account.enabled, account.direct) == (False, {})
