"""Who was in a managed group at the last nightly check."""

from datetime import UTC, datetime

from clients.tables import Tables
from lifecycle.drift_evidence import RosterEntry
from rows import roster

NIGHT = datetime(2026, 9, 14, 3, 25, tzinfo=UTC)
MAYA = RosterEntry("00u7new3", "maya.lin@contoso.com", ("00g1", "00g2"))
ANA = RosterEntry("00u8", "ana@contoso.com", ("00g1",))


async def on_it(tables: Tables) -> list[RosterEntry]:
    return [entry async for entry in roster.every(tables)]


async def test_row_says_who_was_in_which_groups_and_since_when(tables: Tables) -> None:
    await roster.store(tables, [MAYA], [], NIGHT)

    row = await tables.get(roster.TABLE, "member", MAYA.okta_user_id)
    assert row is not None
    assert row.values == {
        "PartitionKey": "member",
        "RowKey": "00u7new3",
        "Login": "maya.lin@contoso.com",
        "Groups": "00g1,00g2",
        "Since": NIGHT,
    }


async def test_who_is_in_a_group_tonight_is_on_it_and_who_is_gone_is_not(tables: Tables) -> None:
    await roster.store(tables, [MAYA, ANA], [], NIGHT)
    await roster.store(tables, [RosterEntry(ANA.okta_user_id, ANA.login, ("00g2",))], [MAYA.okta_user_id], NIGHT)

    assert await on_it(tables) == [RosterEntry(ANA.okta_user_id, ANA.login, ("00g2",))]
    assert [await roster.is_on(tables, each.okta_user_id) for each in (MAYA, ANA)] == [False, True]


async def test_roster_of_more_people_than_a_transaction_holds_comes_back_whole(tables: Tables) -> None:
    people = [RosterEntry(f"00u{number:03}", f"user.{number}@contoso.com", ("00g1",)) for number in range(250)]

    await roster.store(tables, people, [], NIGHT)

    assert await on_it(tables) == people
