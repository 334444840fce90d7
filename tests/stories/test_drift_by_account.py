"""The drift check judges accounts by whom they belong to, and sees people of whom no event ever came."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.stories.changes import change_account, delete_for_good, rehire
from tests.stories.company import E3, OPERATORS, VISIO, VISIO_USERS, Company, Person
from tests.stories.conftest import SETTINGS, RunningStack
from tests.stories.test_drift import A_WHILE, check_drift, found
from tests.stories.test_operators import look, tell

DAYS = timedelta(days=1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A company of its own: a drift check looks at everybody."""
    with RunningStack(tmp_path_factory.mktemp("accounts"), SETTINGS) as started:
        yield started


async def test_check_disables_nobody_who_was_rehired(company: Company) -> None:
    former = await company.hire(licenses={E3: set()})
    await company.lifecycle(former, "deactivate")
    await company.settle()
    await delete_for_good(company, former)
    await company.pass_time(5 * DAYS)
    ada = await rehire(company, former)
    await company.join(ada)
    await company.pass_time(A_WHILE)

    findings = (await check_drift(company, apply=True))["output"]["findings"]

    assert [each for each in findings if each["okta_user_id"] in (former.okta_user_id, ada.okta_user_id)] == []
    account = await company.account(ada)
    assert (account.enabled, set(account.direct)) == (True, {E3})


async def test_member_who_left_while_deliveries_and_log_were_lost_is_found_and_disabled(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    assert await found(company, ada) == []  # and is on the roster from now on

    await company.change_quietly(ada, "remove")
    await company.pass_time(1 * DAYS)
    assert await company.runs(ada) == []
    for _ in range(2):  # night after night, until it is mended
        assert await found(company, ada) == ["left_unseen"]
        assert (await company.account(ada)).enabled

    await check_drift(company, apply=True)
    assert not (await company.account(ada)).enabled
    await company.pass_time(31 * DAYS)
    assert (await company.account(ada)).direct == {}
    assert await found(company, ada) == []


async def disabled_by_hand(company: Company) -> Person:
    """A member whose account security has disabled."""
    person = await company.hire(licenses={E3: set(), VISIO: set()})
    await change_account(company, person, accountEnabled=False)
    return person


async def test_account_that_was_disabled_by_hand_is_enabled_by_an_operators_word_alone(company: Company) -> None:
    ada = await disabled_by_hand(company)

    await company.join(ada, VISIO_USERS)
    await company.pass_time(A_WHILE)
    assert not (await company.account(ada)).enabled
    shown = await look(company, ada)
    assert shown["phase"] == "needs_attention"
    assert "somebody else disabled the account" in shown["reason"]
    assert len(await company.mails(ada, to=OPERATORS)) == 1

    await tell(company, ada, "retry")
    assert (await company.account(ada)).enabled


async def test_check_enables_what_was_disabled_by_hand_only_where_that_is_asked_for(company: Company) -> None:
    ada, bob = await disabled_by_hand(company), await disabled_by_hand(company)

    assert await found(company, ada, apply=True) == ["disabled_by_others"]
    assert not (await company.account(ada)).enabled
    assert await company.runs(ada) == []

    await check_drift(company, apply=True, findings=["disabled_by_others"], members=[ada.login])
    await company.settle()
    assert ((await company.account(ada)).enabled, (await company.account(bob)).enabled) == (True, False)
