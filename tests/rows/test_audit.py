"""The audit: a row per act, and a person's story from the oldest on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.records import Row
from clients.tables import Tables
from lifecycle.audit import AuditEntry, Period
from rows import audit

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
WHOLE = AuditEntry(
    at=AT,
    act="remove_licenses",
    outcome="done",
    instance="staged_deactivation-1",
    event_uuid="d41c7e80",
    dry_run=False,
    detail="05e9a617",
    okta_user_id="00u7new3",
    login="maya.lin@contoso.com",
    entra_user_id="5b0f3a52",
    actor="hr-import@contoso.com",
    event_type="group.user_membership.remove",
    published=AT - timedelta(seconds=41),
    licenses=("Microsoft 365 E3",),
    request_id="7f2d",
)
BARE = AuditEntry(AT, "operator_command", "asked", "activation-1", "", dry_run=True)


DAY = timedelta(days=1)


def without_keys(row: Row) -> dict[str, Any]:
    return {column: value for column, value in row.values.items() if column not in ("PartitionKey", "RowKey")}


async def paged(
    tables: Tables, period: Period, limit: int = 2, okta_user_id: str | None = None
) -> list[list[AuditEntry]]:
    """Everything of a period, page by page."""
    pages: list[list[AuditEntry]] = []
    continuation = None
    while True:
        found = await audit.page(tables, period, okta_user_id, continuation, limit)
        pages.append(list(found.records))
        if (continuation := found.continuation) is None:
            return pages


async def story(tables: Tables, okta_user_id: str = "00u7new3") -> list[AuditEntry]:
    return [entry async for entry in audit.of_person(tables, okta_user_id)]


async def test_act_has_a_row_in_the_story_of_the_person_and_one_by_time(tables: Tables) -> None:
    await audit.append(tables, WHOLE)

    of_person = await tables.get(audit.TABLE, "00u7new3", "291218648078993999-remove_licenses-staged_deactivation-1")
    by_time = await tables.get(audit.BY_TIME, "2912186", "48078993999-00u7new3-remove_licenses-staged_deactivation-1")
    assert of_person is not None
    assert by_time is not None
    assert without_keys(of_person) == without_keys(by_time)
    assert without_keys(of_person) == {
        "At": AT,
        "Act": "remove_licenses",
        "Outcome": "done",
        "InstanceId": "staged_deactivation-1",
        "EventUuid": "d41c7e80",
        "DryRun": False,
        "Detail": "05e9a617",
        "OktaUserId": "00u7new3",
        "Login": "maya.lin@contoso.com",
        "EntraUserId": "5b0f3a52",
        "Actor": "hr-import@contoso.com",
        "EventType": "group.user_membership.remove",
        "EventPublished": AT - timedelta(seconds=41),
        "Licenses": '["Microsoft 365 E3"]',
        "RequestId": "7f2d",
    }


@pytest.mark.parametrize("entry", [WHOLE, BARE, replace(WHOLE, outcome="failed: 'it' \u2028 broke")])
@pytest.mark.parametrize("okta_user_id", ["00u7new3", ""])
async def test_act_comes_back_as_stored(tables: Tables, entry: AuditEntry, okta_user_id: str) -> None:
    await audit.append(tables, replace(entry, okta_user_id=okta_user_id))

    assert await story(tables, okta_user_id) == [replace(entry, okta_user_id=okta_user_id)]
    assert await audit.newest(tables, 10) == [replace(entry, okta_user_id=okta_user_id)]


async def test_outcome_and_detail_that_are_longer_than_a_column_are_cut(tables: Tables) -> None:
    await audit.append(tables, replace(WHOLE, outcome="failed: " + "x" * 50_000, detail="y" * 50_000))

    (entry,) = await story(tables)
    assert (entry.outcome[:10], entry.outcome[-2:], entry.detail[-2:]) == ("failed: xx", "x…", "y…")


async def test_what_concerns_nobody_in_particular_has_a_partition_of_its_own(tables: Tables) -> None:
    await audit.append(tables, BARE)

    assert [row.values["PartitionKey"] async for row in tables.query(audit.TABLE, "", {})] == ["offstage"]


async def test_story_is_read_from_the_oldest_on_and_is_of_one_person(tables: Tables) -> None:
    later = replace(WHOLE, at=AT + timedelta(microseconds=1), act="assign_licenses")
    for okta_user_id, entry in (("00u7new3", later), ("00u7new3", WHOLE), ("00u8", WHOLE), ("", WHOLE)):
        await audit.append(tables, replace(entry, okta_user_id=okta_user_id))

    assert await story(tables) == [WHOLE, later]
    assert await audit.newest_of_person(tables, "00u7new3", 10) == [later, WHOLE]
    assert await audit.newest_of_person(tables, "00u7new3", 1) == [later]


@pytest.mark.parametrize("outcome", ["already so", "failed: no answer", "sent already"])
async def test_act_that_was_done_stays_done_whatever_a_repetition_of_the_call_finds(
    tables: Tables, outcome: str
) -> None:
    await audit.append(tables, WHOLE)
    await audit.append(tables, replace(WHOLE, outcome=outcome, request_id=None))

    assert await story(tables) == await audit.newest(tables, 10) == [WHOLE]


async def test_act_that_is_done_by_time_is_done_in_the_story_too_when_only_the_first_row_was_written(
    tables: Tables,
) -> None:
    await audit.append(tables, WHOLE)
    (row,) = [row async for row in tables.query(audit.TABLE, "", {})]
    await tables.delete(audit.TABLE, row.values["PartitionKey"], row.values["RowKey"])

    await audit.append(tables, replace(WHOLE, outcome="already so"))

    assert await story(tables) == [WHOLE]


@pytest.mark.parametrize("outcomes", [["failed: no answer", "already so"], ["already so", "failed: no answer", "done"]])
async def test_act_that_is_repeated_for_the_same_call_has_one_row_with_its_last_outcome(
    tables: Tables, outcomes: list[str]
) -> None:
    for outcome in outcomes:
        await audit.append(tables, replace(WHOLE, outcome=outcome))

    assert [entry.outcome for entry in await story(tables)] == outcomes[-1:]
    assert [entry.outcome for entry in await audit.newest(tables, 10)] == outcomes[-1:]


@pytest.mark.parametrize(
    "other", [replace(WHOLE, at=AT + timedelta(seconds=1)), replace(WHOLE, act="mail"), replace(WHOLE, instance="i")]
)
async def test_another_act_has_a_row_of_its_own(tables: Tables, other: AuditEntry) -> None:
    await audit.append(tables, WHOLE)
    await audit.append(tables, other)

    assert len(await story(tables)) == 2


async def test_newest_acts_are_of_everybody_over_the_turn_of_a_day_and_of_a_year(tables: Tables) -> None:
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    instants = [AT, new_year - 2 * DAY, new_year - audit.AN_INSTANT, new_year, new_year + 40 * DAY]
    for number, at in enumerate(instants):
        await audit.append(tables, replace(WHOLE, at=at, okta_user_id=f"00u{number}"))

    found = await audit.newest(tables, 3)

    assert [(entry.at, entry.okta_user_id) for entry in found] == [
        (instants[4], "00u4"),
        (instants[3], "00u3"),
        (instants[2], "00u2"),
    ]
    assert len(await audit.newest(tables, 100)) == len(instants)


async def test_nothing_is_newest_where_nothing_was_done(tables: Tables) -> None:
    assert await audit.newest(tables, 10) == []
    assert await paged(tables, Period(AT - DAY, AT)) == [[]]


async def test_period_has_its_first_instant_and_not_its_last(tables: Tables) -> None:
    for seconds in range(4):
        await audit.append(tables, replace(WHOLE, at=AT + timedelta(seconds=seconds)))

    found = await paged(tables, Period(AT + timedelta(seconds=1), AT + timedelta(seconds=3)), limit=10)

    assert [entry.at for entry in found[0]] == [AT + timedelta(seconds=2), AT + timedelta(seconds=1)]


@pytest.mark.parametrize("okta_user_id", [None, "00u7new3"], ids=["everybody", "one person"])
async def test_period_comes_in_pages_with_each_act_once_newest_first(tables: Tables, okta_user_id: str | None) -> None:
    acts = [replace(WHOLE, at=AT + number * DAY / 3) for number in range(7)]
    for act in acts:
        await audit.append(tables, act)
        await audit.append(tables, replace(act, at=act.at - 90 * DAY))

    pages = await paged(tables, Period(AT, AT + 7 * DAY), okta_user_id=okta_user_id)

    assert [entry for page in pages for entry in page] == acts[::-1]
    assert max(map(len, pages)) == 2


async def test_acts_of_others_are_no_part_of_what_is_asked_about_one_person(tables: Tables) -> None:
    for okta_user_id in ("00u7new3", "00u8", ""):
        await audit.append(tables, replace(WHOLE, okta_user_id=okta_user_id))

    found = await audit.page(tables, Period(AT, AT + DAY), "00u8", None, 10)

    assert [entry.okta_user_id for entry in found.records] == ["00u8"]


async def test_whole_period_is_read_to_the_end(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "LONGEST_PAGE", 3)
    for number in range(7):
        await audit.append(tables, replace(WHOLE, at=AT + timedelta(hours=number)))

    found = [entry.at async for entry in audit.of_period(tables, Period(AT, AT + DAY))]

    assert found == [AT + timedelta(hours=number) for number in reversed(range(7))]


async def test_continuation_that_was_not_given_out_is_refused(tables: Tables) -> None:
    with pytest.raises(ValueError, match="continuation"):
        await audit.page(tables, Period(AT, AT + DAY), None, "bm90IG9uZQ==", 10)
