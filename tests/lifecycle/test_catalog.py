"""What a store of the license catalog writes, marks, keeps and deletes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.catalog import VANISHED, CatalogEntry, StorePlan, given_only_by, givers, plan_store

OFFICE = "Office 365 Assignments"
OFFICE_ID, SALES = "00g1office", "00g2sales"
YESTERDAY = datetime(2026, 9, 13, 4, 20, tzinfo=UTC)
TODAY = YESTERDAY + timedelta(days=1)
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
TEAMS = "16ddbbfc-09ea-4de2-b1d7-312db6112d70"
VISIO = "c5928f49-12ba-48f7-ada3-0d743a3601d5"


def entry(sku_id: str = E3, **differing: Any) -> CatalogEntry:
    usual: dict[str, Any] = {
        "group_id": OFFICE_ID,
        "group_name": OFFICE,
        "sku_id": sku_id,
        "name": f"Name of {sku_id}",
        "sku_part_number": f"PART_{sku_id[:4]}",
        "applies_to": "User",
        "capability_status": "Enabled",
        "enabled_units": 25,
        "consumed_units": 20,
        "stored_at": TODAY,
    }
    return CatalogEntry(**{**usual, **differing})


def store(
    subscribed: list[CatalogEntry], stored: list[CatalogEntry] | None = None, *, clear_first: bool = False
) -> Any:
    return plan_store(subscribed, stored or [], group_name=OFFICE, clear_first=clear_first)


def chosen(plan: StorePlan) -> set[str]:
    return {written.sku_id for written in plan.write if written.assign}


def former(sku_id: str = E3, **differing: Any) -> CatalogEntry:
    return entry(sku_id, **{"stored_at": YESTERDAY, "row_number": 1, **differing})


def test_the_only_assignable_sku_is_given_to_newcomers() -> None:
    assert chosen(store([entry(E3)])) == {E3}


def test_of_two_assignable_skus_an_operator_has_to_choose() -> None:
    assert chosen(store([entry(E3), entry(TEAMS)])) == set()


@pytest.mark.parametrize(
    "useless",
    [
        {"applies_to": "Company"},
        {"capability_status": "Suspended"},
        {"capability_status": "Deleted"},
        {"capability_status": "LockedOut"},
    ],
)
def test_sku_that_no_user_can_get_does_not_hinder_the_only_one(useless: dict[str, str]) -> None:
    assert chosen(store([entry(E3), entry(TEAMS, **useless)])) == {E3}


def test_company_sku_alone_is_not_given_to_anybody() -> None:
    assert chosen(store([entry(E3, applies_to="Company")])) == set()


def test_group_that_was_renamed_keeps_its_choices_and_its_vanished_skus_under_the_new_name() -> None:
    known = [former(E3, group_name="Before", assign=True), former(VISIO, group_name="Before", assign=True)]

    plan = store([entry(E3), entry(TEAMS)], known)

    assert chosen(plan) == {E3, VISIO}
    assert {written.group_name for written in plan.write} == {OFFICE}
    assert {written.sku_id for written in plan.write} == {E3, TEAMS, VISIO}


@pytest.mark.parametrize("choice", [True, False])
def test_choice_of_an_operator_survives_a_store(choice: bool) -> None:
    plan = store([entry(E3), entry(TEAMS)], [former(E3, assign=choice), former(TEAMS)])

    assert chosen(plan) == ({E3} if choice else set())


def test_choice_against_the_only_sku_survives_too() -> None:
    assert chosen(store([entry(E3)], [former(E3, assign=False)])) == set()


def test_choice_stays_when_a_second_sku_is_bought() -> None:
    assert chosen(store([entry(E3), entry(TEAMS)], [former(E3, assign=True)])) == {E3}


def test_units_and_status_are_those_of_today() -> None:
    plan = store([entry(E3, enabled_units=7, capability_status="Warning")], [former(E3, enabled_units=25)])

    assert (plan.write[0].enabled_units, plan.write[0].capability_status) == (7, "Warning")
    assert plan.write[0].stored_at == TODAY


def test_vanished_sku_is_marked_and_keeps_its_choice_and_its_date() -> None:
    plan = store([entry(TEAMS)], [former(E3, assign=True), former(TEAMS)])

    marked = plan.write[-1]
    assert (marked.sku_id, marked.capability_status, marked.enabled_units) == (E3, VANISHED, 0)
    assert (marked.assign, marked.is_assignable, marked.stored_at) == (True, False, YESTERDAY)
    assert plan.delete == ()


def test_sku_that_is_marked_already_is_not_written_again() -> None:
    marked = store([entry(TEAMS)], [former(E3), former(TEAMS)]).write[-1]

    assert [each.sku_id for each in store([entry(TEAMS)], [marked, former(TEAMS)]).write] == [TEAMS]


def test_sku_that_comes_back_is_alive_again_with_its_choice() -> None:
    gone = former(E3, capability_status=VANISHED, enabled_units=0, assign=True)

    plan = store([entry(E3), entry(TEAMS)], [gone, former(TEAMS)])

    assert chosen(plan) == {E3}
    assert all(written.is_assignable for written in plan.write)


def test_clear_first_forgets_choices_and_deletes_what_vanished() -> None:
    plan = store([entry(TEAMS), entry(VISIO)], [former(E3), former(TEAMS, assign=True)], clear_first=True)

    assert chosen(plan) == set()
    assert plan.delete == (E3,)
    assert {written.sku_id for written in plan.write} == {TEAMS, VISIO}


def test_interrupted_clearing_store_keeps_what_was_chosen_after_its_own_writes() -> None:
    chosen_since = entry(TEAMS, assign=True, row_number=1)

    plan = store([entry(TEAMS), entry(VISIO)], [chosen_since, former(VISIO, assign=True)], clear_first=True)

    assert chosen(plan) == {TEAMS}


def test_rows_are_numbered_in_the_order_of_their_names() -> None:
    plan = store([entry(E3, name="office"), entry(TEAMS, name="Power"), entry(VISIO, name="Azure")], [former("gone")])

    assert [(each.sku_id, each.row_number) for each in plan.write] == [(VISIO, 1), (E3, 2), (TEAMS, 3), ("gone", 4)]


def test_sku_listed_twice_is_one_row() -> None:
    assert len(store([entry(E3), entry(E3)]).write) == 1


def test_license_that_a_remaining_group_gives_too_does_not_go_with_the_group_that_was_left() -> None:
    left = [entry(E3, assign=True), entry(TEAMS, assign=True)]
    of_sales = entry(TEAMS, assign=True, group_id=SALES)

    assert given_only_by([*left, of_sales], OFFICE_ID, frozenset({SALES})) == {E3}
    assert given_only_by([*left, of_sales], OFFICE_ID, frozenset()) == {E3, TEAMS}


def test_row_alone_gives_nothing_since_a_store_writes_every_sku_for_every_group() -> None:
    left = [entry(E3, assign=True), entry(TEAMS, assign=False)]

    assert given_only_by([*left, entry(E3, assign=False, group_id=SALES)], OFFICE_ID, frozenset({SALES})) == {E3}


def test_license_is_given_by_those_of_the_groups_that_assign_it() -> None:
    entries = [entry(sku, assign=True, group_id=group) for sku in (E3, TEAMS) for group in (OFFICE_ID, SALES, "00g3")]
    entries.append(entry(VISIO, assign=False))

    assert givers(entries, frozenset({OFFICE_ID, SALES})) == {E3: (OFFICE_ID, SALES), TEAMS: (OFFICE_ID, SALES)}


SKUS = st.sampled_from([E3, TEAMS, VISIO])
PRESENT = st.builds(
    entry,
    SKUS,
    applies_to=st.sampled_from(["User", "Company"]),
    capability_status=st.sampled_from(["Enabled", "Warning", "Suspended"]),
)
FORMER = st.builds(former, SKUS, assign=st.booleans(), capability_status=st.sampled_from(["Enabled", VANISHED]))


@given(st.lists(PRESENT, unique_by=lambda each: each.sku_id), st.lists(FORMER, unique_by=lambda each: each.sku_id))
def test_no_store_loses_a_row_or_a_choice_and_the_next_one_changes_nothing_but_the_date(
    subscribed: list[CatalogEntry], stored: list[CatalogEntry]
) -> None:
    rows = {each.sku_id: each for each in stored}
    rows |= {each.sku_id: each for each in store(subscribed, stored).write}

    assert set(rows) == {each.sku_id for each in (*subscribed, *stored)}
    assert all(rows[each.sku_id].assign is each.assign for each in stored)
    assert {sku_id for sku_id, each in rows.items() if each.capability_status != VANISHED} == {
        each.sku_id for each in subscribed
    }
    assert sorted(each.row_number for each in rows.values()) == list(range(1, len(rows) + 1))
    again = store([replace(each, stored_at=TODAY + timedelta(days=1)) for each in subscribed], list(rows.values()))
    assert all(replace(each, stored_at=TODAY) == rows[each.sku_id] for each in again.write)
