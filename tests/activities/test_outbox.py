"""A mail that cannot be sent just now waits, holds nothing up, and is sent once, while what it says is still true."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities import records
from activities.mail import mail_account_disabled, mail_notice
from activities.outbox import send_waiting_mails
from clients.errors import ClientError, Conflict, NotPermitted, Throttled, Unavailable
from tests.activities.person_world import INSTANCE, MEMBER, NOW, OKTA_ID, PersonWorld, perform

MANAGER = "noor.haddad@contoso.com"
DUE = {"due_at": (NOW + timedelta(days=30)).isoformat(), "reason": "the user is in no managed group"}
SENT = {"sent": 1, "more": False}
NOTHING = {"sent": 0, "more": False}
A_DAY = 24 * 60  # minutes


def down(status: int | None = 503) -> Unavailable:
    return Unavailable("graph", "send a mail", status=status, code="ReadTimeout" if status is None else "")


def busy(seconds: float) -> Throttled:
    return Throttled("graph", "send a mail", status=429, retry_after=seconds)


async def write_while(person: PersonWorld, *errors: ClientError) -> Any:
    """Write the mail that the account is disabled while the tenant answers so."""
    await person.remember(replace(MEMBER, manager_mail=MANAGER))
    person.graph.fail["send_mail"] = [*errors]
    return await perform(mail_account_disabled, **DUE)


async def ledgers(person: PersonWorld) -> list[dict[str, Any]]:
    return [row.values async for row in person.tables.query(records.MAILS, "", {})]


async def states(person: PersonWorld) -> list[str]:
    return [row["State"] for row in await ledgers(person)]


async def waiting(person: PersonWorld) -> int:
    return len([row async for row in person.tables.query(records.OUTBOX, "", {})])


async def test_mail_that_cannot_be_sent_just_now_waits_and_the_flow_goes_on(person: PersonWorld) -> None:
    assert await write_while(person, busy(300)) == "waiting"

    assert await states(person) == ["waiting"]
    assert await waiting(person) == 1
    assert "429" in (await ledgers(person))[0]["Error"]


async def test_waiting_mail_is_sent_as_it_was_written(person: PersonWorld) -> None:
    await write_while(person, down())

    assert await perform(send_waiting_mails) == SENT
    assert await perform(send_waiting_mails) == NOTHING

    [(to, subject)] = person.graph.mails
    assert (to, await states(person), await waiting(person)) == (MANAGER, ["sent"], 0)
    assert subject == (await ledgers(person))[0]["Subject"]
    assert (await ledgers(person))[0].get("Error") is None
    assert (await person.audit())[-1] == ("mail_account_disabled", "done")


async def test_step_that_runs_again_leaves_the_mail_to_the_outbox(person: PersonWorld) -> None:
    await write_while(person, down())

    assert await perform(mail_account_disabled, **DUE) == "waiting"
    assert await perform(send_waiting_mails) == SENT
    assert await perform(mail_account_disabled, **DUE) == "sent"

    assert len(person.graph.mails) == 1


async def test_mail_waits_on_as_long_as_the_mailbox_asks(person: PersonWorld) -> None:
    await write_while(person, busy(5), busy(120))

    assert (await perform(send_waiting_mails))["retry_after"] == 120
    assert (await states(person), await waiting(person)) == (["waiting"], 1)


async def test_mail_that_is_refused_for_good_waits_no_longer(person: PersonWorld) -> None:
    await write_while(person, down(), NotPermitted("graph", "send a mail", status=403))

    assert await perform(send_waiting_mails) == NOTHING
    assert (await states(person), await waiting(person)) == (["failed"], 0)


@pytest.mark.parametrize(("minutes", "state", "left"), [(A_DAY - 1, "waiting", 1), (A_DAY, "failed", 0)])
async def test_mail_is_given_up_after_a_day(person: PersonWorld, minutes: int, state: str, left: int) -> None:
    await write_while(person, down(), down())

    await perform(send_waiting_mails, minutes=minutes)

    assert (await states(person), await waiting(person)) == ([state], left)


async def test_mail_is_not_sent_any_more_when_another_run_has_taken_the_person_over(person: PersonWorld) -> None:
    await write_while(person, down())
    await person.remember(replace(MEMBER, instance="activation-2"))

    assert await perform(send_waiting_mails) == NOTHING

    assert (await states(person), await waiting(person), person.graph.mails) == (["outdated"], 0, [])


async def test_mail_that_a_second_leave_would_say_again_is_from_now_on_that_runs(person: PersonWorld) -> None:
    await write_while(person, down())
    await person.remember(replace(MEMBER, manager_mail=MANAGER, instance="staged_deactivation-2"))

    assert await perform(mail_account_disabled, instance="staged_deactivation-2", **DUE) == "waiting"
    assert await perform(send_waiting_mails) == SENT

    assert len(person.graph.mails) == 1


async def test_mail_that_goes_out_while_another_run_takes_it_over_stays_sent(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_while(person, down())
    read = person.tables.get

    async def read_a_moment_too_early(table: str, *keys: str) -> Any:
        row = await read(table, *keys)
        if table == records.MAILS:
            monkeypatch.setattr(person.tables, "get", read)
            await perform(send_waiting_mails)
            await person.remember(replace(MEMBER, manager_mail=MANAGER, instance="staged_deactivation-2"))
        return row

    monkeypatch.setattr(person.tables, "get", read_a_moment_too_early)
    second = {"instance": "staged_deactivation-2", **DUE}
    monkeypatch.setattr(records, "owned_member", person.member_of_any_run)

    assert not (await perform(mail_account_disabled, **second))["permanent"]
    assert await perform(mail_account_disabled, **second) == "sent"
    assert (await states(person), len(person.graph.mails)) == (["sent"], 1)


async def test_notice_to_the_operators_waits_too(person: PersonWorld) -> None:
    facts = {"kind": "wave_held", "facts": {"hour": "2026-09-14 10:00 UTC"}}
    person.graph.fail["send_mail"] = [down()]

    assert await perform(mail_notice, **facts) == "waiting"
    assert await perform(mail_notice, instance="staged_deactivation-2", **facts) == "waiting"
    assert await perform(send_waiting_mails) == SENT

    assert [to for to, _ in person.graph.mails] == ["it-operations@contoso.com"]


async def test_mail_that_cannot_be_sent_does_not_hold_up_those_behind_it(person: PersonWorld) -> None:
    person.graph.fail["send_mail"] = [down(), down(), down(500)]
    for minutes, hour in enumerate(("10", "11")):
        facts = {"kind": "wave_held", "facts": {"hour": f"2026-09-14 {hour}:00 UTC"}}
        await perform(mail_notice, minutes=minutes, **facts)

    assert not (await perform(send_waiting_mails))["permanent"]

    assert sorted(await states(person)) == ["sent", "waiting"]
    assert "11:00" in person.graph.mails[0][1]


async def test_nobody_else_is_tried_while_the_mailbox_is_throttled(person: PersonWorld) -> None:
    person.graph.fail["send_mail"] = [down(), down(), busy(60)]
    for hour in ("10", "11"):
        await perform(mail_notice, kind="wave_held", facts={"hour": f"2026-09-14 {hour}:00 UTC"})
    asked = person.graph.asked.count("send_mail")

    await perform(send_waiting_mails)

    assert person.graph.asked.count("send_mail") == asked + 1


@pytest.mark.parametrize(
    ("status", "code", "may_be_twice"),
    [(None, "ReadTimeout", True), (None, "ConnectError", False), (504, "", True), (503, "", False), (429, "", False)],
)
async def test_mail_whose_first_attempt_may_have_gone_out_is_counted(
    person: PersonWorld, status: int | None, code: str, may_be_twice: bool
) -> None:
    await write_while(person, Unavailable("graph", "send a mail", status=status, code=code))

    await perform(send_waiting_mails)

    [row] = await ledgers(person)
    assert (row["State"], row["MayBeTwice"]) == ("sent", may_be_twice)


async def test_ledger_that_cannot_be_written_after_the_mail_was_sent_has_it_counted(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert = person.tables.upsert

    async def out_of_reach(*_: Any) -> None:
        monkeypatch.setattr(person.tables, "upsert", upsert)
        raise Unavailable("tables", "upsert a row")

    await person.remember(replace(MEMBER, manager_mail=MANAGER))
    monkeypatch.setattr(person.tables, "upsert", out_of_reach)

    assert not (await perform(mail_account_disabled, **DUE))["permanent"]
    assert await perform(mail_account_disabled, **DUE) == "sent"

    [row] = await ledgers(person)
    assert (len(person.graph.mails), row["MayBeTwice"]) == (2, True)


async def test_two_deliveries_at_once_send_a_mail_once(person: PersonWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    await write_while(person, down())

    async def overtaken(*_: Any) -> None:
        raise Conflict("tables", "replace a row", status=412)

    monkeypatch.setattr(person.tables, "replace", overtaken)

    assert not (await perform(send_waiting_mails))["permanent"]
    assert (person.graph.mails, await waiting(person)) == ([], 1)


async def test_host_that_died_while_it_emptied_the_outbox_sends_again_and_counts_it(person: PersonWorld) -> None:
    await write_while(person, down())
    [row] = await ledgers(person)
    await person.tables.upsert(records.MAILS, row | {"State": "sending"})

    assert await perform(send_waiting_mails) == SENT

    [row] = await ledgers(person)
    assert (row["State"], row["MayBeTwice"], row["InstanceId"]) == ("sent", True, INSTANCE)


async def test_waiting_mail_is_only_recorded_when_mails_are_switched_off_meanwhile(person: PersonWorld) -> None:
    await write_while(person, down())
    person.set(MAIL_SENDER="")

    await perform(send_waiting_mails)

    assert (await states(person), await waiting(person), person.graph.mails) == (["recorded"], 0, [])


async def test_row_of_somebody_who_was_forgotten_is_dropped(person: PersonWorld) -> None:
    await write_while(person, down())
    await person.tables.delete(records.MAILS, OKTA_ID, (await ledgers(person))[0]["RowKey"])

    assert await perform(send_waiting_mails) == NOTHING
    assert await waiting(person) == 0
