"""The flow pack's own test, told once from beginning to end: observe, deactivate, wait, observe, activate, observe.

`docs/try-it.md` is the same story for a person with a terminal.
"""

from datetime import datetime, timedelta

from tests.stories.company import E3, FLOW_FREE, PROJECT, SWAY, VISIO, Account, Act, Company

LICENSES = {E3: {SWAY}, VISIO: set(), PROJECT: set()}
DELAY = timedelta(days=30)
ACTS = (
    "revoke_sign_in_sessions",
    "disable_account",
    "mail_account_disabled",
    "mail_reminder",
    "remove_licenses",
    "mail_licenses_removed",
    "enable_account",
    "assign_licenses",
    "mail_account_enabled",
)


async def test_person_is_deactivated_in_stages_and_comes_back_with_what_was_there_before(company: Company) -> None:
    # Observe: enabled, three direct licenses, one through a group; nobody was told anything.
    maya = await company.hire(name="Maya", licenses=LICENSES, inherited=(FLOW_FREE,))
    assert await company.account(maya) == Account(True, LICENSES, {FLOW_FREE}, sessions_revoked=False)
    assert (await company.mails(maya), await company.audit(maya), await company.runs(maya)) == ([], [], [])

    # Deactivate: disabled at once, every license still there, and the date on which they go is known to all.
    await company.leave(maya)
    await company.settle()
    assert await company.account(maya) == Account(False, LICENSES, {FLOW_FREE}, sessions_revoked=True)
    (leaving,) = await company.runs(maya)
    due_at = datetime.fromisoformat(leaving["customStatus"]["due_at"])
    assert (leaving["runtimeStatus"], leaving["customStatus"]["stage"]) == ("Running", "grace_period")
    assert abs(due_at - datetime.fromisoformat(leaving["createdTime"]) - DELAY) < timedelta(minutes=2)
    (disabled,) = await company.mails(maya)
    assert disabled.subject.endswith("disabled.")
    assert f"{due_at.day} {due_at:%B %Y}" in disabled.text

    # Wait: nothing goes before its time, of which the manager is reminded.
    await company.pass_time(DELAY - timedelta(hours=1))
    assert set((await company.account(maya)).direct) == set(LICENSES)
    _, reminder = await company.mails(maya)
    for told in (disabled, reminder):
        goes = told.text.partition("These licenses will be removed:")[2]
        assert "Microsoft 365 E3 Visio Plan 2" in goes
        assert "Microsoft Power Automate Free" not in goes
    await company.pass_time(timedelta(hours=1))

    # Observe: the direct licenses are gone, the inherited one stays, the manager reads which is which.
    assert await company.account(maya) == Account(False, {}, {FLOW_FREE}, sessions_revoked=True)
    (left,) = await company.runs(maya)
    assert (left["runtimeStatus"], left["output"]) == ("Completed", {"phase": "unlicensed", "reason": None})
    removed = (await company.mails(maya))[-1]
    assert removed.subject.endswith("have been removed.")
    gone, _, stays = removed.text.partition("These stay")
    assert all(name in gone for name in ("Microsoft 365 E3", "Visio Plan 2", "Planner and Project Plan 3"))
    assert "Microsoft Power Automate Free" in stays

    # Activate.
    await company.pass_time(timedelta(hours=1))
    await company.join(maya)
    await company.settle()

    # Observe: as at the beginning, down to the service plan that was switched off.
    assert await company.account(maya) == Account(True, LICENSES, {FLOW_FREE}, sessions_revoked=True)
    returned = (await company.runs(maya))[-1]
    assert returned["name"] == "activation"
    assert (returned["runtimeStatus"], returned["output"]) == ("Completed", {"phase": "active", "reason": None})
    subjects = [mail.subject.rpartition(") ")[2].partition(" on ")[0] for mail in await company.mails(maya)]
    assert subjects == ["disabled.", "will be removed", "have been removed.", "have been added."]
    acts = [Act(maya.login, what, "done") for what in ACTS]
    assert await company.audit(maya) == acts

    # Wait: nothing is left to happen.
    await company.pass_time(timedelta(days=60))
    assert await company.account(maya) == Account(True, LICENSES, {FLOW_FREE}, sessions_revoked=True)
    assert await company.audit(maya) == acts
