"""What operators are told: of a wave, who is held by then, once an hour; of a fact, once."""

import re
from dataclasses import replace
from datetime import timedelta

from activities.operator_mail import mail_notice, mail_wave_held
from lifecycle.mail_ledger import MailState
from lifecycle.notices import GroupDeleted
from lifecycle.stages import Phase
from rows import mails
from tests.activities.person_world import MEMBER, NOW, PersonWorld, after, by, perform

HOUR = "2026-09-14 10:00 UTC"


async def hold(person: PersonWorld, *numbers: int) -> None:
    for number in numbers:
        held = replace(
            MEMBER,
            okta_user_id=f"00u{number}",
            login=f"ada.{number}@contoso.com",
            phase=Phase.HELD,
            updated_at=NOW + timedelta(seconds=number),
        )
        await person.remember(held)


async def test_operators_learn_who_is_held_by_now_the_first_ten_by_name(person: PersonWorld) -> None:
    await hold(person, *range(13, 1, -1))

    assert await perform(mail_wave_held, hour=HOUR) is MailState.SENT

    (mail,) = await mails.of_person(person.tables, "")
    assert mail.subject == "Offstage holds 12 deactivations since 14 September 2026, 10:38 UTC"
    assert re.findall(r"ada\.\d+", mail.text) == [f"ada.{number}" for number in range(2, 12)]


async def test_wave_is_told_once_an_hour_by_whichever_run(person: PersonWorld) -> None:
    await hold(person, 1, 2)

    await perform(mail_wave_held, hour=HOUR)
    await hold(person, 3)
    assert await by("staged_deactivation-2").perform(mail_wave_held, hour=HOUR) is MailState.SENT
    assert await perform(mail_wave_held, hour="2026-09-14 11:00 UTC") is MailState.SENT

    assert [subject.split()[2] for _, subject in person.graph.mails] == ["2", "3"]


async def test_wave_that_was_released_by_then_is_not_told(person: PersonWorld) -> None:
    assert await perform(mail_wave_held, hour=HOUR) is MailState.OUTDATED
    assert person.graph.mails == []


async def test_notice_of_one_fact_is_sent_once_by_however_many_runs(person: PersonWorld) -> None:
    notice = GroupDeleted("Office 365 Assignments")

    assert await perform(mail_notice, notice=notice) is MailState.SENT
    assert await after(minutes=5).by("tell_operators-2").perform(mail_notice, notice=notice) is MailState.SENT
    assert await perform(mail_notice, notice=GroupDeleted("Another")) is MailState.SENT

    assert len(person.graph.mails) == 2
