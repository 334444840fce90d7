"""The audit: a row per act, and a person's story from the oldest on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.tables import Tables
from lifecycle.audit import AuditEntry
from rows import audit

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
WHOLE = AuditEntry(
    at=AT,
    act="remove_licenses",
    outcome="done",
    instance="staged_deactivation-1",
    event_uuid="d41c7e80",
    dry_run=False,
    detail="Microsoft 365 E3",
    login="maya.lin@contoso.com",
    entra_user_id="5b0f3a52",
    request_id="7f2d",
)
BARE = AuditEntry(AT, "operator_command", "asked", "activation-1", "", dry_run=True)


async def story(tables: Tables, okta_user_id: str = "00u7new3") -> list[AuditEntry]:
    return [entry async for entry in audit.of_person(tables, okta_user_id)]


async def test_row_has_a_column_for_everything_that_is_known_of_an_act(tables: Tables) -> None:
    await audit.append(tables, "00u7new3", WHOLE)

    row = await tables.get(audit.TABLE, "00u7new3", "20260914T103841.006000Z-remove_licenses-staged_deactivation-1")
    assert row is not None
    assert row.values == {
        "PartitionKey": "00u7new3",
        "RowKey": "20260914T103841.006000Z-remove_licenses-staged_deactivation-1",
        "At": AT,
        "Act": "remove_licenses",
        "Outcome": "done",
        "InstanceId": "staged_deactivation-1",
        "EventUuid": "d41c7e80",
        "DryRun": False,
        "Detail": "Microsoft 365 E3",
        "Login": "maya.lin@contoso.com",
        "EntraUserId": "5b0f3a52",
        "RequestId": "7f2d",
    }


@pytest.mark.parametrize("entry", [WHOLE, BARE, replace(WHOLE, outcome="failed: 'it' \u2028 broke")])
@pytest.mark.parametrize("okta_user_id", ["00u7new3", ""])
async def test_act_comes_back_as_stored(tables: Tables, entry: AuditEntry, okta_user_id: str) -> None:
    await audit.append(tables, okta_user_id, entry)

    assert await story(tables, okta_user_id) == [entry]


async def test_outcome_and_detail_that_are_longer_than_a_column_are_cut(tables: Tables) -> None:
    await audit.append(tables, "00u7new3", replace(WHOLE, outcome="failed: " + "x" * 50_000, detail="y" * 50_000))

    (entry,) = await story(tables)
    assert (entry.outcome[:10], entry.outcome[-2:], entry.detail[-2:]) == ("failed: xx", "x…", "y…")


async def test_what_concerns_nobody_in_particular_has_a_partition_of_its_own(tables: Tables) -> None:
    await audit.append(tables, "", BARE)

    assert [row.values["PartitionKey"] async for row in tables.query(audit.TABLE, "", {})] == ["offstage"]


async def test_story_is_read_from_the_oldest_on_and_is_of_one_person(tables: Tables) -> None:
    later = replace(WHOLE, at=AT + timedelta(microseconds=1), act="assign_licenses")
    for okta_user_id, entry in (("00u7new3", later), ("00u7new3", WHOLE), ("00u8", WHOLE), ("", WHOLE)):
        await audit.append(tables, okta_user_id, entry)

    assert await story(tables) == [WHOLE, later]


@pytest.mark.parametrize("outcome", ["already so", "failed: no answer", "sent already"])
async def test_act_that_was_done_stays_done_whatever_a_repetition_of_the_call_finds(
    tables: Tables, outcome: str
) -> None:
    await audit.append(tables, "00u7new3", WHOLE)
    await audit.append(tables, "00u7new3", replace(WHOLE, outcome=outcome, request_id=None))

    assert await story(tables) == [WHOLE]


@pytest.mark.parametrize("outcomes", [["failed: no answer", "already so"], ["already so", "failed: no answer", "done"]])
async def test_act_that_is_repeated_for_the_same_call_has_one_row_with_its_last_outcome(
    tables: Tables, outcomes: list[str]
) -> None:
    for outcome in outcomes:
        await audit.append(tables, "00u7new3", replace(WHOLE, outcome=outcome))

    assert [entry.outcome for entry in await story(tables)] == outcomes[-1:]


@pytest.mark.parametrize(
    "other", [replace(WHOLE, at=AT + timedelta(seconds=1)), replace(WHOLE, act="mail"), replace(WHOLE, instance="i")]
)
async def test_another_act_has_a_row_of_its_own(tables: Tables, other: AuditEntry) -> None:
    await audit.append(tables, "00u7new3", WHOLE)
    await audit.append(tables, "00u7new3", other)

    assert len(await story(tables)) == 2
