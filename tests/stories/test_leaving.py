"""A person leaves: disabled at once, licenses gone when the delay is over, and every way it can go differently."""

from datetime import timedelta

from tests.stories.company import (
    E3,
    FLOW_FREE,
    OPERATORS,
    POWER_BI,
    PROJECT,
    SWAY,
    VISIO,
    Company,
)

FULLY_LICENSED = {E3: {SWAY}, VISIO: set(), PROJECT: set()}


async def test_person_who_leaves_is_disabled_at_once_and_keeps_the_licenses_until_the_delay_is_over(
    company: Company,
) -> None:
    maya = await company.hire(licenses=FULLY_LICENSED, inherited=(FLOW_FREE,))

    await company.leave(maya)
    await company.settle()

    account = await company.account(maya)
    assert not account.enabled
    assert account.sessions_revoked
    assert set(account.direct) == set(FULLY_LICENSED)
    (run,) = await company.runs(maya)
    assert (run["runtimeStatus"], run["customStatus"]["stage"]) == ("Running", "grace_period")
    assert run["customStatus"]["user"] == maya.login

    await company.pass_time(timedelta(days=29))
    assert set((await company.account(maya)).direct) == set(FULLY_LICENSED)

    await company.pass_time(timedelta(days=1))
    account = await company.account(maya)
    assert (account.enabled, account.direct, account.inherited) == (False, {}, {FLOW_FREE})
    (run,) = await company.runs(maya)
    assert (run["runtimeStatus"], run["output"]["phase"]) == ("Completed", "unlicensed")


async def test_manager_reads_when_the_licenses_go_and_then_which_went_and_which_stay(company: Company) -> None:
    maya = await company.hire(licenses=FULLY_LICENSED, inherited=(FLOW_FREE,))

    await company.leave(maya)
    await company.settle()
    (run,) = await company.runs(maya)
    await company.pass_time(timedelta(days=30))

    disabled, reminder, removed = await company.mails(maya)
    assert disabled.subject.startswith("Office 365 Account for Ada")
    assert run["customStatus"]["due_at"][:4] in disabled.text
    assert removed.subject.endswith("have been removed.")
    assert reminder.subject.startswith("Reminder: ")
    for told in (disabled, reminder):
        goes = told.text.partition("These licenses will be removed:")[2]
        assert "Microsoft 365 E3 Visio Plan 2" in goes
        assert "Microsoft Power Automate Free" not in goes
    gone, _, stays = removed.text.partition("These stay")
    for name in ("Microsoft 365 E3", "Visio Plan 2", "Planner and Project Plan 3"):
        assert name in gone
    assert "Microsoft Power Automate Free" in stays


async def test_thirty_days_pass_in_the_blink_of_an_eye_and_no_mail_is_repeated(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)

    for _ in range(10):
        await company.pass_time(timedelta(days=3))

    assert (await company.account(ada)).direct == {}
    subjects = [mail.subject for mail in await company.mails(ada)]
    assert len(subjects) == len(set(subjects)) == 3


async def test_license_that_is_both_direct_and_inherited_loses_only_its_direct_part(company: Company) -> None:
    ada = await company.hire(licenses={E3: set(), POWER_BI: set()}, inherited=(POWER_BI,))

    await company.leave(ada)
    await company.pass_time(timedelta(days=30))

    account = await company.account(ada)
    assert (account.direct, account.inherited) == ({}, {POWER_BI})


async def test_person_deleted_in_okta_is_found_by_the_login_of_the_event(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.check_nightly()

    await company.delete_in_okta(ada)
    await company.pass_time(timedelta(days=30))

    account = await company.account(ada)
    assert (account.enabled, account.direct) == (False, {})


async def test_person_deactivated_in_okta_leaves_although_still_in_the_group(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})

    await company.lifecycle(ada, "deactivate")
    await company.settle()

    assert not (await company.account(ada)).enabled


async def test_person_without_a_manager_leaves_all_the_same(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()}, manager=None)

    await company.leave(ada)
    await company.pass_time(timedelta(days=30))

    assert (await company.account(ada)).direct == {}
    assert await company.mails(ada) == []
    assert len(await company.mails(ada, to=OPERATORS)) == 3  # in place of a manager


async def test_event_about_somebody_who_is_still_in_the_group_changes_nothing(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.hold_deliveries()
    await company.leave(ada)
    await company.change_quietly(ada, "add")

    await company.release_deliveries()
    await company.pass_time(timedelta(days=30))

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})
    (run,) = await company.runs(ada)
    assert run["output"]["phase"] == "not_current"


async def test_account_nobody_can_find_waits_visibly_for_an_operator(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()}, email="somebody.else@example.com", login="unknown.ada@example.com")

    await company.leave(ada)
    await company.settle()

    (run,) = await company.runs(ada)
    assert (run["runtimeStatus"], run["customStatus"]["stage"]) == ("Running", "needs_attention")
    assert "no Microsoft 365 account found for unknown.ada@example.com" in run["customStatus"]["reason"]
    mailbox = (await company.tenant.get(f"/control/mailboxes/{OPERATORS}")).json()["messages"]
    assert any("unknown.ada@example.com" in mail["subject"] for mail in mailbox)

    await company.raise_event(run["instanceId"], "command-1", "discard")
    await company.settle()

    (run,) = await company.runs(ada)
    assert (run["runtimeStatus"], run["output"]["phase"]) == ("Completed", "not_current")


async def test_reactivation_in_okta_without_a_group_does_not_stop_the_removal(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()
    await company.lifecycle(ada, "deactivate")
    await company.settle()

    await company.lifecycle(ada, "activate")
    await company.pass_time(timedelta(days=31))

    account = await company.account(ada)
    assert (account.enabled, account.direct) == (False, {})
    assert len([mail for mail in await company.mails(ada) if "disabled" in mail.subject]) == 1


async def test_person_activated_in_okta_who_never_was_in_a_managed_group_is_left_alone(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()}, groups=())

    await company.lifecycle(ada, "suspend")
    await company.lifecycle(ada, "unsuspend")
    await company.pass_time(timedelta(days=31))

    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})
