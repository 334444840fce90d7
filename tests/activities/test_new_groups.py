"""What a person is given whom a group's catalog concerns: newcomers, people who move, people who return."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.giving_back import assign_licenses, note_newcomer, prepare_assignment, settle_snapshot
from activities.microsoft365 import enable_account, ensure_usage_location
from activities.removal import prepare_removal, record_snapshot, remove_licenses
from clients.errors import UsageLocationNeeded
from clients.records import EntraUser, LicenseAssignment
from lifecycle.accounts import Account, FormerGroup, Intent
from lifecycle.catalog import CatalogEntry
from lifecycle.effects import Effect
from lifecycle.entitlement import Entitlement, Group
from lifecycle.licenses import WantedLicense, from_json
from lifecycle.members import JoinedGroup, Member
from lifecycle.retries import Failure
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
    after,
    by,
    logged,
    perform,
    refusal,
)

SALES, LEGAL = Group("00gSales", "Sales"), Group("00gLegal", "Legal")
REMOVED = "group.user_membership.remove"
WANTED = (WantedLicense(E3),)


@pytest.fixture
async def newcomer(person: PersonWorld) -> PersonWorld:
    """Somebody without any license; Sales gives E3 and Legal gives Visio."""
    for group, sku in ((SALES, E3), (LEGAL, VISIO)):
        entry = CatalogEntry(group.id, group.name, sku, sku, sku, "User", "Enabled", 100, 10, NOW, assign=True)
        await person.tables.upsert(catalog.TABLE, catalog.to_values(entry))
    person.graph.users[ENTRA_ID] = replace(MAYA, licenses=())
    person.set(OFFICE_GROUP='["Sales", "Legal"]')
    return person


def joined(*groups: Group) -> Member:
    return replace(MEMBER, joined=tuple(JoinedGroup(group.id, NOW) for group in groups))


JOINED = joined(SALES)
FORMER = tuple(FormerGroup(group.id, NOW - timedelta(days=40)) for group in (SALES, LEGAL))
MAYA_NEW = replace(MAYA, licenses=())
NEW_AND_DISABLED = replace(MAYA_NEW, account_enabled=False)


async def planned(*groups: Group) -> list[str]:
    return [each.sku_id for each in await perform(prepare_assignment, groups=groups)]


async def test_every_group_that_was_joined_gives_its_license(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES, LEGAL))

    assert await planned(SALES, LEGAL) == [E3, VISIO]


async def test_group_the_person_was_in_before_gives_nothing_because_another_is_joined(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(LEGAL))

    assert await planned(SALES, LEGAL) == [VISIO]


async def test_group_that_was_joined_and_left_again_gives_nothing(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES, LEGAL))

    assert await planned(LEGAL) == [VISIO]


async def test_somebody_who_joined_nothing_is_given_nothing_of_the_catalog(newcomer: PersonWorld) -> None:
    """Any activation of a person who was fully given back: nothing is owed, and no group is new."""
    assert await planned(SALES, LEGAL) == []


async def test_who_returns_gets_what_was_taken_and_nothing_of_the_catalog(newcomer: PersonWorld) -> None:
    newcomer.graph.users[ENTRA_ID] = replace(MAYA, licenses=(LicenseAssignment(VISIO),))
    plan = await perform(prepare_removal)
    await perform(remove_licenses, remove=plan.remove)
    await newcomer.remember(joined(SALES))
    await newcomer.remember_account(
        replace(await newcomer.account(), former_groups=(FormerGroup(SALES.id, NOW - timedelta(days=40)),))
    )

    assert await planned(SALES) == [VISIO]


async def test_group_that_was_left_only_after_it_was_joined_is_new_whichever_came_first(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES, LEGAL))
    left = (FormerGroup(SALES.id, NOW + timedelta(seconds=1)), FormerGroup(LEGAL.id, NOW - timedelta(seconds=1)))
    await newcomer.remember_account(replace(ACCOUNT, former_groups=left))

    assert await planned(SALES, LEGAL) == [E3]


async def test_group_that_the_log_says_was_left_before_is_a_return_even_within_seconds(newcomer: PersonWorld) -> None:
    """The run of the leave has not come to write anything yet."""
    await newcomer.remember(joined(SALES, LEGAL))
    newcomer.okta.log = [logged(REMOVED, OKTA_ID, NOW - timedelta(seconds=2), Sales=SALES.id)]

    assert await planned(SALES, LEGAL) == [VISIO]


@pytest.mark.parametrize("ahead", [timedelta(milliseconds=500), timedelta(minutes=5)])
async def test_group_that_was_left_in_this_very_second_by_okta_s_clock_is_a_return(
    newcomer: PersonWorld, ahead: timedelta
) -> None:
    await newcomer.remember(replace(MEMBER, joined=(JoinedGroup(SALES.id, NOW + ahead),)))
    newcomer.okta.log = [logged(REMOVED, OKTA_ID, NOW + ahead - timedelta(milliseconds=1), Sales=SALES.id)]

    assert await planned(SALES) == []


@pytest.mark.parametrize(
    "event",
    [
        logged(REMOVED, OKTA_ID, NOW - timedelta(days=91), Sales=SALES.id),
        logged(REMOVED, OKTA_ID, NOW + timedelta(seconds=2), Sales=SALES.id),
        logged(REMOVED, OKTA_ID, NOW - timedelta(days=1), Marketing="00gMarketing"),
        logged(REMOVED, "00uSomebodyElse", NOW - timedelta(days=1), Sales=SALES.id),
    ],
    ids=["older than the log", "after the joining", "from another group", "of somebody else"],
)
async def test_other_removals_do_not_make_a_joining_a_return(newcomer: PersonWorld, event: dict[str, Any]) -> None:
    await newcomer.remember(joined(SALES))
    newcomer.okta.log = [event]

    assert await planned(SALES) == [E3]


async def test_removal_on_a_later_page_of_the_log_makes_a_joining_a_return(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES))
    earlier = NOW - timedelta(days=2)
    newcomer.okta.log = [
        logged(REMOVED, OKTA_ID, earlier, **group) for group in ({"Other": "00gX"}, {"Sales": SALES.id})
    ]
    newcomer.okta.log_page = 1

    assert await planned(SALES) == []


async def test_log_with_an_entry_that_cannot_be_read_says_nothing_of_removals(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES))
    removal = logged(REMOVED, OKTA_ID, NOW - timedelta(days=2), Sales=SALES.id)
    newcomer.okta.log = [{**removal, "uuid": ""}]

    failure = await refusal(prepare_assignment, groups=(SALES,))

    assert not failure.permanent
    assert "cannot be read" in failure.reason


async def test_return_to_one_of_several_groups_gives_what_it_gives_and_what_no_group_gave(
    newcomer: PersonWorld,
) -> None:
    """The rest stays owed to its own group."""
    licenses = tuple(LicenseAssignment(sku) for sku in (E3, VISIO))
    newcomer.graph.users[ENTRA_ID] = replace(MAYA, licenses=licenses)
    await newcomer.remember_account(replace(ACCOUNT, former_groups=FORMER))
    plan = await perform(prepare_removal)
    await perform(remove_licenses, remove=plan.remove)
    await newcomer.remember(joined(LEGAL))

    assert await planned(LEGAL) == [VISIO]
    await perform(settle_snapshot, given=(VISIO,), group_ids=(LEGAL.id,))

    snapshot = from_json((await newcomer.account()).snapshot)
    assert [(entry.license.sku_id, entry.owed_to) for entry in snapshot if entry.taken] == [(E3, (SALES.id,))]


IN_SALES = Entitlement(True, "the user is in Sales", (SALES,), "ACTIVE")


async def test_person_who_joins_the_first_group_with_an_account_of_which_nothing_is_known_is_new(
    newcomer: PersonWorld,
) -> None:
    newcomer.graph.users[ENTRA_ID] = NEW_AND_DISABLED
    newcomer.okta.log = [logged(REMOVED, OKTA_ID, NOW - timedelta(days=80), Cinema="00gCinema")]
    await newcomer.remember(joined(SALES))

    await perform(note_newcomer, entitlement=IN_SALES)

    assert (await newcomer.account()).newcomer


async def test_person_who_joins_two_groups_at_once_is_new(newcomer: PersonWorld) -> None:
    newcomer.graph.users[ENTRA_ID] = NEW_AND_DISABLED
    await newcomer.remember(joined(SALES, LEGAL))

    await perform(note_newcomer, entitlement=replace(IN_SALES, groups=(SALES, LEGAL)))

    assert (await newcomer.account()).newcomer


async def test_newcomer_is_one_until_the_account_is_enabled_whichever_run_comes_to_that(newcomer: PersonWorld) -> None:
    newcomer.graph.users[ENTRA_ID] = replace(MAYA, licenses=(), account_enabled=False)
    await newcomer.remember(joined(SALES))
    await perform(note_newcomer, entitlement=IN_SALES)
    await newcomer.hand_over("activation-2")
    await newcomer.remember(replace(await newcomer.member(), joined=()))

    await by("activation-2").perform(note_newcomer, entitlement=IN_SALES)

    assert await by("activation-2").perform(enable_account) is Effect.DONE


@pytest.mark.parametrize(
    ("member", "account", "user", "removed"),
    [
        (MEMBER, ACCOUNT, NEW_AND_DISABLED, False),
        (JOINED, replace(ACCOUNT, intent=Intent.DISABLED), NEW_AND_DISABLED, False),
        (JOINED, replace(ACCOUNT, former_groups=FORMER), NEW_AND_DISABLED, False),
        (JOINED, ACCOUNT, replace(MAYA, account_enabled=False), False),
        (JOINED, ACCOUNT, MAYA_NEW, False),
        (JOINED, ACCOUNT, NEW_AND_DISABLED, True),
    ],
    ids=["joined nothing", "an intent of ours", "was in a group", "has a license", "enabled", "removed by the log"],
)
async def test_anybody_else_is_none(
    newcomer: PersonWorld, member: Member, account: Account, user: EntraUser, removed: bool
) -> None:
    await newcomer.remember(member)
    await newcomer.remember_account(account)
    newcomer.graph.users[ENTRA_ID] = user
    newcomer.okta.log = [logged(REMOVED, OKTA_ID, NOW - timedelta(days=80), Legal=LEGAL.id)] if removed else []

    await perform(note_newcomer, entitlement=IN_SALES)

    assert not (await newcomer.account()).newcomer


async def test_person_who_is_in_another_managed_group_is_none(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES))

    await perform(note_newcomer, entitlement=replace(IN_SALES, groups=(SALES, LEGAL)))

    assert not (await newcomer.account()).newcomer


async def test_license_that_could_not_be_given_is_given_by_whoever_acts_next(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES))
    await planned(SALES)
    await newcomer.remember(replace(await newcomer.member(), joined=()))

    await perform(record_snapshot)

    assert await planned(SALES) == [E3]


async def test_given_licenses_are_owed_no_longer_and_the_group_is_new_no_longer(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES))
    wanted = await perform(prepare_assignment, groups=(SALES,))

    assignment = await perform(assign_licenses, wanted=wanted)
    await perform(settle_snapshot, given=assignment.given, group_ids=(SALES.id,))

    assert ((await newcomer.account()).snapshot, (await newcomer.member()).joined) == (None, ())


async def test_group_that_was_left_before_it_could_give_anything_is_still_new(newcomer: PersonWorld) -> None:
    await newcomer.remember(joined(SALES, LEGAL))

    await perform(settle_snapshot, given=(), group_ids=(LEGAL.id,))

    assert [group.group_id for group in (await newcomer.member()).joined] == [SALES.id]


async def test_location_that_licensing_does_not_know_of_yet_is_no_refusal(newcomer: PersonWorld) -> None:
    unknown = UsageLocationNeeded("graph", "change the licenses", status=400)
    newcomer.graph.fail["assign_license"] = [unknown]

    assert (await refusal(assign_licenses, wanted=WANTED)).permanent is False

    assert (await after(minutes=1).perform(assign_licenses, wanted=WANTED)).given == (E3,)


async def test_account_without_any_location_is_a_refusal(newcomer: PersonWorld) -> None:
    newcomer.graph.users[ENTRA_ID] = replace(MAYA, licenses=(), usage_location=None)
    newcomer.graph.fail["assign_license"] = [UsageLocationNeeded("graph", "change the licenses", status=400)] * 2

    assignment = await perform(assign_licenses, wanted=WANTED)

    assert set(assignment.refused) == {E3}


@pytest.mark.parametrize(
    "step",
    [
        lambda: refusal(enable_account),
        lambda: refusal(ensure_usage_location),
        lambda: refusal(prepare_assignment, groups=()),
    ],
    ids=["enable", "usage location", "licenses"],
)
async def test_account_that_is_not_known_everywhere_yet_is_waited_for(
    newcomer: PersonWorld, step: Callable[[], Awaitable[Failure]]
) -> None:
    newcomer.graph.users.clear()

    assert (await step()).permanent is False
