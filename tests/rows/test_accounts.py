"""An account in the table: which columns there are, and that nothing is ever written blindly."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import Conflict
from clients.tables import Tables, Write
from lifecycle.accounts import Account, AccountClaim, FormerGroup, Intent
from lifecycle.members import Member
from rows import accounts

NOW = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
BARE = Account("5b0f3a52", "maya.lin@contoso.com", owner="00u7new3", run="activation-1")
WHOLE = Account(
    entra_user_id="5b0f3a52",
    user_principal_name="maya.lin@contoso.com",
    owner="00u7new3",
    run="activation-1",
    claims=(
        AccountClaim("staged_deactivation-2", "00u6old2", None),
        AccountClaim("activation-1", "00u7new3", "staged_deactivation-2", NOW),
    ),
    intent=Intent.DISABLED,
    confirmed=True,
    disabled_by_us=True,
    newcomer=True,
    snapshot='{"version":1,"licenses":[]}',
    due_at=NOW + timedelta(days=30),
    kept=True,
    former_groups=(FormerGroup("00g3visio", NOW), FormerGroup("00g4", NOW)),
    untold=("sku-1", "sku-2"),
    updated_at=NOW,
)
PERSON = Member("00u7new3", "maya.lin@contoso.com", "activation-1", "d41c7e80", NOW, entra_user_id="5b0f3a52")


async def read(tables: Tables) -> Account:
    stored = await accounts.find(tables, BARE.entra_user_id)
    assert stored is not None
    return stored.record


async def columns(tables: Tables) -> dict[str, object]:
    row = await tables.get(accounts.TABLE, "account", BARE.entra_user_id)
    assert row is not None
    return row.values


async def test_row_has_a_column_for_everything_that_is_known(tables: Tables) -> None:
    await accounts.insert(tables, WHOLE)

    assert await columns(tables) == {
        "PartitionKey": "account",
        "RowKey": "5b0f3a52",
        "UserPrincipalName": "maya.lin@contoso.com",
        "OwnerOktaUserId": "00u7new3",
        "InstanceId": "activation-1",
        "Claims": (
            '[["staged_deactivation-2", "00u6old2", null, null], ["activation-1", "00u7new3", "staged_deactivation-2", '
            f'"{NOW.isoformat()}"]]'
        ),
        "Intent": "disabled",
        "IntentConfirmed": True,
        "DisabledByUs": True,
        "Newcomer": True,
        "Snapshot": '{"version":1,"licenses":[]}',
        "DueAt": NOW + timedelta(days=30),
        "LicensesKept": True,
        "FormerGroups": f'[["00g3visio", "{NOW.isoformat()}"], ["00g4", "{NOW.isoformat()}"]]',
        "UntoldLicenses": "sku-1,sku-2",
        "UpdatedAt": NOW,
    }


async def test_row_has_no_column_for_what_is_not_known(tables: Tables) -> None:
    await accounts.insert(tables, BARE)

    assert set(await columns(tables)) == {
        *("PartitionKey", "RowKey", "UserPrincipalName", "OwnerOktaUserId", "InstanceId", "Claims"),
    }


@pytest.mark.parametrize("length", [0, 1, 32_766, 32_767, 32_768, 100_000])
@pytest.mark.parametrize("character", ["x", "😀"])
async def test_snapshot_of_any_length_comes_back_whole(tables: Tables, character: str, length: int) -> None:
    account = replace(BARE, snapshot=character * length)

    await accounts.insert(tables, account)

    assert await read(tables) == account


@pytest.mark.parametrize(
    "account",
    [
        BARE,
        WHOLE,
        replace(WHOLE, intent=Intent.ENABLED),
        replace(WHOLE, claims=tuple(AccountClaim(f"activation-{n}", "00u7new3", None) for n in range(1000))),
    ],
    ids=["bare", "whole", "enabled", "claimed a thousand times"],
)
async def test_account_comes_back_as_stored(tables: Tables, account: Account) -> None:
    await accounts.insert(tables, account)

    assert await read(tables) == account


async def test_what_is_not_known_any_more_leaves_the_row(tables: Tables) -> None:
    await accounts.insert(tables, replace(WHOLE, snapshot="x" * 100_000))
    stored = await accounts.find(tables, WHOLE.entra_user_id)
    assert stored is not None

    await accounts.replace(tables, BARE, stored.etag)

    assert await read(tables) == BARE
    assert not {name for name in await columns(tables) if name.startswith(("Snapshot", "Intent", "DueAt"))}


async def test_account_that_nobody_claimed_has_no_row(tables: Tables) -> None:
    assert await accounts.find(tables, BARE.entra_user_id) is None
    assert await accounts.of_member(tables, PERSON) is None
    assert [account async for account in accounts.every(tables)] == []


async def test_account_that_has_a_row_is_not_inserted_again(tables: Tables) -> None:
    await accounts.insert(tables, WHOLE)

    with pytest.raises(Conflict):
        await accounts.insert(tables, BARE)
    assert await read(tables) == WHOLE


async def test_row_that_was_written_since_it_was_read_is_not_replaced(tables: Tables) -> None:
    stale = await accounts.insert(tables, BARE)
    etag = await accounts.replace(tables, WHOLE, stale)

    with pytest.raises(Conflict):
        await accounts.replace(tables, BARE, stale)
    assert await read(tables) == WHOLE
    await accounts.replace(tables, BARE, etag)


async def test_account_is_a_persons_while_the_person_owns_it(tables: Tables) -> None:
    await accounts.insert(tables, BARE)

    assert await accounts.of_member(tables, PERSON) == BARE
    assert await accounts.of_member(tables, replace(PERSON, okta_user_id="00u6old2")) is None
    assert await accounts.of_member(tables, replace(PERSON, entra_user_id=None)) is None


async def test_every_account_is_read_once(tables: Tables) -> None:
    for number in range(5):
        await accounts.insert(tables, replace(WHOLE, entra_user_id=f"entra-{number}"))

    assert [each.entra_user_id async for each in accounts.every(tables)] == [f"entra-{number}" for number in range(5)]


async def test_those_whose_licenses_go_within_a_span_are_found_with_their_owners(tables: Tables) -> None:
    for day, id in ((1, "a"), (2, "b"), (3, "c")):
        due_at = NOW + timedelta(days=day)
        await accounts.insert(tables, replace(BARE, entra_user_id=id, owner=f"00u{id}", due_at=due_at))
    await accounts.insert(tables, BARE)

    every, more = await accounts.due_between(tables, None, NOW + timedelta(days=3), 5)
    one, _ = await accounts.due_between(tables, NOW + timedelta(days=2), NOW + timedelta(days=3), 5)

    assert (sorted(each.okta_user_id for each in every), more) == (["00ua", "00ub"], False)
    assert [(each.okta_user_id, each.at) for each in one] == [("00ub", NOW + timedelta(days=2))]


async def test_no_more_rows_are_read_than_are_asked_for(tables: Tables) -> None:
    await tables.submit(
        accounts.TABLE,
        [
            Write("insert", accounts.to_values(replace(BARE, entra_user_id=f"{at:04}", due_at=NOW)))
            for at in range(1001)
        ],
    )

    found, more = await accounts.due_between(tables, None, NOW + timedelta(days=1), 1)

    assert (len(found), more) == (1000, True)
