"""Accounts that Active Directory rules: what the app does to them may be refused, or undone some hours later."""

from datetime import timedelta

from tests.stories.changes import change_account, hire_synchronised, synchronise
from tests.stories.company import E3, OPERATORS, VISIO, Company
from tests.stories.test_operators import look, tell

MASTERED = "Unable to update the specified properties for on-premises mastered Directory Sync objects"
HOURS = timedelta(hours=1)


async def test_sessions_are_revoked_although_the_tenant_refuses_to_disable_the_account(company: Company) -> None:
    ada = await hire_synchronised(company, {E3: set(), VISIO: set()})
    match = {"method": "PATCH", "path": ada.entra_user_id}
    refusal = {"kind": "status", "status": 400, "code": "Request_BadRequest", "message": MASTERED, "match": match}
    (await company.tenant.put("/control/faults", json=[refusal])).raise_for_status()

    await company.leave(ada)
    await company.settle()

    account = await company.account(ada)
    assert (account.enabled, account.sessions_revoked) == (True, True)
    shown = await look(company, ada)
    assert shown["phase"] == "needs_attention"
    assert "synchronised from Active Directory; disable it there" in shown["reason"]
    (mail,) = await company.mails(ada, to=OPERATORS)
    assert MASTERED in mail.text

    (await company.tenant.delete("/control/faults")).raise_for_status()
    await change_account(company, ada, accountEnabled=False)  # as the directory does once it is disabled there
    await tell(company, ada, "skip")
    await company.pass_time(timedelta(days=31))
    assert (await company.account(ada)).direct == {}


async def test_account_that_the_directory_enables_again_waits_for_an_operator_with_the_reason(company: Company) -> None:
    ada = await hire_synchronised(company, {E3: set()})
    await company.leave(ada)
    await company.settle()
    assert not (await company.account(ada)).enabled

    await company.pass_time(1 * HOURS)
    await synchronise(company, ada)
    await company.pass_time(4 * HOURS)

    shown = await look(company, ada)
    assert shown["phase"] == "needs_attention"
    assert "synchronised from Active Directory, which has enabled it again" in shown["reason"]
    assert (await company.account(ada)).enabled

    await tell(company, ada, "retry")
    assert not (await company.account(ada)).enabled
    assert (await look(company, ada))["phase"] == "grace_period"
