"""The license catalog in a real table: what a store and a clear leave behind, and in how many transactions."""

from uuid import UUID, uuid4

import pytest

import wiring
from activities import catalog, catalog_rows
from clients.errors import Unavailable
from clients.records import SubscribedSku
from clients.tables import Tables
from lifecycle.catalog import VANISHED
from tests.activities.catalog_world import GROUP, GROUPS, NOW, World, answering, choose, perform, sku, store


@pytest.fixture
async def world(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> World:
    """With a table of its own for each test."""
    monkeypatch.setattr(catalog_rows, "LICENSES", f"T{uuid4().hex}")
    found = World(tables)
    monkeypatch.setattr(wiring, "settings", lambda: found)
    for name, client in {"tables": tables, "okta": found, "graph": found}.items():
        monkeypatch.setattr(wiring, name, answering(client))
    found.count(monkeypatch)
    return found


async def test_store_writes_a_row_per_sku_with_the_names_people_know(world: World) -> None:
    world.skus = [sku(1), sku(2, sku_id="05e9a617-0261-4cee-bb44-138d3ef5d965", sku_part_number="SPE_E3")]

    assert await store() == {"value": {"stored": 2, "vanished": 0, "deleted": 0}}

    rows = await catalog_rows.read_group(GROUP)
    assert [(row.row_number, row.name, row.sku_part_number) for row in rows] == [
        (1, "Microsoft 365 E3", "SPE_E3"),
        (2, "PART_1", "PART_1"),
    ]
    assert all(row.stored_at == NOW and row.group_name == GROUP for row in rows)


async def test_group_name_with_characters_a_key_cannot_hold_is_stored_and_read_back(world: World) -> None:
    await store("Berlin/Paris #1?")

    assert {row.group_name for row in await catalog_rows.read_group("Berlin/Paris #1?")} == {"Berlin/Paris #1?"}
    assert await catalog_rows.read_group_names() == ["Berlin/Paris #1?"]


async def test_whole_catalog_reads_group_by_group_in_the_order_of_the_rows(world: World) -> None:
    await store("Sales")
    await store()

    rows = await catalog_rows.read_all()

    assert [(row.group_name, row.row_number) for row in rows] == [(GROUP, 1), (GROUP, 2), ("Sales", 1), ("Sales", 2)]


async def test_500_skus_for_three_groups_take_15_transactions_at_the_first_store_and_at_every_later_one(
    world: World,
) -> None:
    world.skus = [sku(number) for number in range(1, 501)]

    for group in GROUPS.values():
        await store(group)
    assert world.transactions == [100] * 15

    for group in GROUPS.values():
        await store(group, days=1)
    assert world.transactions == [100] * 30
    assert len(await catalog_rows.read_group(GROUP)) == 500


async def test_clearing_1500_rows_of_three_groups_takes_15_transactions(world: World) -> None:
    world.skus = [sku(number) for number in range(1, 501)]
    for group in GROUPS.values():
        await store(group)
    world.transactions.clear()

    for group in (await perform(catalog.find_cataloged_groups, group=None))["value"]["groups"]:
        assert await perform(catalog.clear_group, group=group) == {"value": {"deleted": 500}}

    assert world.transactions == [100] * 15
    assert await catalog_rows.read_group_names() == []


async def test_clearing_store_takes_no_transaction_more_than_rows_ask_for(world: World) -> None:
    world.skus = [sku(number) for number in range(1, 151)]
    await store()
    world.transactions.clear()
    world.skus = [sku(number) for number in range(101, 251)]

    assert await store(clear_first=True, days=1) == {"value": {"stored": 150, "vanished": 0, "deleted": 100}}

    assert world.transactions == [100, 100, 50]
    assert len(await catalog_rows.read_group(GROUP)) == 150


async def test_store_that_fails_half_way_leaves_every_former_row_readable(world: World) -> None:
    world.skus = [sku(number) for number in range(1, 301)]
    await store()

    async def break_down() -> None:
        raise Unavailable("tables", "store 100 rows in Licenses", status=500)

    world.skus = [sku(number) for number in range(101, 401)]
    world.before_transaction = {len(world.transactions) + 2: break_down}
    failed = await store(clear_first=True, days=1)

    assert failed["failure"]["permanent"] is False
    left = {row.sku_id for row in await catalog_rows.read_group(GROUP)}
    assert left >= {str(UUID(int=number)) for number in range(1, 301)}

    assert (await store(clear_first=True, days=1))["value"] == {"stored": 300, "vanished": 0, "deleted": 100}


async def test_vanished_sku_is_marked_and_counted(world: World) -> None:
    await store()
    world.skus = [sku(1)]

    assert (await store(days=1))["value"] == {"stored": 1, "vanished": 1, "deleted": 0}

    assert [row.capability_status for row in await catalog_rows.read_group(GROUP)] == ["Enabled", VANISHED]


async def test_choice_survives_a_later_store(world: World) -> None:
    await store()
    await choose(world, (await catalog_rows.read_group(GROUP))[1], assign=True)

    await store(days=1)

    assert [row.assign for row in await catalog_rows.read_group(GROUP)] == [False, True]


async def test_choice_made_during_a_store_is_not_lost(world: World) -> None:
    await store()
    entry = (await catalog_rows.read_group(GROUP))[0]
    world.before_transaction = {2: lambda: choose(world, entry, assign=True)}

    overtaken = await store(days=1)
    again = await store(days=1)

    assert overtaken["failure"]["permanent"] is False
    assert again["value"]["stored"] == 2
    assert [row.assign for row in await catalog_rows.read_group(GROUP)] == [True, False]


async def test_choice_made_while_a_clearing_store_is_interrupted_is_not_lost(world: World) -> None:
    world.skus = [sku(number) for number in range(1, 151)]
    await store()
    first, last = (await catalog_rows.read_group(GROUP))[:: len(world.skus) - 1]

    async def both_are_chosen() -> None:
        await choose(world, first, assign=True)
        await choose(world, last, assign=True)

    world.before_transaction = {len(world.transactions) + 2: both_are_chosen}
    overtaken = await store(clear_first=True, days=1)
    await store(clear_first=True, days=1)

    assert overtaken["failure"]["permanent"] is False
    chosen = {row.sku_id for row in await catalog_rows.read_group(GROUP) if row.assign}
    assert chosen == {first.sku_id}  # its row was cleared before the choice, the other one's after it


async def test_two_stores_at_once_leave_what_the_later_reading_says(world: World) -> None:
    async def other_store() -> None:
        world.skus = [sku(1), sku(2), sku(3)]
        assert "value" in await store(days=1)

    world.before_transaction = {1: other_store}
    overtaken = await store()

    assert overtaken["failure"]["permanent"] is False
    assert (await store(days=1))["value"]["stored"] == 3
    assert [row.row_number for row in await catalog_rows.read_group(GROUP)] == [1, 2, 3]


async def test_clear_during_a_store_makes_the_store_read_again(world: World) -> None:
    await store()
    world.before_transaction = {2: lambda: perform(catalog.clear_group, group=GROUP)}

    overtaken = await store(days=1)

    assert overtaken["failure"]["permanent"] is False
    assert (await store(days=1))["value"]["stored"] == 2


async def test_clear_that_meets_another_clear_is_tried_again_and_finds_nothing(world: World) -> None:
    await store()
    world.before_transaction = {2: lambda: perform(catalog.clear_group, group=GROUP)}

    overtaken = await perform(catalog.clear_group, group=GROUP)

    assert overtaken["failure"]["permanent"] is False
    assert await perform(catalog.clear_group, group=GROUP) == {"value": {"deleted": 0}}


async def test_managed_groups_are_found_by_name_and_by_id_each_once(world: World) -> None:
    world.office_group = ("00g1aaaaaaaaaaaaaaaa", GROUP, "Sales")

    assert await perform(catalog.find_managed_groups, group=None) == {
        "value": {"groups": [GROUP, "Sales"], "reasons": []}
    }


async def test_managed_group_that_okta_does_not_know_does_not_hinder_the_others(world: World) -> None:
    world.office_group = ("sales", "Sales", "Twins")
    world.ambiguous = {"Twins"}

    found = (await perform(catalog.find_managed_groups, group=None))["value"]

    assert found["groups"] == ["Sales"]
    assert "no group 'sales' in Okta" in found["reasons"][0]
    assert "ambiguous_group" in found["reasons"][1]


async def test_group_that_is_not_managed_is_refused_by_name(world: World) -> None:
    found = (await perform(catalog.find_managed_groups, group="Sales"))["value"]

    assert found == {"groups": [], "reasons": ["the group 'Sales' is not managed; OFFICE_GROUP says which are"]}


async def test_asked_group_is_managed_whichever_of_name_and_id_the_setting_holds(world: World) -> None:
    world.office_group = ("00g2bbbbbbbbbbbbbbbb",)

    assert (await perform(catalog.find_managed_groups, group="Sales"))["value"]["groups"] == ["Sales"]


async def test_group_to_clear_is_found_by_id_and_by_a_name_okta_has_forgotten(world: World) -> None:
    await store("Sales")
    await store("Old name")

    for asked, found in {"00g2bbbbbbbbbbbbbbbb": "Sales", "Old name": "Old name"}.items():
        assert (await perform(catalog.find_cataloged_groups, group=asked))["value"]["groups"] == [found]


async def test_group_without_rows_is_said_to_have_none(world: World) -> None:
    found = (await perform(catalog.find_cataloged_groups, group="Nobody"))["value"]

    assert found == {"groups": [], "reasons": ["the catalog has no rows of the group 'Nobody'"]}


async def test_tenant_that_does_not_answer_is_a_failure_to_retry_and_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(_: World) -> list[SubscribedSku]:
        raise Unavailable("graph", "list the subscribed SKUs", status=503)

    monkeypatch.setattr(World, "list_subscribed_skus", unavailable)

    failed = await store()

    assert (failed["failure"]["permanent"], world.transactions) == (False, [])
