"""The mails that wait, the oldest first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.tables import Tables
from lifecycle.mail_ledger import WaitingMail
from rows import outbox

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
MAIL = WaitingMail("00u7new3", "account_disabled-1", "account_disabled", AT, "d41c7e80", "<p>Hello</p>")


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
    [MAIL, replace(MAIL, okta_user_id=""), replace(MAIL, html=""), replace(MAIL, html="<p>😀</p>" * 20_000)],
    ids=["of a person", "of nobody in particular", "empty", "long"],
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
