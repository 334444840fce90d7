"""The license catalog in a real table: what a store and a clear leave behind, and in how many transactions."""

from dataclasses import replace

import pytest

from activities.catalog import clear_group, find_cataloged_groups, find_managed_groups
from clients.errors import Unavailable
from clients.tables import Tables
from lifecycle.catalog import VANISHED, ClearedGroup, FoundGroups, StoredGroup
from rows import catalog
from tests.activities.catalog_world import (
    GROUP,
    GROUPS,
    NOW,
    World,
    fail_to_store,
    perform,
    refusal,
    sku,
    skus,
    store,
)
from tests.activities.wire import stand_in


@pytest.fixture
def world(own_tables: Tables, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(own_tables)
    stand_in(monkeypatch, lambda: world, tables=own_tables, okta=world, graph=world)
    world.count(monkeypatch)
    return world


async def test_store_writes_a_row_per_sku_with_the_names_people_know(world: World) -> None:
    world.skus = [sku(1), replace(sku(2), sku_id="05e9a617-0261-4cee-bb44-138d3ef5d965", sku_part_number="SPE_E3")]

    assert await store() == StoredGroup(stored=2, vanished=0, deleted=0)

    entries = await world.entries()
    assert [(entry.row_number, entry.name, entry.sku_part_number) for entry in entries] == [
        (1, "Microsoft 365 E3", "SPE_E3"),
        (2, "PART_1", "PART_1"),
    ]
    assert all(entry.stored_at == NOW and entry.group_name == GROUP for entry in entries)


async def test_group_name_with_characters_a_key_cannot_hold_is_stored_and_read_back(world: World) -> None:
    await store("Berlin/Paris #1?")

    assert {entry.group_name for entry in await world.entries("Berlin/Paris #1?")} == {"Berlin/Paris #1?"}
    assert await catalog.read_group_names(world.tables) == ["Berlin/Paris #1?"]


async def test_whole_catalog_reads_group_by_group_in_the_order_of_the_rows(world: World) -> None:
    await store("Sales")
    await store()

    entries = await world.entries(group=None)

    assert [(entry.group_name, entry.row_number) for entry in entries] == [
        (GROUP, 1),
        (GROUP, 2),
        ("Sales", 1),
        ("Sales", 2),
    ]


async def test_500_skus_take_5_transactions_at_the_first_store_at_every_later_one_and_to_clear(world: World) -> None:
    world.skus = skus(1, 500)

    await store()
    assert world.transactions == [100] * 5

    await store(days=1)
    assert world.transactions == [100] * 10
    assert len(await world.entries()) == 500

    assert await perform(clear_group, group=GROUP) == ClearedGroup(deleted=500)
    assert world.transactions == [100] * 15


async def test_every_group_is_stored_and_cleared_with_its_own_transaction(world: World) -> None:
    for group in GROUPS.values():
        await store(group)
    assert world.transactions == [2] * 3

    for group in (await perform(find_cataloged_groups, group=None)).groups:
        assert await perform(clear_group, group=group) == ClearedGroup(deleted=2)
    assert world.transactions == [2] * 6
    assert await catalog.read_group_names(world.tables) == []


async def test_clearing_store_takes_no_transaction_more_than_rows_ask_for(world: World) -> None:
    world.skus = skus(1, 150)
    await store()
    world.transactions.clear()
    world.skus = skus(101, 250)

    assert await store(clear_first=True, days=1) == StoredGroup(stored=150, vanished=0, deleted=100)

    assert world.transactions == [100, 100, 50]
    assert len(await world.entries()) == 150


async def test_store_that_fails_half_way_leaves_every_former_row_readable(world: World) -> None:
    world.skus = skus(1, 150)
    await store()

    async def break_down() -> None:
        raise Unavailable("tables", "store 100 rows in Licenses", status=500)

    world.skus = skus(51, 200)
    world.before_transaction = {len(world.transactions) + 2: break_down}
    failed = await fail_to_store(clear_first=True, days=1)

    assert failed.permanent is False
    assert {entry.sku_id for entry in await world.entries()} >= {each.sku_id for each in skus(1, 150)}

    assert await store(clear_first=True, days=1) == StoredGroup(stored=150, vanished=0, deleted=50)


async def test_vanished_sku_is_marked_and_counted(world: World) -> None:
    await store()
    world.skus = [sku(1)]

    assert await store(days=1) == StoredGroup(stored=1, vanished=1, deleted=0)

    assert [entry.capability_status for entry in await world.entries()] == ["Enabled", VANISHED]


async def test_choice_survives_a_later_store(world: World) -> None:
    await store()
    await world.choose((await world.entries())[1], assign=True)

    await store(days=1)

    assert [entry.assign for entry in await world.entries()] == [False, True]


async def test_choice_made_during_a_store_is_not_lost(world: World) -> None:
    await store()
    entry = (await world.entries())[0]
    world.before_transaction = {2: lambda: world.choose(entry, assign=True)}

    overtaken = await fail_to_store(days=1)
    again = await store(days=1)

    assert overtaken.permanent is False
    assert again.stored == 2
    assert [entry.assign for entry in await world.entries()] == [True, False]


async def test_choice_made_while_a_clearing_store_is_interrupted_is_not_lost(world: World) -> None:
    world.skus = skus(1, 101)
    await store()
    first, last = (await world.entries())[:: len(world.skus) - 1]

    async def both_are_chosen() -> None:
        await world.choose(first, assign=True)
        await world.choose(last, assign=True)

    world.before_transaction = {len(world.transactions) + 2: both_are_chosen}
    overtaken = await fail_to_store(clear_first=True, days=1)
    await store(clear_first=True, days=1)

    assert overtaken.permanent is False
    chosen = {entry.sku_id for entry in await world.entries() if entry.assign}
    assert chosen == {first.sku_id}  # its row was cleared before the choice, the other one's after it


async def test_two_stores_at_once_leave_what_the_later_reading_says(world: World) -> None:
    async def other_store() -> None:
        world.skus = skus(1, 3)
        await store(days=1)

    world.before_transaction = {1: other_store}
    overtaken = await fail_to_store()

    assert overtaken.permanent is False
    assert (await store(days=1)).stored == 3
    assert [entry.row_number for entry in await world.entries()] == [1, 2, 3]


async def test_clear_during_a_store_makes_the_store_read_again(world: World) -> None:
    await store()
    world.before_transaction = {2: lambda: perform(clear_group, group=GROUP)}

    overtaken = await fail_to_store(days=1)

    assert overtaken.permanent is False
    assert (await store(days=1)).stored == 2


async def test_clear_that_meets_another_clear_is_tried_again_and_finds_nothing(world: World) -> None:
    await store()
    world.before_transaction = {2: lambda: perform(clear_group, group=GROUP)}

    overtaken = await refusal(clear_group, group=GROUP)

    assert overtaken.permanent is False
    assert await perform(clear_group, group=GROUP) == ClearedGroup(deleted=0)


async def test_managed_groups_are_found_by_name_and_by_id_each_once(world: World) -> None:
    world.office_group = ("00g1aaaaaaaaaaaaaaaa", GROUP, "Sales")

    assert await perform(find_managed_groups, group=None) == FoundGroups((GROUP, "Sales"))


async def test_managed_group_that_okta_does_not_know_does_not_hinder_the_others(world: World) -> None:
    world.office_group = ("sales", "Sales", "Twins")
    world.ambiguous = {"Twins"}

    found = await perform(find_managed_groups, group=None)

    assert found.groups == ("Sales",)
    assert "no group 'sales' in Okta" in found.reasons[0]
    assert "ambiguous_group" in found.reasons[1]


async def test_group_that_is_not_managed_is_refused_by_name(world: World) -> None:
    found = await perform(find_managed_groups, group="Sales")

    assert found == FoundGroups(reasons=("the group 'Sales' is not managed; OFFICE_GROUP says which are",))


async def test_asked_group_is_managed_whichever_of_name_and_id_the_setting_holds(world: World) -> None:
    world.office_group = ("00g2bbbbbbbbbbbbbbbb",)

    assert (await perform(find_managed_groups, group="Sales")).groups == ("Sales",)


async def test_group_to_clear_is_found_by_id_and_by_a_name_okta_has_forgotten(world: World) -> None:
    await store("Sales")
    await store("Old name")

    for asked, found in {"00g2bbbbbbbbbbbbbbbb": "Sales", "Old name": "Old name"}.items():
        assert (await perform(find_cataloged_groups, group=asked)).groups == (found,)


async def test_group_without_rows_is_said_to_have_none(world: World) -> None:
    found = await perform(find_cataloged_groups, group="Nobody")

    assert found == FoundGroups(reasons=("the catalog has no rows of the group 'Nobody'",))


async def test_tenant_that_does_not_answer_is_a_failure_to_retry_and_writes_nothing(world: World) -> None:
    world.failure = Unavailable("graph", "list the subscribed SKUs", status=503)

    assert (await fail_to_store()).permanent is False
    assert world.transactions == []
