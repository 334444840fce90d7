"""What a person is given whom a group's catalog concerns: newcomers, people who move, people who return."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from activities.giving_back import assign_licenses, prepare_assignment, settle_snapshot
from activities.microsoft365 import enable_account, ensure_usage_location
from activities.removal import record_snapshot
from clients.errors import UsageLocationNeeded
from lifecycle.catalog import CatalogEntry
from lifecycle.entitlement import Group
from lifecycle.licenses import WantedLicense
from lifecycle.retries import Failure
from rows import catalog
from tests.activities.person_world import (
    E3,
    ENTRA_ID,
    MAYA,
    MEMBER,
    NOW,
    VISIO,
    PersonWorld,
    after,
    perform,
    refusal,
)

SALES, LEGAL = Group("00gSales", "Sales"), Group("00gLegal", "Legal")
WANTED = (WantedLicense(E3),)


@pytest.fixture
async def newcomer(person: PersonWorld) -> PersonWorld:
    """Somebody without any license; Sales gives E3 and Legal gives Visio."""
    for group, sku in ((SALES, E3), (LEGAL, VISIO)):
        entry = CatalogEntry(group.id, group.name, sku, sku, sku, "User", "Enabled", 100, 10, NOW, assign=True)
        await person.tables.upsert(catalog.TABLE, catalog.to_values(entry))
    person.graph.users[ENTRA_ID] = replace(MAYA, licenses=())
    return person


async def planned(*groups: Group) -> list[str]:
    return [each.sku_id for each in await perform(prepare_assignment, groups=groups)]


async def test_every_group_that_was_joined_gives_its_license(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES.id, LEGAL.id)))

    assert await planned(SALES, LEGAL) == [E3, VISIO]


async def test_group_the_person_was_in_before_gives_nothing_because_another_is_joined(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(LEGAL.id,)))

    assert await planned(SALES, LEGAL) == [VISIO]


async def test_group_that_was_joined_and_left_again_gives_nothing(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES.id, LEGAL.id)))

    assert await planned(LEGAL) == [VISIO]


async def test_group_that_was_renamed_since_the_last_store_gives_what_it_gave(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES.id,)))

    assert await planned(replace(SALES, name="Vertrieb")) == [E3]


async def test_of_somebody_nothing_is_known_of_all_groups_count(newcomer: PersonWorld) -> None:
    assert await planned(SALES, LEGAL) == [E3, VISIO]


async def test_who_returns_gets_what_was_taken_and_nothing_of_the_catalog(newcomer: PersonWorld) -> None:
    await perform(record_snapshot)

    assert await planned(SALES, LEGAL) == []


async def test_license_that_could_not_be_given_is_given_by_whoever_acts_next(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES.id,)))
    await planned(SALES)
    await newcomer.remember(replace(await newcomer.member(), joined=()))

    await perform(record_snapshot)

    assert await planned(SALES) == [E3]


async def test_given_licenses_are_owed_no_longer_and_the_group_is_new_no_longer(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES.id,)))
    wanted = await perform(prepare_assignment, groups=(SALES,))

    await perform(assign_licenses, wanted=wanted)
    await perform(settle_snapshot)

    member = await newcomer.member()
    assert (member.snapshot, member.joined) == (None, ())


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
