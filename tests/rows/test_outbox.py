"""The mails that wait, the oldest first."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.tables import Tables
from lifecycle.mail_ledger import GATHERED_FOR, Part, WaitingMail
from rows import outbox

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
MAIL = WaitingMail("00u7new3", "account_disabled-1", "account_disabled", AT, "d41c7e80", "<p>Hello</p>")

PART = Part("noor@contoso.com", "Noor Haddad", False, "Maya Lin (maya.lin@contoso.com)", ("Licenses stay until …",))


async def waiting(tables: Tables) -> list[WaitingMail]:
    return list((await outbox.oldest(tables, 100)).records)


async def test_row_has_a_column_for_everything_that_is_known_of_a_waiting_mail(tables: Tables) -> None:
    await outbox.put(tables, MAIL)

    (row,) = [row async for row in tables.query(outbox.TABLE, "", {})]
    assert row.values.pop("RowKey").startswith("20260914T103841.006000Z-")
    assert row.values == {
        "PartitionKey": "mail",
        "MailPartition": "00u7new3",
        "MailKey": "account_disabled-1",
        "Kind": "account_disabled",
        "At": AT,
        "EventUuid": "d41c7e80",
        "Html": "<p>Hello</p>",
    }


@pytest.mark.parametrize(
    "mail",
    [
        MAIL,
        replace(MAIL, okta_user_id=""),
        replace(MAIL, html=""),
        replace(MAIL, html="<p>😀</p>" * 20_000),
        replace(MAIL, part=PART, send_at=AT + timedelta(minutes=5)),
        replace(MAIL, part=replace(PART, manager_name=None, no_manager=True, summary=("x" * 900,) * 90)),
    ],
    ids=["of a person", "of nobody in particular", "empty", "long", "with a part", "with a long part"],
)
async def test_mail_comes_back_as_it_was_put(tables: Tables, mail: WaitingMail) -> None:
    await outbox.put(tables, mail)

    assert await waiting(tables) == [mail]


async def test_mail_that_waits_already_waits_once(tables: Tables) -> None:
    await outbox.put(tables, MAIL)
    await outbox.put(tables, replace(MAIL, html="<p>Hello again</p>"))

    assert await waiting(tables) == [replace(MAIL, html="<p>Hello again</p>")]


@pytest.mark.parametrize(
    "other", [replace(MAIL, okta_user_id="00u8"), replace(MAIL, ledger_key="k"), replace(MAIL, okta_user_id="")]
)
async def test_two_mails_of_one_instant_both_wait(tables: Tables, other: WaitingMail) -> None:
    await outbox.put(tables, MAIL)
    await outbox.put(tables, other)

    assert len(await waiting(tables)) == 2


async def test_oldest_comes_first_and_a_page_says_that_more_wait(tables: Tables) -> None:
    oldest, second, newest = (replace(MAIL, at=AT + timedelta(seconds=seconds)) for seconds in (-61, 0, 7200))
    for mail in (newest, oldest, second):
        await outbox.put(tables, mail)

    page = await outbox.oldest(tables, 2)

    assert page.records == (oldest, second)
    assert page.continuation is not None
    assert (await outbox.oldest(tables, 4)).continuation is None


async def test_removed_mail_waits_no_more_and_may_be_removed_again(tables: Tables) -> None:
    other = replace(MAIL, okta_user_id="00u8")
    await outbox.put(tables, MAIL)
    await outbox.put(tables, other)

    for _ in range(2):
        await outbox.remove(tables, MAIL)

    assert await waiting(tables) == [other]


async def test_reader_is_told_of_one_kind_once_in_a_while(tables: Tables) -> None:
    async def turn(reader: str, kind: str, after: timedelta, mail: str = "another") -> bool:
        return await outbox.take_turn(tables, reader, kind, AT + after, mail)

    assert await turn("turn@contoso.com", "reminder", timedelta(), "first")
    assert await turn("turn@contoso.com", "reminder", timedelta(seconds=9), "first")
    assert not await turn("Turn@contoso.com", "reminder", GATHERED_FOR - timedelta(seconds=1))
    assert await turn("turn@contoso.com", "account_disabled", timedelta())
    assert await turn("other@contoso.com", "reminder", timedelta())
    assert await turn("turn@contoso.com", "reminder", GATHERED_FOR)
    assert not await turn("turn@contoso.com", "reminder", GATHERED_FOR, "first")


async def test_one_of_many_at_once_has_the_turn(tables: Tables) -> None:
    for at in (AT, AT + GATHERED_FOR):  # the first time and later on
        turns = [outbox.take_turn(tables, "many@contoso.com", "reminder", at, f"{at} {each}") for each in range(8)]

        assert sum(await asyncio.gather(*turns)) == 1
