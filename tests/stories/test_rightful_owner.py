"""An account is touched for the person it belongs to alone, whoever had it before or shares its address.

When each of them comes and goes, and what is read late, tests/stories/test_whose_account.py plays in memory.
"""

from dataclasses import replace
from datetime import timedelta

from tests.stories.changes import change_account, delete_for_good, new_user, rehire
from tests.stories.company import E3, OFFICE, OPERATORS, PROJECT, SWAY, VISIO, Company, Licenses, Person
from tests.stories.test_operators import look

LICENSED: Licenses = {E3: {SWAY}, VISIO: set(), PROJECT: set()}
DAYS = timedelta(days=1)


async def deactivate_and_delete(company: Company, person: Person) -> None:
    await company.lifecycle(person, "deactivate")
    await company.settle()
    await delete_for_good(company, person)
    await company.settle()


async def test_rehired_person_keeps_every_license_and_gets_back_later_exactly_what_was_taken(company: Company) -> None:
    former = await company.hire(licenses=LICENSED)
    await deactivate_and_delete(company, former)
    assert not (await company.account(former)).enabled
    await company.pass_time(5 * DAYS)
    ada = await rehire(company, former)

    await company.join(ada)
    await company.settle()
    assert (await company.account(ada)).enabled
    await company.pass_time(40 * DAYS)  # over the day on which the former user's licenses were to go
    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, LICENSED)

    await company.leave(ada)
    await company.pass_time(31 * DAYS)
    account = await company.account(ada)
    assert (account.enabled, account.direct) == (False, {})
    await company.join(ada)
    await company.settle()
    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, LICENSED)
    assert (await company.runs(former))[0]["runtimeStatus"] == "Completed"


async def test_colleague_with_the_same_mail_address_leaves_and_the_account_stays_untouched(company: Company) -> None:
    """And the account is not even called like its owner's login."""
    ada = await company.hire(licenses=LICENSED, login="ada.of.row@example.com")
    await company.leave(ada)
    await company.join(ada)
    await company.settle()
    eve = await company.hire(name="Eve", login=f"eve.second.{ada.login}", email=ada.login)
    written = await writes(company, ada)

    await company.leave(eve)
    await company.pass_time(40 * DAYS)

    account = await company.account(ada)
    assert (account.enabled, account.direct, await writes(company, ada)) == (True, LICENSED, written)
    status = (await company.runs(eve))[-1]["customStatus"]
    assert status["stage"] == "needs_attention"
    assert "belongs to ada.of.row@example.com" in status["reason"]


async def writes(company: Company, person: Person) -> int:
    return sum(1 for each in await company.requests_about(person) if each["method"] != "GET")


async def test_two_users_with_the_mail_address_of_one_account_need_a_person_until_one_of_them_is_gone(
    company: Company,
) -> None:
    ada = await company.hire(licenses=LICENSED, login="ada.of.two@example.com")
    twin_id = await new_user(company, "twin.of.two@example.com", OFFICE, email=ada.login)

    await company.leave(ada)
    await company.settle()
    status = (await company.runs(ada))[-1]["customStatus"]
    assert (status["stage"], status["user"]) == ("needs_attention", "ada.of.two@example.com")
    assert "the mail address of several users: twin.of.two@example.com" in status["reason"]
    assert (await company.account(ada)).enabled

    await company.lifecycle(replace(ada, okta_user_id=twin_id), "deactivate")
    await company.pass_time(timedelta(hours=2))
    assert not (await company.account(ada)).enabled
    await company.pass_time(31 * DAYS)
    assert (await company.account(ada)).direct == {}


async def test_account_that_was_renamed_for_somebody_new_is_not_touched_when_the_former_owner_goes(
    company: Company,
) -> None:
    ada = await company.hire(licenses=LICENSED)
    await company.leave(ada)
    await company.join(ada)
    await company.settle()
    newcomer = f"new.{ada.login}"
    await new_user(company, newcomer, OFFICE)
    await change_account(company, ada, userPrincipalName=newcomer, mail=newcomer)

    await deactivate_and_delete(company, ada)
    await company.pass_time(40 * DAYS)

    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, LICENSED)
    run = (await company.runs(ada))[-1]
    assert run["output"]["phase"] == "not_current"
    assert f"the account {newcomer} belongs to {newcomer}" in run["output"]["reason"]
    assert await company.mails(ada, to=OPERATORS) == []
    assert (await look(company, ada))["phase"] == "not_current"
