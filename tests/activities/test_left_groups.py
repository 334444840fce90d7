"""The licenses that go with one group while another one remains, and who has left which group."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.left_groups import forget_left_group, is_group_left, next_left_group
from activities.okta import check_group_exists
from activities.removal import prepare_removal, prepare_removal_for_left_group
from clients.records import LicenseAssignment, OktaGroup
from lifecycle.catalog import CatalogEntry
from lifecycle.entitlement import Group
from lifecycle.licenses import RemovalPlan, from_json
from lifecycle.members import LeftGroup
from lifecycle.stages import Phase
from rows import catalog
from tests.activities.person_world import E3, ENTRA_ID, MAYA, MEMBER, NOW, VISIO, PersonWorld, perform, refusal

DRAWING = LeftGroup("00gVisio", "Visio Users", NOW + timedelta(days=3))
PROJECT = LeftGroup("00gProject", "Project Users", NOW + timedelta(days=9))
OFFICE = Group("00gOffice", "Office 365 Assignments")


async def give(person: PersonWorld, group_id: str, *sku_ids: str) -> None:
    """Have the catalog say that a group gives these to newcomers; it was stored under a name the group has no more."""
    for sku_id in sku_ids:
        entry = CatalogEntry(group_id, "Former", sku_id, sku_id, sku_id, "User", "Enabled", 100, 10, NOW, assign=True)
        await person.tables.upsert(catalog.TABLE, catalog.to_values(entry))


async def leave(person: PersonWorld, *groups: LeftGroup) -> None:
    """Groups that are left while they exist in Okta."""
    await person.remember(replace(MEMBER, left_groups=groups))
    person.okta.groups = [OktaGroup(each.group_id, each.name) for each in groups]


async def test_what_a_left_group_alone_gives_goes_and_comes_back_with_that_group(person: PersonWorld) -> None:
    await give(person, DRAWING.group_id, E3, VISIO)
    await give(person, OFFICE.id, E3)

    plan = await perform(prepare_removal_for_left_group, left_group=DRAWING, remaining=(OFFICE,))

    assert plan == RemovalPlan(remove=(VISIO,), inherited=(), out_of_scope=())
    snapshot = from_json((await person.member()).snapshot)
    assert [(entry.license.sku_id, entry.left_group) for entry in snapshot if entry.taken] == [
        (VISIO, DRAWING.group_id)
    ]


async def test_license_of_a_left_group_that_is_inherited_is_named(person: PersonWorld) -> None:
    inherited = (LicenseAssignment(E3, (), "g-1"), LicenseAssignment(VISIO, (), "g-1"))
    person.graph.users[ENTRA_ID] = replace(MAYA, licenses=inherited)
    await give(person, DRAWING.group_id, VISIO)

    plan = await perform(prepare_removal_for_left_group, left_group=DRAWING, remaining=())

    assert plan == RemovalPlan(remove=(), inherited=(VISIO,), out_of_scope=())


async def test_licenses_that_no_group_gives_stay_where_the_catalog_is_the_scope(person: PersonWorld) -> None:
    person.set(LICENSE_SCOPE="catalog")
    await give(person, OFFICE.id, E3)

    assert await perform(prepare_removal) == RemovalPlan(remove=(E3,), inherited=(), out_of_scope=(VISIO,))


async def test_group_is_left_that_the_person_is_not_in_and_that_okta_still_has(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, group_id=DRAWING.group_id, group_name=DRAWING.name))
    assert await perform(is_group_left, group_ids=()) is False  # deleted in Okta: nobody has left it

    person.okta.groups = [OktaGroup(DRAWING.group_id, DRAWING.name)]
    assert await perform(is_group_left, group_ids=()) is True
    assert await perform(is_group_left, group_ids=(DRAWING.group_id,)) is False


async def test_left_group_that_falls_due_first_is_the_next_until_it_is_forgotten(person: PersonWorld) -> None:
    await leave(person, DRAWING, PROJECT)

    assert await perform(next_left_group, group_ids=()) == DRAWING
    member = await person.member()
    assert member.phase is Phase.ACTIVE
    assert str(member.reason).startswith("left Visio Users, whose licenses go on 2026-09-17")

    await perform(forget_left_group, group_id=DRAWING.group_id)
    assert await perform(next_left_group, group_ids=()) == PROJECT


@pytest.mark.parametrize(("is_in", "deleted"), [(DRAWING, PROJECT), (PROJECT, DRAWING)])
async def test_groups_the_person_is_in_again_and_deleted_ones_are_forgotten(
    person: PersonWorld, is_in: LeftGroup, deleted: LeftGroup
) -> None:
    await leave(person, DRAWING, PROJECT)
    person.okta.groups = [group for group in person.okta.groups if group.id != deleted.group_id]

    assert await perform(next_left_group, group_ids=(is_in.group_id,)) is None
    assert (await person.member()).left_groups == ()


async def test_group_that_was_deleted_in_okta_does_not_count_as_left(person: PersonWorld) -> None:
    await perform(check_group_exists)  # no group was left
    await person.remember(replace(MEMBER, group_id=DRAWING.group_id, group_name=DRAWING.name))

    failure = await refusal(check_group_exists)

    assert failure.permanent
    assert "Visio Users was deleted in Okta" in failure.reason
    person.okta.groups = [OktaGroup(DRAWING.group_id, DRAWING.name)]
    await perform(check_group_exists)
