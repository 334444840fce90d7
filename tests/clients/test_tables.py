"""Table Storage against a real Azurite."""

import asyncio
import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from clients.errors import Conflict, Rejected, TablesRefused, Unavailable
from clients.tables import Tables, Write


def row(row_key: str = "r", partition_key: str = "p", **values: Any) -> dict[str, Any]:
    return {"PartitionKey": partition_key, "RowKey": row_key, **values}


async def all_rows(tables: Tables, table: str, filter: str = "", **parameters: Any) -> list[dict[str, Any]]:
    return [found.values async for found in tables.query(table, filter, parameters)]


async def test_a_row_comes_back_as_it_was_stored(tables: Tables, table: str) -> None:
    at = datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
    values = row(Text="é😀'", Small=0, Big=2**40, Yes=True, No=False, At=at, Part=1.5, Bytes=b"\x00\x01")

    etag = await tables.insert(table, values)
    found = await tables.get(table, "p", "r")

    assert found is not None
    assert found.values == values
    assert found.etag == etag
    assert type(found.values["At"]) is datetime
    assert type(found.values["Big"]) is int


@pytest.mark.parametrize("key", ["", "o'hara", "a+b c", "ana@contoso.com", "W!2Fx%", "é😀", "x" * 512])
async def test_a_row_is_found_by_any_key_that_is_allowed(tables: Tables, table: str, key: str) -> None:
    await tables.upsert(table, row(key, key, N=1))

    found = await tables.get(table, key, key)

    assert found is not None
    assert found.values == row(key, key, N=1)


async def test_a_row_that_is_not_there_is_none(tables: Tables, table: str) -> None:
    assert await tables.get(table, "p", "r") is None


async def test_a_second_insert_is_a_conflict_and_changes_nothing(tables: Tables, table: str) -> None:
    await tables.insert(table, row(N=1))

    with pytest.raises(Conflict) as caught:
        await tables.insert(table, row(N=2))

    assert (caught.value.status, caught.value.code, caught.value.permanent) == (409, "EntityAlreadyExists", False)
    assert (await all_rows(tables, table))[0]["N"] == 1


async def test_of_many_inserts_at_once_one_wins(tables: Tables, table: str) -> None:
    outcomes = await asyncio.gather(
        *(tables.insert(table, row(N=number)) for number in range(8)), return_exceptions=True
    )

    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7


async def test_replace_leaves_only_the_new_values_and_merge_keeps_the_others(tables: Tables, table: str) -> None:
    first = await tables.insert(table, row(A=1, B=1))
    second = await tables.merge(table, row(B=2, A=None), first)
    assert await all_rows(tables, table) == [row(A=1, B=2)]

    third = await tables.replace(table, row(C=3), second)

    assert await all_rows(tables, table) == [row(C=3)]
    assert len({first, second, third}) == 3


async def test_a_write_on_a_stale_read_is_a_conflict_and_changes_nothing(tables: Tables, table: str) -> None:
    stale = await tables.insert(table, row(N=1))
    await tables.upsert(table, row(N=2))

    for write in (tables.replace(table, row(N=3), stale), tables.merge(table, row(N=3), stale)):
        with pytest.raises(Conflict):
            await write
    with pytest.raises(Conflict):
        await tables.delete(table, "p", "r", stale)

    assert await all_rows(tables, table) == [row(N=2)]


async def test_a_row_that_went_after_it_was_read_is_a_conflict(tables: Tables, table: str) -> None:
    etag = await tables.insert(table, row(N=1))
    await tables.delete(table, "p", "r")

    with pytest.raises(Conflict):
        await tables.replace(table, row(N=2), etag)
    with pytest.raises(Conflict):
        await tables.submit(table, [Write("merge", row(N=2), etag)])


async def test_deleting_twice_is_no_error(tables: Tables, table: str) -> None:
    etag = await tables.insert(table, row())

    await tables.delete(table, "p", "r", etag)
    await tables.delete(table, "p", "r")

    assert await all_rows(tables, table) == []


async def test_a_query_takes_its_values_as_parameters(tables: Tables, table: str) -> None:
    await tables.submit(table, [Write("insert", row(f"{number}", "o'hara", N=number)) for number in range(4)])
    await tables.upsert(table, row("9", "other", N=1))

    found = await all_rows(
        tables, table, "PartitionKey eq @who and (N eq @one or N eq @zero)", who="o'hara", one=1, zero=0
    )

    assert [each["N"] for each in found] == [0, 1]


