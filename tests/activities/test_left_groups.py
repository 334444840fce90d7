"""The licenses that go with one group while another one remains, and who has left which group."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.left_groups import forget_left_group, next_left_group, read_standing
from activities.okta import check_group_exists
from activities.removal import prepare_removal, prepare_removal_for_left_group
from clients.records import LicenseAssignment, OktaGroup
from lifecycle.accounts import Account, FormerGroup, Intent
from lifecycle.catalog import CatalogEntry
from lifecycle.entitlement import Group
from lifecycle.licenses import AssignedLicense, RemovalPlan, from_json, owe, to_json
from lifecycle.members import JoinedGroup, LeftGroup
from lifecycle.stages import Phase
from rows import catalog
from tests.activities.person_world import (
    ACCOUNT,
    E3,
    ENTRA_ID,
    MAYA,
    MEMBER,
    NOW,
    OKTA_ID,
    VISIO,
    PersonWorld,
    logged,
    perform,
    refusal,
)

DRAWING = LeftGroup("00gVisio", "Visio Users", NOW + timedelta(days=3), NOW)
PROJECT = LeftGroup("00gProject", "Project Users", NOW + timedelta(days=9), NOW)
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
    await leave(person, DRAWING)

    plan = await perform(prepare_removal_for_left_group, left_group=DRAWING, remaining=(OFFICE,))

    assert plan == RemovalPlan(remove=(VISIO,), inherited=(), out_of_scope=())
    snapshot = from_json((await person.account()).snapshot)
    assert [(entry.license.sku_id, entry.owed_to) for entry in snapshot if entry.taken] == [
        (VISIO, (DRAWING.group_id,))
    ]


async def test_what_goes_with_all_groups_is_owed_to_those_that_gave_it_and_else_to_any(person: PersonWorld) -> None:
    """So that a return to one of several groups gives back what that group gives, and what no group gave."""
    await give(person, DRAWING.group_id, VISIO)
    await leave(person, DRAWING)
    await person.remember_account(replace(ACCOUNT, former_groups=(FormerGroup(PROJECT.group_id, NOW),)))
    await give(person, PROJECT.group_id, VISIO)

    await perform(prepare_removal)

    snapshot = from_json((await person.account()).snapshot)
    assert [(entry.license.sku_id, entry.taken, entry.owed_to) for entry in snapshot] == [
        (E3, True, ()),
        (VISIO, True, (PROJECT.group_id, DRAWING.group_id)),
    ]


async def test_license_of_a_left_group_that_is_inherited_is_named(person: PersonWorld) -> None:
    inherited = (LicenseAssignment(E3, (), "g-1"), LicenseAssignment(VISIO, (), "g-1"))
    person.graph.users[ENTRA_ID] = replace(MAYA, licenses=inherited)
    await give(person, DRAWING.group_id, VISIO)
    await leave(person, DRAWING)

    plan = await perform(prepare_removal_for_left_group, left_group=DRAWING, remaining=())

    assert plan == RemovalPlan(remove=(), inherited=(VISIO,), out_of_scope=())


async def test_nothing_goes_with_a_left_group_that_was_deleted_since(person: PersonWorld) -> None:
    """Its removals were logged before it was gone, and so it seemed to have been left."""
    await give(person, DRAWING.group_id, VISIO)
    await person.remember(replace(MEMBER, left_groups=(DRAWING,)))

    assert await perform(prepare_removal_for_left_group, left_group=DRAWING, remaining=()) == RemovalPlan((), (), ())
    assert await person.account() == ACCOUNT


async def test_licenses_that_no_group_gives_stay_where_the_catalog_is_the_scope(person: PersonWorld) -> None:
    person.set(LICENSE_SCOPE="catalog")
    await give(person, OFFICE.id, E3)

    assert await perform(prepare_removal) == RemovalPlan(remove=(E3,), inherited=(), out_of_scope=(VISIO,))


async def test_group_is_left_that_the_person_is_not_in_and_that_okta_still_has(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, group_id=DRAWING.group_id, group_name=DRAWING.name))
    assert not (await perform(read_standing, group_ids=())).is_left  # deleted in Okta: nobody has left it

    person.okta.groups = [OktaGroup(DRAWING.group_id, DRAWING.name)]
    assert (await perform(read_standing, group_ids=())).is_left
    assert not (await perform(read_standing, group_ids=(DRAWING.group_id,))).is_left


OWED = to_json(owe((), [AssignedLicense(VISIO, direct=True)], DRAWING.group_id))


@pytest.mark.parametrize(
    ("account", "is_owed"),
    [
        (ACCOUNT, False),
        (replace(ACCOUNT, intent=Intent.DISABLED), True),
        (replace(ACCOUNT, intent=Intent.ENABLED), False),
        (replace(ACCOUNT, snapshot=OWED), True),
        (replace(ACCOUNT, intent=Intent.DISABLED, snapshot=OWED, owner="00uRehired"), False),
    ],
    ids=["nothing", "disabled", "enabled", "a license", "all of somebody else"],
)
async def test_person_who_is_entitled_is_owed_the_account_and_what_was_taken(
    person: PersonWorld, account: Account, is_owed: bool
) -> None:
    await person.remember_account(account)

    assert (await perform(read_standing, group_ids=(DRAWING.group_id,))).is_owed is is_owed


async def test_license_of_a_group_the_person_is_not_in_is_not_owed_now(person: PersonWorld) -> None:
    await person.remember_account(replace(ACCOUNT, snapshot=OWED))

    assert not (await perform(read_standing, group_ids=(OFFICE.id,))).is_owed


async def test_licenses_of_a_group_that_was_joined_are_owed(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, joined=(JoinedGroup(OFFICE.id, NOW),)))

    assert (await perform(read_standing, group_ids=(OFFICE.id,))).is_owed
    await person.forget_account()
    assert (await perform(read_standing, group_ids=(OFFICE.id,))).is_owed


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


@pytest.mark.parametrize(("on_suspend", "leaves"), [("true", True), ("false", False)])
async def test_suspended_user_leaves_whatever_became_of_the_group_where_a_suspension_is_a_leave(
    person: PersonWorld, on_suspend: str, leaves: bool
) -> None:
    person.set(DEACTIVATE_ON_SUSPEND=on_suspend)
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], status="SUSPENDED")
    await person.remember(replace(MEMBER, group_id=DRAWING.group_id, group_name=DRAWING.name))

    if leaves:
        await perform(check_group_exists)
    else:
        assert (await refusal(check_group_exists)).permanent


DELETED = "group.lifecycle.delete"


@pytest.mark.parametrize("minutes", [-30, 0, 30])
async def test_group_that_is_just_being_deleted_does_not_count_as_left_although_it_is_there_still(
    person: PersonWorld, minutes: int
) -> None:
    """The removals of its members are logged before the group is gone."""
    await person.remember(replace(MEMBER, group_id=DRAWING.group_id, group_name=DRAWING.name))
    person.okta.groups = [OktaGroup(DRAWING.group_id, DRAWING.name)]
    person.okta.log = [logged(DELETED, DRAWING.group_id, NOW + timedelta(minutes=minutes))]

    failure = await refusal(check_group_exists)

    assert failure.permanent
    assert "Visio Users was deleted in Okta" in failure.reason


async def test_deletion_of_another_group_or_of_one_made_again_since_is_none_of_this_one(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, group_id=DRAWING.group_id, group_name=DRAWING.name))
    person.okta.groups = [OktaGroup(DRAWING.group_id, DRAWING.name)]
    person.okta.log = [
        logged(DELETED, PROJECT.group_id, NOW),
        logged(DELETED, DRAWING.group_id, NOW - timedelta(hours=2)),
    ]

    await perform(check_group_exists)
