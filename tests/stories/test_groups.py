"""Several managed groups, each with its own delay and licenses; and a managed group that is deleted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.stories.company import E3, OFFICE, OPERATORS, PROJECT, SWAY, VISIO, VISIO_USERS, Company


async def catalog(company: Company, entries: dict[str, dict[str, bool]]) -> None:
    """The license catalog as it is from now on: per group the SKUs, and whether newcomers are given them."""
    await company.clear_catalog()
    for group, skus in entries.items():
        for sku_id, assign in skus.items():
            await company.catalog(group, sku_id, assign=assign)


async def test_who_leaves_one_of_two_groups_keeps_the_account_and_loses_what_only_that_group_gives(
    company: Company,
) -> None:
    await catalog(company, {OFFICE: {E3: True, VISIO: False}, VISIO_USERS: {VISIO: True, E3: True}})
    ada = await company.hire(licenses={E3: {SWAY}, VISIO: set()}, groups=(OFFICE, VISIO_USERS))

    await company.leave(ada, VISIO_USERS)
    await company.pass_time(timedelta(days=6))
    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3, VISIO})

    await company.pass_time(timedelta(days=1, minutes=1))
    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})
    (mail,) = await company.mails(ada)
    assert VISIO_USERS in mail.text
    assert "Visio Plan 2" in mail.text

    await company.join(ada, VISIO_USERS)
    await company.settle()
    assert set((await company.account(ada)).direct) == {E3, VISIO}


async def test_who_joins_a_group_again_within_its_delay_keeps_its_licenses(company: Company) -> None:
    await catalog(company, {OFFICE: {E3: True}, VISIO_USERS: {VISIO: True}})
    ada = await company.hire(licenses={E3: set(), VISIO: set()}, groups=(OFFICE, VISIO_USERS))
    await company.leave(ada, VISIO_USERS)
    await company.pass_time(timedelta(days=3))

    await company.join(ada, VISIO_USERS)
    await company.pass_time(timedelta(days=30))

    assert set((await company.account(ada)).direct) == {E3, VISIO}


async def test_who_leaves_both_groups_at_once_is_disabled_and_loses_everything(company: Company) -> None:
    ada = await company.hire(licenses={E3: set(), VISIO: set()}, groups=(OFFICE, VISIO_USERS))

    await company.leave(ada, VISIO_USERS)
    await company.leave(ada, OFFICE)
    await company.settle()
    assert not (await company.account(ada)).enabled

    await company.pass_time(timedelta(days=31))
    assert (await company.account(ada)).direct == {}


async def test_delay_of_the_group_that_was_left_is_the_one_that_counts(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()}, groups=(VISIO_USERS,))
    await company.leave(ada, VISIO_USERS)

    await company.pass_time(timedelta(days=7, minutes=1))

    assert (await company.account(ada)).direct == {}


async def test_newcomer_gets_what_the_catalog_assigns_to_the_group(company: Company) -> None:
    await catalog(company, {OFFICE: {E3: True, VISIO: False}})
    ada = await company.hire(groups=())

    await company.join(ada)
    await company.settle()

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})


async def test_newcomer_whose_group_assigns_nothing_gets_nothing_and_nobody_is_mailed(company: Company) -> None:
    await catalog(company, {OFFICE: {E3: False}})
    ada = await company.hire(groups=())

    await company.join(ada)
    await company.settle()

    assert (await company.account(ada)).direct == {}
    assert await company.mails(ada) == []
    assert [run["output"]["phase"] for run in await company.runs(ada)] == ["active"]


async def test_who_returns_to_one_of_two_groups_gets_back_what_that_group_or_no_group_gave(company: Company) -> None:
    await catalog(company, {OFFICE: {E3: True}, VISIO_USERS: {VISIO: True}})
    ada = await company.hire(licenses={E3: {SWAY}, VISIO: set(), PROJECT: set()}, groups=(OFFICE, VISIO_USERS))
    await company.leave(ada, OFFICE)
    await company.leave(ada, VISIO_USERS)
    await company.pass_time(timedelta(days=31))
    assert (await company.account(ada)).direct == {}

    await company.join(ada, VISIO_USERS)
    await company.pass_time(timedelta(days=1))
    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, {VISIO: set(), PROJECT: set()})

    await company.join(ada, OFFICE)
    await company.settle()
    assert (await company.account(ada)).direct == {E3: {SWAY}, VISIO: set(), PROJECT: set()}


async def test_who_is_taken_out_and_put_in_again_within_seconds_gets_nothing_new_from_the_catalog(
    company: Company,
) -> None:
    await catalog(company, {OFFICE: {E3: True, VISIO: True}})
    ada = await company.hire(licenses={E3: {SWAY}})

    await company.leave(ada)
    await company.join(ada)
    await company.settle()
    assert (await company.account(ada)).direct == {E3: {SWAY}}

    for operation in ("deactivate", "activate"):  # any later return, of somebody who was fully given back
        await company.lifecycle(ada, operation)
        await company.settle()
    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, {E3: {SWAY}})


async def test_clock_of_okta_that_is_ahead_hides_no_removal(company: Company) -> None:
    """Who was taken out a moment ago is no newcomer, although the removal seems to be in the future."""
    await catalog(company, {OFFICE: {E3: True, VISIO: True}})
    ada = await company.hire(licenses={E3: {SWAY}})
    await company.settle()
    ahead = await company.now() + timedelta(seconds=20) - datetime.now(UTC)
    (await company.okta.put("/control/clock", json={"offset_seconds": ahead.total_seconds()})).raise_for_status()

    await company.leave(ada)
    await company.join(ada)
    await company.settle()

    assert (await company.account(ada)).direct == {E3: {SWAY}}


@pytest.mark.parametrize("order", [(OFFICE, VISIO_USERS), (VISIO_USERS, OFFICE)], ids=["30 days, 7", "7 days, 30"])
async def test_latest_date_counts_whichever_group_is_left_first(company: Company, order: tuple[str, str]) -> None:
    await catalog(company, {OFFICE: {E3: True}, VISIO_USERS: {VISIO: True}})
    ada = await company.hire(licenses={E3: {SWAY}, VISIO: set(), PROJECT: set()}, groups=order)
    for group in order:
        await company.leave(ada, group)
        await company.settle()

    await company.pass_time(timedelta(days=29))
    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (False, {E3, VISIO, PROJECT})

    await company.pass_time(timedelta(days=2))
    assert (await company.account(ada)).direct == {}


@pytest.mark.parametrize("reverse", [False, True])
async def test_who_is_deactivated_leaves_although_the_managed_group_is_deleted_as_well(
    company: Company, reverse: bool
) -> None:
    ada = await company.hire(licenses={E3: set()}, groups=(VISIO_USERS,))
    await company.hold_deliveries()
    await company.lifecycle(ada, "deactivate")
    while len(await company.held_deliveries()) < 1:
        pass

    await company.change_as_the_org(ada, "remove", VISIO_USERS)
    async with deleted(company, VISIO_USERS):
        while len(await company.held_deliveries()) < 2:
            pass
        await company.release_deliveries(reverse=reverse)
        await company.pass_time(timedelta(days=31))

        account = await company.account(ada)
        assert (account.enabled, account.direct) == (False, {})


@asynccontextmanager
async def deleted(company: Company, group: str) -> AsyncIterator[None]:
    """Okta without a group, until it is made again for the next story."""
    group_id = (await company.groups())[group]
    (await company.okta.delete(f"/api/v1/groups/{group_id}")).raise_for_status()
    try:
        yield
    finally:
        (await company.okta.post("/control/groups", json=[{"id": group_id, "name": group}])).raise_for_status()


async def test_deleting_a_managed_group_tells_the_operators_and_deactivates_nobody(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()}, groups=(VISIO_USERS,))
    group_id = (await company.groups())[VISIO_USERS]
    remove = {
        "eventType": "group.user_membership.remove",
        "uuid": f"11111111-0000-4000-8000-{ada.okta_user_id[-12:]}",
        "outcome": {"result": "SUCCESS"},
        "target": [
            {"id": ada.okta_user_id, "type": "User", "alternateId": ada.login, "displayName": "Ada"},
            {"id": group_id, "type": "UserGroup", "alternateId": "unknown", "displayName": VISIO_USERS},
        ],
    }

    (await company.okta.delete(f"/api/v1/groups/{group_id}")).raise_for_status()
    (await company.okta.post("/control/log_events", json=[{"event": remove, "deliver": True}])).raise_for_status()
    await company.pass_time(timedelta(days=10))

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})
    (run,) = await company.runs(ada)
    assert run["customStatus"]["stage"] == "needs_attention"
    mailbox = (await company.tenant.get(f"/control/mailboxes/{OPERATORS}")).json()["messages"]
    assert len([mail for mail in mailbox if VISIO_USERS in mail["subject"]]) == 1
    await company.raise_event(run["instanceId"], "command-1", "discard")
    (await company.okta.post("/control/groups", json=[{"id": group_id, "name": VISIO_USERS}])).raise_for_status()
