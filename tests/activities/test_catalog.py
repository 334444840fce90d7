"""The license catalog in a real table: what a store and a clear leave behind, and in how many transactions."""

from dataclasses import replace

import pytest

from activities.catalog import clear_group, find_cataloged_groups, find_managed_groups
from clients.errors import Unavailable
from clients.tables import Tables
from lifecycle.catalog import VANISHED, ClearedGroup, FoundGroups, StoredGroup
from lifecycle.entitlement import Group
from rows import catalog
from tests.activities.catalog_world import (
    NOW,
    OFFICE,
    SALES,
    SLASHES,
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
    assert all(entry.stored_at == NOW and Group(entry.group_id, entry.group_name) == OFFICE for entry in entries)


async def test_group_name_with_characters_a_key_cannot_hold_is_stored_and_read_back(world: World) -> None:
    await store(SLASHES)

    assert {entry.group_name for entry in await world.entries(SLASHES)} == {"Berlin/Paris #1?"}
    assert await catalog.read_groups(world.tables) == [SLASHES]


async def test_group_that_was_renamed_keeps_its_choices_and_has_its_new_name_from_the_next_store_on(
    world: World,
) -> None:
    world.office_group = (SALES.id,)
    await store(SALES)
    await world.choose((await world.entries(SALES))[1], assign=True)
    renamed = world.rename(SALES, "Vertrieb")

    (group,) = (await perform(find_managed_groups, group=None)).groups
    world.skus = [sku(1)]
    await store(group, days=1)

    entries = await world.entries(None)
    assert [(entry.group_name, entry.assign) for entry in entries] == [("Vertrieb", False), ("Vertrieb", True)]
    assert await catalog.read_groups(world.tables) == [renamed]


async def test_whole_catalog_reads_group_by_group_in_the_order_of_the_rows(world: World) -> None:
    await store(SALES)
    await store()

    entries = await world.entries(group=None)

    assert [(entry.group_name, entry.row_number) for entry in entries] == [
        (OFFICE.name, 1),
        (OFFICE.name, 2),
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

    assert await perform(clear_group, group=OFFICE) == ClearedGroup(deleted=500)
    assert world.transactions == [100] * 15


async def test_every_group_is_stored_and_cleared_with_its_own_transaction(world: World) -> None:
    for group in world.groups:
        await store(group)
    assert world.transactions == [2] * 3

    for group in (await perform(find_cataloged_groups, group=None)).groups:
        assert await perform(clear_group, group=group) == ClearedGroup(deleted=2)
    assert world.transactions == [2] * 6
    assert await catalog.read_groups(world.tables) == []


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
    world.before_transaction = {2: lambda: perform(clear_group, group=OFFICE)}

    overtaken = await fail_to_store(days=1)

    assert overtaken.permanent is False
    assert (await store(days=1)).stored == 2


async def test_clear_that_meets_another_clear_is_tried_again_and_finds_nothing(world: World) -> None:
    await store()
    world.before_transaction = {2: lambda: perform(clear_group, group=OFFICE)}

    overtaken = await refusal(clear_group, group=OFFICE)

    assert overtaken.permanent is False
    assert await perform(clear_group, group=OFFICE) == ClearedGroup(deleted=0)


async def test_managed_groups_are_found_by_name_and_by_id_each_once(world: World) -> None:
    world.office_group = (OFFICE.id, OFFICE.name, "Sales")

    assert await perform(find_managed_groups, group=None) == FoundGroups((OFFICE, SALES))


async def test_managed_group_that_okta_does_not_know_does_not_hinder_the_others(world: World) -> None:
    world.office_group = ("sales", "Sales", "Twins")
    world.ambiguous = {"Twins"}

    found = await perform(find_managed_groups, group=None)

    assert found.groups == (SALES,)
    assert "no group 'sales' in Okta" in found.reasons[0]
    assert "ambiguous_group" in found.reasons[1]


async def test_group_that_is_not_managed_is_refused_by_name(world: World) -> None:
    found = await perform(find_managed_groups, group="Sales")

    assert found == FoundGroups(reasons=("the group 'Sales' is not managed; OFFICE_GROUP says which are",))


async def test_asked_group_is_managed_whichever_of_name_and_id_the_setting_holds(world: World) -> None:
    world.office_group = (SALES.id,)

    assert (await perform(find_managed_groups, group="Sales")).groups == (SALES,)


async def test_group_to_clear_is_found_by_id_and_by_the_name_it_had_at_its_last_store_and_has_in_okta(
    world: World,
) -> None:
    await store(SALES)
    world.rename(SALES, "Vertrieb")

    for asked in (SALES.id, "Sales", "Vertrieb"):
        assert (await perform(find_cataloged_groups, group=asked)).groups == (SALES,)


async def test_group_that_okta_has_forgotten_can_be_cleared(world: World) -> None:
    await store(SALES)
    world.groups.remove(SALES)

    for asked in (SALES.id, "Sales"):
        assert (await perform(find_cataloged_groups, group=asked)).groups == (SALES,)


async def test_of_two_groups_with_one_name_neither_is_cleared_by_it(world: World) -> None:
    twin = replace(SALES, id="00g9dddddddddddddddd")
    await store(SALES)
    await store(twin)

    found = await perform(find_cataloged_groups, group="Sales")

    assert found.groups == ()
    assert f"{SALES.id}, {twin.id}" in found.reasons[0]
    assert (await perform(find_cataloged_groups, group=twin.id)).groups == (twin,)


async def test_group_without_rows_is_said_to_have_none(world: World) -> None:
    found = await perform(find_cataloged_groups, group="Nobody")

    assert found == FoundGroups(reasons=("the catalog has no rows of the group 'Nobody'",))


async def test_tenant_that_does_not_answer_is_a_failure_to_retry_and_writes_nothing(world: World) -> None:
    world.failure = Unavailable("graph", "list the subscribed SKUs", status=503)

    assert (await fail_to_store()).permanent is False
    assert world.transactions == []
