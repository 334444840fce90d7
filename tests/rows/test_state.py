"""What the app itself remembers: the counts of the brake, the place in the System Log, and what was noted there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import Conflict
from clients.tables import Tables
from lifecycle.inputs import Start
from lifecycle.system_log import FILTER, Place
from rows import state

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
PLACE = Place("https://contoso.okta.com/api/v1/logs?after=1", read_to=AT, polled_at=AT + timedelta(seconds=2))
COUNTS = {29_823_038: 3, 29_823_039: 1}
LEAVE = Start("staged_deactivation", "staged_deactivation-u1", {"uuid": "u1", "found": True})
JOIN = Start("activation", "activation-u2", {"uuid": "u2", "found": True})


async def test_nothing_is_remembered_at_first(tables: Tables) -> None:
    assert await state.find_counts(tables) is None
    assert await state.find_place(tables) is None


async def test_row_of_the_place_says_how_far_the_log_was_read_and_how_it_was_asked(tables: Tables) -> None:
    await state.store_place(tables, PLACE, None)

    row = await tables.get(state.TABLE, "okta", "system_log")
    assert row is not None
    assert row.values == {
        "PartitionKey": "okta",
        "RowKey": "system_log",
        "Next": PLACE.next_link,
        "ReadTo": AT,
        "PolledAt": AT + timedelta(seconds=2),
        "Filter": FILTER,
    }


async def test_row_of_the_brake_has_the_counts_of_each_minute(tables: Tables) -> None:
    await state.store_counts(tables, COUNTS, None)

    row = await tables.get(state.TABLE, "brake", "deactivations")
    assert row is not None
    assert row.values == {
        "PartitionKey": "brake",
        "RowKey": "deactivations",
        "Counts": '{"29823038": 3, "29823039": 1}',
    }


async def test_place_and_counts_come_back_as_stored_and_do_not_mix(tables: Tables) -> None:
    place_etag = await state.store_place(tables, PLACE, None)
    await state.store_counts(tables, COUNTS, None)

    place, counts = await state.find_place(tables), await state.find_counts(tables)

    assert place is not None
    assert counts is not None
    assert (place.record, place.etag, counts.record) == (PLACE, place_etag, COUNTS)


async def test_place_is_stored_on_and_on_by_the_etag_of_the_last_write(tables: Tables) -> None:
    etag = await state.store_place(tables, PLACE, None)
    for number in range(3):
        etag = await state.store_place(tables, replace(PLACE, next_link=f"link-{number}"), etag)

    place = await state.find_place(tables)
    assert place is not None
    assert place.record.next_link == "link-2"


@pytest.mark.parametrize("is_known", [False, True])
async def test_run_that_was_overtaken_stores_no_place(tables: Tables, is_known: bool) -> None:
    stale = await state.store_place(tables, PLACE, None)
    await state.store_place(tables, replace(PLACE, next_link="newer"), stale)

    with pytest.raises(Conflict):
        await state.store_place(tables, PLACE, stale if is_known else None)


@pytest.mark.parametrize("is_known", [False, True])
async def test_count_that_was_overtaken_is_not_stored(tables: Tables, is_known: bool) -> None:
    await state.store_counts(tables, COUNTS, None)
    stale = await state.find_counts(tables)
    assert stale is not None
    await state.store_counts(tables, {1: 1}, stale.etag)

    with pytest.raises(Conflict):
        await state.store_counts(tables, COUNTS, stale.etag if is_known else None)
    counts = await state.find_counts(tables)
    assert counts is not None
    assert counts.record == {1: 1}


async def test_event_that_was_noted_comes_back_as_noted_until_it_is_forgotten(tables: Tables) -> None:
    for start in (LEAVE, JOIN):
        await state.note(tables, start)
    await state.note(tables, LEAVE)

    assert await state.find_noted(tables, LEAVE.instance) == LEAVE
    assert [start async for start in state.every_noted(tables)] == [JOIN, LEAVE]

    for _ in range(2):
        await state.forget_noted(tables, LEAVE.instance)
    assert await state.find_noted(tables, LEAVE.instance) is None
    assert [start async for start in state.every_noted(tables)] == [JOIN]


async def test_row_of_a_noted_event_says_what_its_run_is_started_with(tables: Tables) -> None:
    await state.note(tables, JOIN)

    row = await tables.get(state.TABLE, "noted_event", "activation-u2")
    assert row is not None
    assert row.values == {
        "PartitionKey": "noted_event",
        "RowKey": "activation-u2",
        "Flow": "activation",
        "Input": '{"uuid": "u2", "found": true}',
    }


async def test_deactivation_that_was_counted_is_known_by_its_account(tables: Tables) -> None:
    for at in (AT, AT + timedelta(hours=2)):
        await state.note_pass(tables, "entra-1", at)

    assert await state.find_pass(tables, "entra-1") == AT + timedelta(hours=2)
    assert await state.find_pass(tables, "entra-2") is None
