"""What each story leaves behind: the tenant's end state, the mails, the audit, and the status of its runs.

The plain leave and return is tests/stories/test_whole_flow.py.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.stories.company import E3, OFFICE, OPERATORS, PHONE_SYSTEM, VISIO, VISIO_USERS, Company, Person
from tests.stories.test_groups import catalog

Story = Callable[[Company], Awaitable[Person]]
MONTH = timedelta(days=31)
DISABLED = ["disable_account", "revoke_sign_in_sessions", "mail_account_disabled"]
REMOVED = ["mail_reminder", f"remove_license-{E3}", "mail_licenses_removed"]
GIVEN = [f"assign_license-{E3}", "mail_account_enabled"]


async def leaves_and_returns_within_the_delay(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=3))
    await company.join(ada)
    return ada


async def returns_without_a_snapshot(company: Company) -> Person:
    """Disabled by hand before the app knew of the person, so that only the catalog says what to give."""
    await catalog(company, {OFFICE: {E3: True, VISIO: False}})
    ada = await company.hire(groups=())
    headers = {"Authorization": f"Bearer {company.values['GRAPH_ACCESS_TOKEN']}"}
    path = f"/v1.0/users/{ada.entra_user_id}"
    (await company.tenant.patch(path, json={"accountEnabled": False}, headers=headers)).raise_for_status()
    await company.join(ada)
    return ada


async def leaves_both_groups_at_once(company: Company) -> Person:
    """Whoever hears of the group with the shorter delay first tells the manager of that date, and then of the other."""
    ada = await company.hire(licenses={E3: set()}, groups=(OFFICE, VISIO_USERS))
    await company.leave(ada, OFFICE)
    await company.leave(ada, VISIO_USERS)
    await company.pass_time(MONTH)
    return ada


async def is_deactivated_while_a_member_and_activated_after_the_delay(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set()})
    await company.lifecycle(ada, "deactivate")
    await company.pass_time(MONTH)
    await company.lifecycle(ada, "activate")
    return ada


async def is_deleted(company: Company) -> Person:
    """Of whom nobody is the manager, so that the operators are told."""
    ada = await company.hire(licenses={E3: set()}, manager=None)
    await company.check_nightly()
    await company.delete_in_okta(ada)
    await company.pass_time(MONTH)
    assert await company.mails(ada) == []
    return replace(ada, manager=OPERATORS)


async def leaves_one_of_two_groups(company: Company) -> Person:
    await catalog(company, {OFFICE: {E3: True}, VISIO_USERS: {VISIO: True}})
    ada = await company.hire(licenses={E3: set(), VISIO: set()}, groups=(OFFICE, VISIO_USERS))
    await company.leave(ada, VISIO_USERS)
    await company.pass_time(MONTH)
    return ada


async def joins_where_nothing_is_assigned(company: Company) -> Person:
    await catalog(company, {OFFICE: {E3: False}})
    ada = await company.hire(groups=())
    await company.join(ada)
    return ada


async def returns_and_waits_for_a_seat(company: Company) -> Person:
    ada = await company.hire(licenses={PHONE_SYSTEM: set(), E3: set()})
    await company.leave(ada)
    await company.pass_time(MONTH)
    await company.pass_time(timedelta(hours=1))
    await company.tenant.put(f"/control/skus/{PHONE_SYSTEM}", json={"enabled": 1, "consumed": 1})
    await company.join(ada)
    await company.pass_time(timedelta(hours=2))
    await company.tenant.put(f"/control/skus/{PHONE_SYSTEM}", json={"enabled": 10, "consumed": 1})
    await company.pass_time(timedelta(hours=2))
    return ada


async def leaves_returns_and_leaves_in_one_breath(company: Company) -> Person:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.join(ada)
    await company.leave(ada)
    await company.pass_time(MONTH)
    return ada


@pytest.mark.parametrize(
    ("story", "end", "mails", "audit", "last_phase"),
    [
        (leaves_and_returns_within_the_delay, (True, {E3}), 2, [*DISABLED, "enable_account", GIVEN[1]], "active"),
        (
            is_deactivated_while_a_member_and_activated_after_the_delay,
            (True, {E3}),
            4,
            [*DISABLED, *REMOVED, "enable_account", *GIVEN],
            "active",
        ),
        (returns_without_a_snapshot, (True, {E3}), 1, ["enable_account", *GIVEN], "active"),
        (leaves_both_groups_at_once, (False, set()), 3, DISABLED + REMOVED, "unlicensed"),
        (is_deleted, (False, set()), 3, DISABLED + REMOVED, "unlicensed"),
        (leaves_one_of_two_groups, (True, {E3}), 1, [f"remove_license-{VISIO}", REMOVED[-1]], "active"),
        (joins_where_nothing_is_assigned, (True, set()), 0, ["enable_account"], "active"),
        (
            returns_and_waits_for_a_seat,
            (True, {E3, PHONE_SYSTEM}),
            5,
            [
                *DISABLED,
                REMOVED[0],
                "remove_licenses",
                REMOVED[-1],
                "enable_account",
                *GIVEN,
                "mail_no_seat",
                f"assign_license-{PHONE_SYSTEM}",
            ],
            "active",
        ),
        (leaves_returns_and_leaves_in_one_breath, (False, set()), 3, DISABLED + REMOVED, "unlicensed"),
    ],
)
async def test_story_leaves_its_end_state_its_mails_its_audit_and_its_status(
    company: Company, story: Story, end: tuple[bool, set[str]], mails: int, audit: list[str], last_phase: str
) -> None:
    person = await story(company)
    await company.settle()

    account = await company.account(person)
    assert (account.enabled, set(account.direct)) == end
    assert len(await company.mails(person)) in (mails, mails + 1 if story is leaves_both_groups_at_once else mails)
    assert {act.what for act in await company.audit(person)} == set(audit)
    assert last_phase in [run["customStatus"]["stage"] for run in await company.runs(person)]
    assert {run["runtimeStatus"] for run in await company.runs(person)} == {"Completed"}
