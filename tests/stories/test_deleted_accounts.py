"""Somebody deletes a Microsoft 365 account while the app is at it, and perhaps makes it again."""

from datetime import timedelta

from tests.stories.company import E3, OPERATORS, SWAY, VISIO, Company
from tests.stories.test_operators import tell


async def test_account_deleted_during_the_delay_leaves_nothing_to_remove(company: Company) -> None:
    ada = await company.hire(licenses={E3: {SWAY}})
    await company.leave(ada)
    await company.pass_time(timedelta(days=10))

    await company.delete_account(ada)
    await company.pass_time(timedelta(days=21))

    (run,) = await company.runs(ada)
    assert run["output"]["phase"] == "unlicensed"
    assert await company.mails(ada, to=OPERATORS) == []
    *_, told = await company.mails(ada)
    assert told.subject.endswith("was deleted.")
    assert "its licenses went with it" in told.text
    acts = [(act.what, act.outcome) for act in await company.audit(ada)]
    assert ("remove_licenses", "nothing left to remove: the account was deleted") in acts


async def test_account_made_again_during_the_delay_is_shown_to_the_operators(
    company: Company,
) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.pass_time(timedelta(days=10))

    await company.delete_account(ada)
    again = await company.make_account_again(ada, {VISIO: set()})
    await company.pass_time(timedelta(days=21))

    (run,) = await company.runs(ada)
    assert run["customStatus"]["stage"] == "needs_attention"
    assert "deleted and made again or renamed" in run["customStatus"]["reason"]
    account = await company.account(again)
    assert (account.enabled, set(account.direct)) == (True, {VISIO})

    await tell(company, ada, "discard")
    await tell(company, ada, "deactivate")
    await company.pass_time(timedelta(days=31))

    account = await company.account(again)
    assert (account.enabled, account.direct) == (False, {})


async def test_person_whose_account_was_made_again_leaves_like_anybody(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.join(ada)
    await company.settle()  # so that the app knows the account by its id
    await company.delete_account(ada)
    again = await company.make_account_again(ada, {E3: set()})

    await company.leave(ada)
    await company.pass_time(timedelta(days=31))

    account = await company.account(again)
    assert (account.enabled, account.direct) == (False, {})
    assert await company.mails(ada, to=OPERATORS) == []
