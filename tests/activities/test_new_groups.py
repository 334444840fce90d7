"""What a person is given whom a group's catalog concerns: newcomers, people who move, people who return."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from activities import catalog_rows
from activities.giving_back import assign_licenses, plan_licenses, settle_snapshot
from activities.microsoft365 import enable_account, ensure_usage_location
from activities.removal import record_snapshot
from clients.errors import UsageLocationNeeded
from clients.table_rows import escape_key
from lifecycle.catalog import CatalogEntry, row_values
from tests.activities.person_world import E3, ENTRA_ID, MAYA, MEMBER, NOW, VISIO, PersonWorld, perform

SALES, LEGAL = ("00gSales", "Sales"), ("00gLegal", "Legal")
GIVES = {"Sales": E3, "Legal": VISIO}


@pytest.fixture
async def newcomer(person: PersonWorld, monkeypatch: pytest.MonkeyPatch) -> PersonWorld:
    """Somebody without any license; Sales gives E3 and Legal gives Visio."""
    table = f"T{uuid4().hex}"
    monkeypatch.setattr(catalog_rows, "LICENSES", table)
    for group, sku in GIVES.items():
        entry = CatalogEntry(group, sku, sku, sku, "User", "Enabled", 100, 10, NOW, assign=True)
        await person.tables.upsert(table, {"PartitionKey": escape_key(group), "RowKey": sku, **row_values(entry)})
    person.graph.users[ENTRA_ID] = replace(MAYA, licenses=())
    return person


async def planned(*groups: tuple[str, str]) -> list[str]:
    wanted = await perform(plan_licenses, group_ids=[id for id, _ in groups], groups=[name for _, name in groups])
    return [each["sku_id"] for each in wanted]


async def test_every_group_that_was_joined_gives_its_license(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES[0], LEGAL[0])))

    assert await planned(SALES, LEGAL) == [E3, VISIO]


async def test_group_the_person_was_in_before_gives_nothing_because_another_is_joined(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(LEGAL[0],)))

    assert await planned(SALES, LEGAL) == [VISIO]


async def test_group_that_was_joined_and_left_again_gives_nothing(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES[0], LEGAL[0])))

    assert await planned(LEGAL) == [VISIO]


async def test_of_somebody_nothing_is_known_of_all_groups_count(newcomer: PersonWorld) -> None:
    assert await planned(SALES, LEGAL) == [E3, VISIO]


async def test_who_returns_gets_what_was_taken_and_nothing_of_the_catalog(newcomer: PersonWorld) -> None:
    await perform(record_snapshot)

    assert await planned(SALES, LEGAL) == []


async def test_license_that_could_not_be_given_is_given_by_whoever_acts_next(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES[0],)))
    await planned(SALES)
    await newcomer.remember(replace(await newcomer.member(), joined=()))

    await perform(record_snapshot)

    assert await planned(SALES) == [E3]


async def test_given_licenses_are_owed_no_longer_and_the_group_is_new_no_longer(newcomer: PersonWorld) -> None:
    await newcomer.remember(replace(MEMBER, joined=(SALES[0],)))
    wanted: list[dict[str, Any]] = await perform(plan_licenses, group_ids=[SALES[0]], groups=[SALES[1]])

    await perform(assign_licenses, wanted=wanted)
    await perform(settle_snapshot)

    member = await newcomer.member()
    assert (member.snapshot, member.joined) == (None, ())


async def test_location_that_licensing_does_not_know_of_yet_is_no_refusal(newcomer: PersonWorld) -> None:
    unknown = UsageLocationNeeded("graph", "change the licenses", status=400)
    newcomer.graph.fail["assign_license"] = [unknown]
    wanted = [{"sku_id": E3, "disabled_plans": []}]

    failure = await perform(assign_licenses, wanted=wanted)
    assert failure["permanent"] is False

    assert (await perform(assign_licenses, minutes=1, wanted=wanted))["given"] == [E3]


async def test_account_without_any_location_is_a_refusal(newcomer: PersonWorld) -> None:
    newcomer.graph.users[ENTRA_ID] = replace(MAYA, licenses=(), usage_location=None)
    newcomer.graph.fail["assign_license"] = [UsageLocationNeeded("graph", "change the licenses", status=400)] * 2

    outcome = await perform(assign_licenses, wanted=[{"sku_id": E3, "disabled_plans": []}])

    assert set(outcome["refused"]) == {E3}


@pytest.mark.parametrize("step", [enable_account, ensure_usage_location, plan_licenses])
async def test_account_that_is_not_known_everywhere_yet_is_waited_for(newcomer: PersonWorld, step: Any) -> None:
    newcomer.graph.users.clear()

    assert (await perform(step, group_ids=[], groups=[]))["permanent"] is False
