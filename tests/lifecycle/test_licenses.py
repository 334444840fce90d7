"""The license arithmetic."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.licenses import (
    AssignedLicense,
    LicenseScope,
    MalformedSnapshot,
    RemovalPlan,
    Snapshot,
    SnapshotEntry,
    WantedLicense,
    fit_to_skus,
    friendly_name,
    from_assignments,
    from_json,
    mark_given_back,
    mark_taken,
    merge_snapshot,
    owe,
    owed,
    plan_removal,
    to_json,
)

E3, E5, VISIO, TEAMS = "sku-e3", "sku-e5", "sku-visio", "sku-teams"
DIRECT_E3 = AssignedLicense(E3, ("plan-yammer",), direct=True)
DIRECT_VISIO = AssignedLicense(VISIO, direct=True)
INHERITED_TEAMS = AssignedLicense(TEAMS, groups=("g-all",))
BOTH_E5 = AssignedLicense(E5, ("plan-sway",), direct=True, groups=("g-e5",))

NAMES = st.text("abcdef0123456789-", min_size=1, max_size=6)
LICENSES = st.builds(
    AssignedLicense,
    st.sampled_from([E3, E5, VISIO, TEAMS]),
    st.lists(NAMES, max_size=2, unique=True).map(tuple),
    st.booleans(),
    st.lists(NAMES, max_size=2, unique=True).map(tuple),
).filter(lambda license: license.direct or license.groups)
PRESENT = st.lists(LICENSES, unique_by=lambda license: license.sku_id).map(tuple)
SNAPSHOTS = st.lists(
    st.builds(SnapshotEntry, LICENSES, st.booleans(), st.lists(NAMES, max_size=2).map(tuple)),
    unique_by=lambda entry: entry.license.sku_id,
).map(lambda entries: tuple(replace(e, taken=e.taken and e.license.direct) for e in entries))
SKUS = st.frozensets(st.sampled_from([E3, E5, VISIO, TEAMS]))


def taken(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    return {entry.license.sku_id: entry.license.disabled_plans for entry in snapshot if entry.taken}


def given_back(snapshot: Snapshot, *group_ids: str) -> list[str]:
    return [license.sku_id for license in owed(snapshot, frozenset(group_ids))]


def test_assignments_of_one_sku_become_one_license() -> None:
    licenses = from_assignments(
        [
            ("SKU-E5", ["PLAN-SWAY"], None, "Active"),
            ("sku-teams", [], "G-ALL", "Active"),
            ("sku-e5", ["plan-other"], "g-e5", "ActiveWithError"),
            ("sku-e3", ["plan-yammer"], None, None),
        ]
    )

    assert licenses == (BOTH_E5, INHERITED_TEAMS, DIRECT_E3)


def test_a_sku_of_two_groups_names_both() -> None:
    licenses = from_assignments([(TEAMS, [], "g-1", "Active"), (TEAMS, [], "g-2", "Active")])

    assert licenses == (AssignedLicense(TEAMS, groups=("g-1", "g-2")),)


def test_a_group_assignment_in_error_gives_nothing() -> None:
    assert from_assignments([(TEAMS, [], "g-1", "Error"), (E3, ["plan-yammer"], None, "Error")]) == (DIRECT_E3,)


def test_every_direct_license_is_removed_and_inherited_ones_stay() -> None:
    plan = plan_removal((DIRECT_E3, INHERITED_TEAMS, DIRECT_VISIO), LicenseScope.ALL, frozenset())

    assert plan == RemovalPlan(remove=(E3, VISIO), inherited=(TEAMS,), out_of_scope=())


def test_the_direct_part_of_a_license_that_is_both_is_removed_and_the_license_stays() -> None:
    plan = plan_removal((BOTH_E5,), LicenseScope.ALL, frozenset())

    assert plan == RemovalPlan(remove=(E5,), inherited=(E5,), out_of_scope=())


def test_the_catalog_limits_what_is_removed() -> None:
    plan = plan_removal((DIRECT_E3, DIRECT_VISIO, BOTH_E5), LicenseScope.CATALOG, frozenset({E3}))

    assert plan == RemovalPlan(remove=(E3,), inherited=(), out_of_scope=(VISIO, E5))


@given(PRESENT, st.sampled_from(LicenseScope), SKUS)
def test_a_plan_removes_direct_licenses_only_and_forgets_none(
    present: tuple[AssignedLicense, ...], scope: LicenseScope, cataloged: frozenset[str]
) -> None:
    plan = plan_removal(present, scope, cataloged)
    direct = {license.sku_id for license in present if license.direct}

    assert set(plan.remove) | set(plan.out_of_scope) == direct
    assert not set(plan.remove) & set(plan.out_of_scope)
    assert {license.sku_id for license in present} == {*plan.remove, *plan.inherited, *plan.out_of_scope}


def test_a_first_snapshot_is_what_is_there() -> None:
    assert merge_snapshot(None, (DIRECT_E3, INHERITED_TEAMS)) == (
        SnapshotEntry(DIRECT_E3),
        SnapshotEntry(INHERITED_TEAMS),
    )


def test_a_second_deactivation_does_not_overwrite_what_has_to_be_given_back() -> None:
    first = mark_taken(merge_snapshot(None, (DIRECT_E3,)), [E3])

    second = merge_snapshot(first, (DIRECT_VISIO,))

    assert second == (SnapshotEntry(DIRECT_VISIO), SnapshotEntry(DIRECT_E3, taken=True))


def test_a_license_that_came_back_otherwise_counts_as_it_is_now_and_stays_owed() -> None:
    """The reading may be older than the removal; only an assignment that was answered settles what is owed."""
    first = mark_taken(merge_snapshot(None, (DIRECT_E3,)), [E3])
    without_disabled_plans = AssignedLicense(E3, direct=True)

    assert merge_snapshot(first, (without_disabled_plans,)) == (SnapshotEntry(without_disabled_plans, taken=True),)


def test_a_license_an_administrator_removed_is_not_carried_over() -> None:
    assert merge_snapshot(merge_snapshot(None, (DIRECT_E3,)), ()) == ()


def test_the_direct_part_stays_owed_while_the_license_is_still_inherited() -> None:
    first = mark_taken(merge_snapshot(None, (BOTH_E5,)), [E5])

    second = merge_snapshot(first, (AssignedLicense(E5, groups=("g-e5",)),))

    assert second == (SnapshotEntry(BOTH_E5, taken=True),)


@given(SNAPSHOTS, PRESENT)
def test_merging_never_loses_what_is_owed(prior: Snapshot, present: tuple[AssignedLicense, ...]) -> None:
    merged = merge_snapshot(prior, present)
    now = {license.sku_id: license.disabled_plans for license in present if license.direct}

    assert taken(merged) == {sku_id: now.get(sku_id, plans) for sku_id, plans in taken(prior).items()}
    assert {license.sku_id for license in present} <= {entry.license.sku_id for entry in merged}
    assert merge_snapshot(merged, present) == merged


def test_what_a_group_gives_is_owed_until_it_is_given_and_only_while_the_person_is_in_it() -> None:
    snapshot = owe((), [AssignedLicense(VISIO, direct=True)], "00gSales")

    assert given_back(snapshot, "00gSales") == [VISIO]
    assert given_back(snapshot, "00gOther") == []
    assert given_back(merge_snapshot(snapshot, [DIRECT_E3]), "00gSales") == [VISIO]


def test_what_was_taken_keeps_its_disabled_plans_when_a_group_gives_it_too() -> None:
    snapshot = mark_taken(merge_snapshot(None, [DIRECT_E3]), [E3])

    assert owe(snapshot, [AssignedLicense(E3, direct=True)], "00gSales") == snapshot


def test_what_leaving_one_group_took_comes_back_with_that_group_only() -> None:
    snapshot = merge_snapshot(None, (DIRECT_E3, DIRECT_VISIO))
    snapshot = mark_taken(snapshot, [VISIO], {VISIO: ("00gVisio",)})

    assert given_back(snapshot, "00gOffice") == []
    assert given_back(snapshot, "00gVisio") == [VISIO]


def test_what_was_taken_before_its_group_was_left_comes_back_with_that_group_only() -> None:
    taken = mark_taken(merge_snapshot(None, (DIRECT_E3, DIRECT_VISIO)), [E3, VISIO])

    later = mark_taken(taken, [], {VISIO: ("00gVisio",)})

    assert given_back(later, "00gOffice") == [E3]
    assert given_back(later, "00gVisio") == [E3, VISIO]
    assert mark_taken(later, [], {VISIO: ("00gOther",)}) == later


def test_return_to_one_of_several_groups_gives_back_what_it_gives_and_what_no_group_gave() -> None:
    snapshot = merge_snapshot(None, (DIRECT_E3, DIRECT_VISIO, BOTH_E5))
    givers = {E3: ("00gOffice", "00gSales"), VISIO: ("00gVisio",)}

    snapshot = mark_taken(snapshot, [E3, VISIO, E5], givers)

    assert given_back(snapshot, "00gSales") == [E3, E5]
    assert given_back(snapshot, "00gVisio") == [VISIO, E5]
    assert given_back(snapshot, "00gOther") == [E5]
    later = mark_given_back(snapshot, [E3, E5])
    assert given_back(later, "00gSales") == []
    assert given_back(later, "00gSales", "00gVisio") == [VISIO]


def test_what_the_snapshot_lacks_cannot_be_taken() -> None:
    snapshot = merge_snapshot(None, (DIRECT_E3, INHERITED_TEAMS))

    with pytest.raises(ValueError, match=f"{TEAMS}, {VISIO}"):
        mark_taken(snapshot, [E3, VISIO, TEAMS])


def test_exactly_what_was_taken_is_given_back_as_it_was() -> None:
    snapshot = mark_taken(merge_snapshot(None, (DIRECT_E3, BOTH_E5, DIRECT_VISIO)), [E3, E5])

    assert owed(snapshot, frozenset()) == (DIRECT_E3, BOTH_E5)


@given(PRESENT, st.sampled_from(LicenseScope), SKUS)
def test_taking_and_giving_back_leaves_the_same_licenses(
    present: tuple[AssignedLicense, ...], scope: LicenseScope, cataloged: frozenset[str]
) -> None:
    plan = plan_removal(present, scope, cataloged)
    snapshot = from_json(to_json(mark_taken(merge_snapshot(None, present), plan.remove)))
    left = tuple(license for license in present if license.sku_id not in plan.remove)

    back = owed(snapshot, frozenset())

    assert sorted((*left, *back), key=lambda license: license.sku_id) == sorted(
        present, key=lambda license: license.sku_id
    )


def test_plans_that_a_sku_has_no_longer_are_not_switched_off() -> None:
    wanted = [WantedLicense(E3, ("plan-yammer", "plan-gone")), WantedLicense(VISIO, ("plan-visio",))]

    fitting = fit_to_skus(wanted, {E3: frozenset({"plan-yammer", "plan-new"}), VISIO: frozenset()})

    assert fitting == (WantedLicense(E3, ("plan-yammer",)), WantedLicense(VISIO))


def test_license_of_a_sku_that_the_tenant_does_not_name_stays_as_it_is() -> None:
    assert fit_to_skus([WantedLicense(E5, ("plan-sway",))], {}) == (WantedLicense(E5, ("plan-sway",)),)


def test_what_was_given_back_is_not_owed_any_more() -> None:
    snapshot = mark_taken(merge_snapshot(None, (DIRECT_E3, DIRECT_VISIO)), [E3, VISIO])

    assert taken(mark_given_back(snapshot, [E3, "sku-unheard-of"])) == {VISIO: ()}


@given(SNAPSHOTS)
def test_a_snapshot_survives_the_way_through_json(snapshot: Snapshot) -> None:
    assert from_json(to_json(snapshot)) == snapshot
    assert to_json(from_json(to_json(snapshot))) == to_json(snapshot)


def test_the_stored_form_does_not_change() -> None:
    stored = to_json((SnapshotEntry(DIRECT_E3, taken=True, owed_to=("00gSales",)),))

    assert stored == (
        '{"licenses":[{"direct":true,"disabled_plans":["plan-yammer"],"groups":[],'
        '"owed_to":["00gSales"],"sku_id":"sku-e3","taken":true}],'
        '"version":1}'
    )


def test_nothing_stored_is_the_empty_snapshot() -> None:
    assert from_json(None) == ()


def entry(**differing: Any) -> str:
    raw = {
        "sku_id": E3,
        "disabled_plans": [],
        "direct": True,
        "groups": [],
        "taken": False,
        "owed_to": [],
    } | differing
    return json.dumps({"version": 1, "licenses": [raw]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        "{}",
        '{"version":2,"licenses":[]}',
        '{"version":1,"licenses":null}',
        '{"version":1,"licenses":{"a":1}}',
        '{"version":1,"licenses":[{}]}',
        entry(sku_id=None),
        entry(taken="yes"),
        entry(disabled_plans="abc"),
        entry(groups=[1]),
        entry(owed_to="00gSales"),
    ],
)
def test_a_snapshot_that_cannot_be_read_stops_everything(text: str) -> None:
    with pytest.raises(MalformedSnapshot):
        from_json(text)


@pytest.mark.parametrize(
    ("names", "part_numbers", "expected"),
    [
        ({"ab-1": "Microsoft 365 E3"}, {"ab-1": "SPE_E3"}, "Microsoft 365 E3"),
        ({}, {"ab-1": "SPE_E3"}, "SPE_E3"),
        ({"ab-1": ""}, {}, "AB-1"),
    ],
)
def test_a_license_is_called_by_the_best_name_known(
    names: dict[str, str], part_numbers: dict[str, str], expected: str
) -> None:
    assert friendly_name("AB-1", names, part_numbers) == expected


def test_what_is_owed_and_gone_is_inherited_from_no_group_any_more() -> None:
    merged = merge_snapshot(mark_taken(merge_snapshot(None, (BOTH_E5,)), [E5]), ())

    assert merged == (SnapshotEntry(AssignedLicense(E5, BOTH_E5.disabled_plans, direct=True), taken=True),)
