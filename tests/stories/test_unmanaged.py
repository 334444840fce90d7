"""People in Okta who were never under management: whatever happens to them is none of the app's business."""

from tests.stories.changes import new_user
from tests.stories.company import E3, MANAGER, OPERATORS, Company, Person
from tests.stories.test_operators import count

PARTNERS = 6


async def test_partners_who_are_deactivated_use_up_no_passage_of_the_brake_and_send_no_mail(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    partners = [Person(await new_user(company, login), "", login) for login in map(partner_login, range(PARTNERS))]
    limit = int(company.values["MAX_DEACTIVATIONS_PER_HOUR"])
    await count(
        company, {int((await company.now()).timestamp()) // 60: limit - 1}
    )  # one more may leave within this hour

    for partner in partners:
        await company.lifecycle(partner, "deactivate")
    await company.settle()
    await company.leave(ada)
    await company.settle()
    await count(company, {})

    assert not (await company.account(ada)).enabled
    for partner in partners:
        (run,) = await company.runs(partner)
        assert (run["output"]["phase"], run["output"]["reason"].partition(":")[0]) == (
            "not_current",
            "not under management",
        )
    for mailbox in (MANAGER, OPERATORS):
        messages = (await company.tenant.get(f"/control/mailboxes/{mailbox}")).json()["messages"]
        assert not [mail["subject"] for mail in messages if "partner" in mail["subject"]]


def partner_login(number: int) -> str:
    return f"partner.{number:02}@partners.example"
