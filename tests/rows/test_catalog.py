"""The license catalog in its table: which columns there are, what is found how, and that no write goes over another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from clients.errors import Conflict
from clients.tables import Tables
from lifecycle.catalog import CatalogEntry, StorePlan
from lifecycle.entitlement import Group
from rows import catalog
from rows.stored import Stored

GROUP, SLASHES = "Office 365 Assignments", "Berlin/Paris #1? 100%"
OFFICE_ID, SALES_ID = "00g1aaaaaaaaaaaaaaaa", "00g2bbbbbbbbbbbbbbbb"
E3, VISIO = "05e9a617-0261-4cee-bb44-138d3ef5d965", "c5928f49-12ba-48f7-ada3-0d743a3601d5"
ENTRY = CatalogEntry(
    group_id=OFFICE_ID,
    group_name=GROUP,
    sku_id=E3,
    name="Microsoft 365 E3",
    sku_part_number="SPE_E3",
    applies_to="User",
    capability_status="Enabled",
    enabled_units=25,
    consumed_units=20,
    stored_at=datetime(2026, 9, 14, 4, 20, tzinfo=UTC),
    row_number=1,
    assign=True,
)


async def put(tables: Tables, *entries: CatalogEntry) -> None:
    for entry in entries:
        await catalog.store(tables, StorePlan((entry,), ()), [])


async def found(tables: Tables, group: str = OFFICE_ID, sku_id: str = E3) -> Stored[CatalogEntry]:
    (stored,) = await catalog.find(tables, group, sku_id)
    return stored


async def test_row_has_the_columns_of_the_flow_pack_and_ours(tables: Tables) -> None:
    await put(tables, replace(ENTRY, group_name=SLASHES))

    (row,) = [row async for row in tables.query(catalog.TABLE, "", {})]
    assert row.values == {
        "PartitionKey": OFFICE_ID,
        "RowKey": E3,
        "MicrosoftLicenseSku": E3,
        "MicrosoftLicenseName": "Microsoft 365 E3",
        "RowNumber": 1,
        "OktaGroupName": SLASHES,
        "SkuPartNumber": "SPE_E3",
        "Assign": True,
        "EnabledUnits": 25,
        "ConsumedUnits": 20,
        "CapabilityStatus": "Enabled",
        "AppliesTo": "User",
        "StoredAt": ENTRY.stored_at,
    }


@pytest.mark.parametrize("name", [GROUP, SLASHES, "Ünï 'cødé' 😀", "!2F", "100%"])
async def test_row_is_found_by_its_groups_id_or_name_and_its_sku_however_that_is_spelled(
    tables: Tables, name: str
) -> None:
    entry = replace(ENTRY, group_name=name)
    await put(tables, entry, replace(ENTRY, group_id=SALES_ID, group_name="Sales"))

    for group in (OFFICE_ID, name):
        for sku_id in (E3, E3.upper()):
            assert (await found(tables, group, sku_id)).record == entry
        assert await catalog.read_asked_for(tables, group) == [entry]


async def test_two_groups_of_one_name_are_both_found_by_it_and_each_by_its_id(tables: Tables) -> None:
    twin = replace(ENTRY, group_id=SALES_ID)
    await put(tables, ENTRY, twin)

    assert {each.record.group_id for each in await catalog.find(tables, GROUP, E3)} == {OFFICE_ID, SALES_ID}
    assert await catalog.read_asked_for(tables, GROUP) == [ENTRY, twin]
    assert (await found(tables, SALES_ID)).record == twin
    assert await catalog.read_asked_for(tables, SALES_ID) == [twin]


@pytest.mark.parametrize(
    ("group", "sku_id"),
    [
        (OFFICE_ID, VISIO),
        (GROUP, VISIO),
        ("Sales", E3),
        ("x" * 600, E3),
        (GROUP, "x" * 600),
        (GROUP, "no guid/#?"),
        (GROUP, ""),
        ("x' or PartitionKey ne '", E3),
    ],
)
async def test_row_that_is_not_there_is_not_found_whatever_is_asked_for(
    tables: Tables, group: str, sku_id: str
) -> None:
    await put(tables, ENTRY)

    assert await catalog.find(tables, group, sku_id) == []


async def test_catalog_is_read_by_group_or_whole_in_the_order_of_the_rows(tables: Tables) -> None:
    second = replace(ENTRY, sku_id=VISIO, row_number=2)
    other = replace(ENTRY, group_id=SALES_ID, group_name="Sales")
    await put(tables, other, second, ENTRY)

    assert await catalog.read(tables) == [ENTRY, second, other]
    assert await catalog.read(tables, OFFICE_ID) == await catalog.read_asked_for(tables, GROUP) == [ENTRY, second]
    assert await catalog.read(tables, "00gNobody") == await catalog.read_asked_for(tables, "x" * 600) == []
    assert await catalog.read_groups(tables) == [Group(OFFICE_ID, GROUP), Group(SALES_ID, "Sales")]


async def test_group_has_the_name_of_its_last_store_while_some_rows_have_the_one_before(tables: Tables) -> None:
    renamed = replace(ENTRY, sku_id=VISIO, group_name=SLASHES, stored_at=ENTRY.stored_at + timedelta(days=1))
    await put(tables, renamed, ENTRY)

    assert await catalog.read_groups(tables) == [Group(OFFICE_ID, SLASHES)]


async def test_choice_changes_its_own_column_only(tables: Tables) -> None:
    await put(tables, ENTRY)
    row = await tables.get(catalog.TABLE, OFFICE_ID, E3)
    assert row is not None
    await tables.merge(catalog.TABLE, {"PartitionKey": OFFICE_ID, "RowKey": E3, "Remark": "of an operator"}, row.etag)

    await catalog.choose(tables, await found(tables), assign=False)

    written = await tables.get(catalog.TABLE, OFFICE_ID, E3)
    assert written is not None
    assert written.values == row.values | {"Assign": False, "Remark": "of an operator"}


async def test_choice_about_a_row_that_was_written_since_is_refused(tables: Tables) -> None:
    await put(tables, ENTRY)
    stale = await found(tables)
    await catalog.choose(tables, stale, assign=False)

    with pytest.raises(Conflict):
        await catalog.choose(tables, stale, assign=True)
    assert not (await found(tables)).record.assign


async def test_store_writes_what_is_new_over_what_was_and_deletes_the_rest(tables: Tables) -> None:
    gone = replace(ENTRY, sku_id=VISIO, row_number=2)
    await put(tables, ENTRY, gone)
    today = replace(ENTRY, group_name="Renamed", enabled_units=30)
    new = replace(today, sku_id=str(UUID(int=1)), row_number=3)

    await catalog.store(tables, StorePlan((today, new), (VISIO,)), await catalog.read_stored(tables, OFFICE_ID))

    assert await catalog.read(tables, OFFICE_ID) == [today, new]


@pytest.mark.parametrize("plan", [StorePlan((replace(ENTRY, enabled_units=30),), ()), StorePlan((), (E3,))])
async def test_store_does_not_go_over_a_choice_that_was_made_meanwhile(tables: Tables, plan: StorePlan) -> None:
    await put(tables, ENTRY)
    former = await catalog.read_stored(tables, OFFICE_ID)
    await catalog.choose(tables, former[0], assign=False)

    with pytest.raises(Conflict):
        await catalog.store(tables, plan, former)
    assert await catalog.read(tables, OFFICE_ID) == [replace(ENTRY, assign=False)]


async def test_store_does_not_go_over_a_row_that_another_store_wrote_first(tables: Tables) -> None:
    await put(tables, ENTRY)

    with pytest.raises(Conflict):
        await put(tables, replace(ENTRY, enabled_units=30))
    assert await catalog.read(tables, OFFICE_ID) == [ENTRY]


async def test_more_rows_than_a_transaction_holds_are_stored_and_deleted(tables: Tables) -> None:
    entries = tuple(replace(ENTRY, sku_id=str(UUID(int=number)), row_number=number) for number in range(1, 151))

    await catalog.store(tables, StorePlan(entries, ()), [])
    stored = await catalog.read_stored(tables, OFFICE_ID)
    await catalog.delete(tables, stored)

    assert len(stored) == 150
    assert await catalog.read(tables) == []


async def test_row_that_was_written_since_is_not_deleted(tables: Tables) -> None:
    await put(tables, ENTRY)
    stale = await catalog.read_stored(tables, OFFICE_ID)
    await catalog.choose(tables, stale[0], assign=False)

    with pytest.raises(Conflict):
        await catalog.delete(tables, stale)


async def test_row_that_the_app_did_not_write_is_refused_by_name(tables: Tables) -> None:
    await tables.insert(catalog.TABLE, {"PartitionKey": "Sales", "RowKey": E3, "MicrosoftLicenseSku": E3})

    with pytest.raises(ValueError, match=rf"{E3} of Sales in the table {catalog.TABLE} lacks .*AppliesTo.*store again"):
        await catalog.read(tables)


def test_id_that_is_longer_than_any_has_no_key() -> None:
    with pytest.raises(ValueError, match="at most 512"):
        catalog.key_of("x" * 513)