async def test_pages_go_on_where_the_last_one_ended(tables: Tables, table: str) -> None:
    await tables.submit(table, [Write("insert", row(f"{number}")) for number in range(5)])

    pages: list[list[str]] = []
    continuation = None
    while not pages or continuation:
        page = await tables.query_page(table, "PartitionKey eq @p", {"p": "p"}, continuation, 2)
        pages.append([found.values["RowKey"] for found in page.rows])
        continuation = page.continuation

    assert pages == [["0", "1"], ["2", "3"], ["4"]]


@pytest.mark.parametrize("continuation", ["nonsense", "é", "e30=", "W10=", ""])
async def test_a_continuation_that_was_never_given_out_is_refused(
    tables: Tables, table: str, continuation: str
) -> None:
    with pytest.raises(ValueError, match="continuation"):
        await tables.query_page(table, "", {}, continuation, 2)


async def test_more_than_a_transaction_holds_is_stored_in_several(tables: Tables, table: str) -> None:
    writes = [Write("insert", row(f"{number:03}", partition_key=f"p{number // 150}")) for number in range(250)]

    await tables.submit(table, writes)

    assert len(await all_rows(tables, table)) == 250


async def test_a_transaction_never_exceeds_four_mebibytes(tables: Tables, table: str) -> None:
    text = {f"T{number}": "x" * 30_000 for number in range(16)}

    await tables.submit(table, [Write("upsert", row(f"{number}", **text)) for number in range(12)])

    assert len(await all_rows(tables, table)) == 12


async def test_the_same_row_twice_is_written_in_order(tables: Tables, table: str) -> None:
    await tables.submit(table, [Write("insert", row(N=1)), Write("merge", row(M=2)), Write("replace", row(N=3))])
    assert await all_rows(tables, table) == [row(N=3)]

    await tables.submit(table, [Write("delete", row())])
    assert await all_rows(tables, table) == []


async def test_a_transaction_happens_whole_or_not_at_all(tables: Tables, table: str) -> None:
    await tables.insert(table, row("b"))

    with pytest.raises(Conflict):
        await tables.submit(table, [Write("insert", row("a")), Write("insert", row("b"))])

    assert await all_rows(tables, table) == [row("b")]


async def test_a_key_that_was_not_escaped_is_refused_before_anything_is_asked(tables: Tables, table: str) -> None:
    for call in (tables.get(table, "a/b", "r"), tables.delete(table, "p", "a#b"), tables.upsert(table, row("a?b"))):
        with pytest.raises(Rejected, match="escape_key"):
            await call


async def test_a_table_that_another_process_made_is_used(tables: Tables, tables_connection: str, table: str) -> None:
    other = Tables(connection_string=tables_connection)
    await other.insert(table, row())

    await tables.ensure(table)

    assert await tables.get(table, "p", "r")
    await other.close()


async def test_a_table_deleted_meanwhile_is_made_anew_at_the_next_try(tables: Tables, table: str) -> None:
    await tables.insert(table, row())
    await tables._service.delete_table(table)

    with pytest.raises(Unavailable, match="TableNotFound"):
        await tables.get(table, "p", "r")

    assert await tables.get(table, "p", "r") is None


async def test_a_wrong_key_is_named_with_what_to_check(tables_connection: str, table: str) -> None:
    wrong = "AccountKey=" + "c2VjcmV0" * 8
    tables = Tables(connection_string=re.sub(r"AccountKey=[^;]+", wrong, tables_connection))

    with pytest.raises(TablesRefused, match="TABLES_CONNECTION") as caught:
        await tables.get(table, "p", "r")

    assert "c2VjcmV0" not in str(caught.value)
    await tables.close()


async def test_no_request_is_written_to_the_log(tables: Tables, table: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    await tables.upsert(table, row("ana@contoso.com"))

    assert caplog.text == ""


async def test_tables_on_this_machine_are_asked_past_any_proxy(
    tables_connection: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # where nobody listens
    tables = Tables(connection_string=tables_connection)

    await tables.insert(table, row(Note="here"))

    found = await tables.get(table, "p", "r")
    await tables.close()
    assert found is not None
