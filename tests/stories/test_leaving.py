"""Whoever leaves loses what was given directly; whoever was never in a managed group is left alone.

The plain leave is tests/stories/test_whole_flow.py, and its other ways are in tests/stories/test_on_record.py.
"""

from datetime import timedelta

from tests.stories.company import E3, POWER_BI, Company


async def test_license_that_is_both_direct_and_inherited_loses_only_its_direct_part(company: Company) -> None:
    ada = await company.hire(licenses={E3: set(), POWER_BI: set()}, inherited=(POWER_BI,))

    await company.leave(ada)
    await company.pass_time(timedelta(days=30))

    account = await company.account(ada)
    assert (account.direct, account.inherited) == ({}, {POWER_BI})


async def test_person_activated_in_okta_who_never_was_in_a_managed_group_is_left_alone(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()}, groups=())

    await company.lifecycle(ada, "suspend")
    await company.lifecycle(ada, "unsuspend")
    await company.pass_time(timedelta(days=31))

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})


async def test_due_time_that_the_clock_jumps_over_is_due(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()

    await company.pass_time(timedelta(days=400))

    assert (await company.account(ada)).direct == {}
    assert len(await company.mails(ada)) == 3
