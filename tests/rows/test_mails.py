"""The mail ledger in its table: one row per mail, each write bound to what was read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clients.errors import Conflict
from clients.tables import Tables
from lifecycle.mail_ledger import LedgerEntry, MailState
from rows import mails

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
ENTRY = LedgerEntry(
    okta_user_id="00u7new3",
    key="account_disabled-d41c7e80",
    at=AT,
    instance="staged_deactivation-1",
    recipient="iris@contoso.com",
    subject="Office 365 Account for Maya Lin disabled.",
    text="Hello Iris,\n\n…",
)
WHOLE = replace(ENTRY, state=MailState.FAILED, attempts=3, may_be_twice=True, error="Graph answered 403", together=19)


async def read(tables: Tables, entry: LedgerEntry = ENTRY) -> LedgerEntry:
    stored = await mails.find(tables, entry.okta_user_id, entry.key)
    assert stored is not None
    return stored.record


async def test_row_has_a_column_for_everything_that_is_known_of_a_mail(tables: Tables) -> None:
    await mails.insert(tables, WHOLE)

    row = await tables.get(mails.TABLE, "00u7new3", "account_disabled-d41c7e80")
    assert row is not None
    assert row.values == {
        "PartitionKey": "00u7new3",
        "RowKey": "account_disabled-d41c7e80",
        "At": AT,
        "InstanceId": "staged_deactivation-1",
        "Recipient": "iris@contoso.com",
        "Subject": "Office 365 Account for Maya Lin disabled.",
        "Text": "Hello Iris,\n\n…",
        "State": "failed",
        "Attempts": 3,
        "MayBeTwice": True,
        "Error": "Graph answered 403",
        "Together": 19,
    }


@pytest.mark.parametrize("entry", [WHOLE, *(replace(ENTRY, state=state) for state in MailState)])
@pytest.mark.parametrize("okta_user_id", ["00u7new3", ""])
async def test_mail_comes_back_as_stored(tables: Tables, entry: LedgerEntry, okta_user_id: str) -> None:
    entry = replace(entry, okta_user_id=okta_user_id)

    await mails.insert(tables, entry)

    assert await read(tables, entry) == entry


async def test_mail_without_a_row_is_not_found(tables: Tables) -> None:
    assert await mails.find(tables, "00u7new3", "account_disabled-d41c7e80") is None
    assert await mails.of_person(tables, "00u7new3") == []


async def test_mail_that_has_a_row_is_not_inserted_again(tables: Tables) -> None:
    await mails.insert(tables, ENTRY)

    with pytest.raises(Conflict):
        await mails.insert(tables, WHOLE)
    assert await read(tables) == ENTRY


async def test_row_that_was_written_since_it_was_read_is_not_replaced(tables: Tables) -> None:
    await mails.insert(tables, ENTRY)
    stale = await mails.find(tables, ENTRY.okta_user_id, ENTRY.key)
    assert stale is not None
    await mails.replace(tables, WHOLE, stale.etag)

    with pytest.raises(Conflict):
        await mails.replace(tables, ENTRY, stale.etag)
    assert await read(tables) == WHOLE


async def test_what_became_of_an_attempt_is_written_down_whatever_the_row_says(tables: Tables) -> None:
    await mails.upsert(tables, WHOLE)
    await mails.upsert(tables, replace(ENTRY, state=MailState.SENT))

    assert await read(tables) == replace(ENTRY, state=MailState.SENT)


async def test_mails_of_a_person_are_that_persons_alone(tables: Tables) -> None:
    second = replace(ENTRY, key="licenses_removed-d41c7e80")
    for entry in (ENTRY, second, replace(ENTRY, okta_user_id="00u8"), replace(ENTRY, okta_user_id="")):
        await mails.insert(tables, entry)

    found = await mails.of_person(tables, "00u7new3")

    assert sorted(found, key=lambda entry: entry.key) == [ENTRY, second]


async def test_error_that_is_longer_than_a_column_is_cut(tables: Tables) -> None:
    await mails.upsert(tables, replace(WHOLE, error="refused: " + "x" * 50_000))

    error = (await read(tables)).error
    assert error is not None
    assert (error[:10], error[-2:]) == ("refused: x", "x…")


async def test_mail_that_is_longer_than_a_column_may_be_is_stored_whole(tables: Tables) -> None:
    long = replace(ENTRY, text="Forty licenses were refused, each with its reason.\n" * 1000)

    await mails.insert(tables, long)

    assert await read(tables) == long
