"""What a drift check reads and finds, in its two tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.tables import Tables
from lifecycle.drift_evidence import Entitled, Finding, GroupMember, Kind, ReadGroup
from lifecycle.events import Flow
from rows import drift

AT = datetime(2026, 9, 14, 3, 25, tzinfo=UTC)
RUN, OTHER_RUN = "reconcile_members-1", "reconcile_members-2"
MAYA = GroupMember("00u7new3", "maya.lin@contoso.com", "maya@contoso.com")
ANA = GroupMember("00u8", "ana@contoso.com", None)
FINDING = Finding(
    kind=Kind.NOT_ENTITLED_BUT_ENABLED,
    okta_user_id="00u7new3",
    login="maya.lin@contoso.com",
    words="is not entitled to Microsoft 365 any more, but the account is enabled",
    flow=Flow.DEACTIVATION,
    group_id="00g2m365",
    group_name="Office 365 Assignments",
    entra_user_id="5b0f3a52",
)


def crowd(count: int) -> list[GroupMember]:
    return [GroupMember(f"00u{n:05}", f"user.{n}@contoso.com", f"user.{n}@contoso.com") for n in range(count)]


def read_group(group_id: str, parts: int) -> ReadGroup:
    return ReadGroup(group_id, f"Name of {group_id}", parts, members=0, entitled=0)


def findings(count: int) -> list[Finding]:
    return [replace(FINDING, okta_user_id=f"00u{n}") for n in range(count)]


async def readings(tables: Tables) -> list[dict[str, object]]:
    return [row.values async for row in tables.query(drift.READINGS, "", {})]


async def test_words_that_are_longer_than_a_column_are_cut(tables: Tables) -> None:
    await drift.store_findings(tables, "run-long", AT, [replace(FINDING, words="w" * 50_000, not_started="n" * 50_000)])

    (found,) = await drift.read_findings(tables, "run-long")
    assert (found.words[-2:], str(found.not_started)[-2:]) == ("w…", "n…")


async def test_row_of_a_reading_has_its_people_and_when_they_were_read(tables: Tables) -> None:
    await drift.store_group_members(tables, RUN, "00g1", [MAYA, ANA], AT)

    assert await readings(tables) == [
        {
            "PartitionKey": RUN,
            "RowKey": "00g1-000000",
            "ReadAt": AT,
            "People": '[{"id": "00u7new3", "login": "maya.lin@contoso.com", "email": "maya@contoso.com"},'
            ' {"id": "00u8", "login": "ana@contoso.com", "email": null}]',
        }
    ]


@pytest.mark.parametrize(("count", "parts"), [(0, 0), (1, 1), (500, 1), (501, 2), (1200, 3)])
async def test_people_of_a_group_are_spread_over_rows_and_come_back_in_order(
    tables: Tables, count: int, parts: int
) -> None:
    people = crowd(count)

    assert await drift.store_group_members(tables, RUN, "00g1", people, AT) == parts

    entitled = await drift.read_entitled(tables, RUN, [read_group("00g1", parts)])
    assert [(each.okta_user_id, each.login, each.email) for each in entitled.values()] == [
        (each.id, each.login, each.email) for each in people
    ]


async def test_person_in_several_groups_is_one_person_with_all_their_names(tables: Tables) -> None:
    await drift.store_group_members(tables, RUN, "00g1", [MAYA, ANA], AT)
    await drift.store_group_members(tables, RUN, "00g2", [MAYA], AT)
    await drift.store_group_members(tables, OTHER_RUN, "00g1", crowd(3), AT)

    entitled = await drift.read_entitled(tables, RUN, [read_group("00g1", 1), read_group("00g2", 1)])

    both = (("Name of 00g1", "Name of 00g2"), ("00g1", "00g2"))
    assert entitled == {
        MAYA.id: Entitled(MAYA.id, MAYA.login, MAYA.email, *both),
        ANA.id: Entitled(ANA.id, ANA.login, None, ("Name of 00g1",), ("00g1",)),
    }


async def test_reading_of_which_a_row_is_missing_is_no_reading(tables: Tables) -> None:
    await drift.store_group_members(tables, RUN, "00g1", crowd(3), AT)

    with pytest.raises(LookupError):
        await drift.read_entitled(tables, RUN, [read_group("00g1", 2)])


async def test_reading_that_is_repeated_counts_once(tables: Tables) -> None:
    for _ in range(2):
        await drift.store_group_members(tables, RUN, "00g1", crowd(700), AT)

    assert len(await drift.read_entitled(tables, RUN, [read_group("00g1", 2)])) == 700


async def test_what_a_check_read_is_forgotten_and_what_older_checks_left(tables: Tables) -> None:
    long_ago = AT - timedelta(days=7, seconds=1)
    await drift.store_group_members(tables, RUN, "00g1", crowd(501), AT)
    await drift.store_group_members(tables, "reconcile_members-0", "00g1", [ANA], long_ago)
    await drift.store_group_members(tables, OTHER_RUN, "00g1", [MAYA], AT - timedelta(days=6))

    assert await drift.forget_readings(tables, RUN, AT) == 3
    assert [row["PartitionKey"] for row in await readings(tables)] == [OTHER_RUN]
    assert await drift.forget_readings(tables, RUN, AT) == 0


async def test_row_of_a_finding_has_a_column_for_everything_that_is_known(tables: Tables) -> None:
    await drift.store_findings(tables, RUN, AT, [replace(FINDING, started="staged_deactivation-1", not_started="no")])

    row = await tables.get(drift.TABLE, RUN, "000000")
    assert row is not None
    assert row.values == {
        "PartitionKey": RUN,
        "RowKey": "000000",
        "FoundAt": AT,
        "Kind": "not_entitled_but_enabled",
        "OktaUserId": "00u7new3",
        "Login": "maya.lin@contoso.com",
        "Finding": "is not entitled to Microsoft 365 any more, but the account is enabled",
        "Flow": "staged_deactivation",
        "OktaGroupId": "00g2m365",
        "OktaGroupName": "Office 365 Assignments",
        "EntraUserId": "5b0f3a52",
        "StartedInstanceId": "staged_deactivation-1",
        "NotStarted": "no",
    }


async def test_findings_come_back_as_stored_and_in_order(tables: Tables) -> None:
    kinds = [replace(FINDING, kind=kind) for kind in Kind]
    bare = Finding(Kind.PAST_DUE, "00u9", "bob@contoso.com", "the licenses were to go", None)

    await drift.store_findings(tables, RUN, AT, [*kinds, bare])
    await drift.store_findings(tables, OTHER_RUN, AT, [bare])

    assert await drift.read_findings(tables, RUN) == [*kinds, bare]


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [(0, None, range(12)), (0, 5, range(5)), (5, 10, range(5, 10)), (10, 20, range(10, 12)), (12, None, range(0))],
)
async def test_findings_are_read_from_a_number_up_to_another(
    tables: Tables, first: int, end: int | None, expected: range
) -> None:
    await drift.store_findings(tables, RUN, AT, findings(12))

    found = await drift.read_findings(tables, RUN, first, end)

    assert [each.okta_user_id for each in found] == [f"00u{number}" for number in expected]


@pytest.mark.parametrize("later", [0, 2, 150])
async def test_later_attempt_leaves_only_what_it_found(tables: Tables, later: int) -> None:
    await drift.store_findings(tables, RUN, AT, findings(120))

    await drift.store_findings(tables, RUN, AT, [replace(each, words="again") for each in findings(later)])

    found = await drift.read_findings(tables, RUN)
    assert [(each.okta_user_id, each.words) for each in found] == [(f"00u{n}", "again") for n in range(later)]


async def test_what_became_of_a_finding_is_marked_and_nothing_else_changes(tables: Tables) -> None:
    await drift.store_findings(tables, RUN, AT, findings(4))
    started = replace(FINDING, started="staged_deactivation-1", words="not written by a mark")
    left = replace(FINDING, not_started="the account is protected")

    await drift.mark_findings(tables, RUN, {1: started, 3: left})

    zero, one, two, three = findings(4)
    assert await drift.read_findings(tables, RUN) == [
        zero,
        replace(one, started="staged_deactivation-1"),
        two,
        replace(three, not_started="the account is protected"),
    ]
