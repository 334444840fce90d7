"""Several managed groups, each with its own delay and licenses; and a managed group that is deleted.

In which order groups are left and joined, tests/stories/test_newcomers.py and test_several_groups.py play in memory.
"""

from datetime import UTC, datetime, timedelta

from tests.stories.company import E3, OFFICE, OPERATORS, SWAY, VISIO, VISIO_USERS, Company


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
