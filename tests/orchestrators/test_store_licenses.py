"""Store and clear: one activity per group, and one group's trouble is not the others'."""

from datetime import timedelta

from activities.catalog import clear_group, find_cataloged_groups, find_managed_groups, store_group
from lifecycle.catalog import ClearedGroup, FoundGroups, StoredGroup
from lifecycle.entitlement import Group
from lifecycle.inputs import CatalogInput, FlowInput
from lifecycle.retries import Failure
from orchestrators.clear_licenses import clear_licenses
from orchestrators.store_licenses import store_licenses
from tests.orchestrators.driver import NOW, Answers, World, answer, drive, names, sent

GROUP = "Office 365 Assignments"
OFFICE, SALES = Group("00g2m365Abc9Qwe15d7", GROUP), Group("00g2salesAbc9Qw15d7", "Sales")
STORED = StoredGroup(stored=3, vanished=1, deleted=0)
COUNTED = {"stored": 3, "vanished": 1, "deleted": 0}
ALL = CatalogInput()
DENIED = Failure("Microsoft Graph was asked to list the subscribed SKUs and answered 403", permanent=True)
BUSY = Failure("Table Storage was asked to store 100 rows and answered 503", permanent=False)


def store(
    *answers: Answers, given: FlowInput | None = ALL, groups: tuple[Group, ...] = (OFFICE, SALES), reason: str = ""
) -> World:
    found = FoundGroups(groups, (reason,) if reason else ())
    usual = answer(find_managed_groups, found), answer(store_group, STORED)
    return drive(store_licenses, *usual, *answers, given=given)


def clear(*answers: Answers, given: FlowInput | None = ALL) -> World:
    usual = answer(find_cataloged_groups, FoundGroups((OFFICE,))), answer(clear_group, ClearedGroup(500))
    return drive(clear_licenses, *usual, *answers, given=given)


def test_every_managed_group_is_stored_one_after_the_other() -> None:
    world = store()

    assert world.names() == names(find_managed_groups, store_group, store_group)
    assert world.output == {"groups": {GROUP: COUNTED, "Sales": COUNTED}, "reason": None}
    assert world.statuses == [
        {"stage": "finding_groups", "user": None, "about": "all groups"},
        {"stage": "storing_licenses", "user": None, "about": GROUP},
        {"stage": "storing_licenses", "user": None, "about": "Sales"},
        {"stage": "stored", "user": None, "about": f"{GROUP}, Sales"},
    ]


def test_store_that_was_started_by_hand_without_an_input_stores_all_groups() -> None:
    world = store(given=None)

    assert world.details(find_managed_groups) == sent(find_managed_groups, group=None)
    assert world.details(store_group)["clear_first"] is False


def test_group_and_clear_first_are_handed_on() -> None:
    world = store(given=CatalogInput(group="Sales", clear_first=True), groups=(SALES,))

    assert world.details(find_managed_groups) == sent(find_managed_groups, group="Sales")
    assert world.details(store_group) == sent(store_group, group=SALES, stored_at=NOW, clear_first=True)
    assert world.statuses[0]["about"] == "Sales"


def test_group_that_cannot_be_found_is_named_at_the_end_and_the_others_are_stored() -> None:
    world = store(groups=(SALES,), reason="there is no group 'Salse' in Okta")

    assert world.output == {"groups": {"Sales": COUNTED}, "reason": "there is no group 'Salse' in Okta"}
    assert world.statuses[-1] == {
        "stage": "incomplete",
        "user": None,
        "about": "Sales",
        "reason": "there is no group 'Salse' in Okta",
    }


def test_group_that_is_not_managed_ends_the_run_with_the_reason() -> None:
    world = store(given=CatalogInput(group="Sales"), groups=(), reason="the group 'Sales' is not managed")

    assert world.names() == names(find_managed_groups)
    assert world.statuses[-1] == {
        "stage": "incomplete",
        "user": None,
        "about": "no group",
        "reason": "the group 'Sales' is not managed",
    }


def test_failure_for_one_group_does_not_hinder_the_next() -> None:
    world = store(answer(store_group, DENIED, STORED))

    assert world.output == {"groups": {"Sales": COUNTED}, "reason": f"{GROUP}: {DENIED.reason}"}


def test_passing_trouble_is_waited_for_visibly_and_the_store_keeps_its_time() -> None:
    world = store(answer(store_group, BUSY, BUSY, STORED), groups=(SALES,))

    assert world.output["groups"] == {"Sales": COUNTED}
    assert world.now - NOW == timedelta(seconds=2 + 5)
    assert world.statuses[2] == {
        "stage": "storing_licenses",
        "user": None,
        "about": "Sales",
        "reason": f"{BUSY.reason}; next attempt at 2026-09-14 10:38:43 UTC",
    }
    at_its_time = sent(store_group, group=SALES, stored_at=NOW, clear_first=False)
    assert [step.details for step in world.calls(store_group)] == [at_its_time] * 3


def test_trouble_that_lasts_ends_after_a_day_with_the_reason() -> None:
    world = store(answer(store_group, BUSY), groups=(SALES,))

    assert timedelta(hours=22) < world.now - NOW <= timedelta(hours=24)
    assert world.output == {"groups": {}, "reason": f"Sales: {BUSY.reason}"}


def test_every_group_has_all_the_waits_of_its_own() -> None:
    world = store(answer(store_group, BUSY, BUSY, STORED, BUSY, STORED))

    assert world.waits(store_group) == [2, 5, 0, 2]


def test_okta_that_refuses_ends_the_store_with_the_reason() -> None:
    world = store(answer(find_managed_groups, DENIED))

    assert world.output == {"groups": {}, "reason": f"the groups could not be found: {DENIED.reason}"}


def test_okta_that_does_not_answer_just_now_is_waited_for() -> None:
    world = store(answer(find_managed_groups, BUSY, FoundGroups((SALES,))))

    assert world.seconds(find_managed_groups) == [0, 2]
    assert world.output == {"groups": {"Sales": COUNTED}, "reason": None}


def test_clear_empties_every_group_that_has_rows() -> None:
    world = clear()

    assert world.names() == names(find_cataloged_groups, clear_group)
    assert world.details(clear_group) == sent(clear_group, group=OFFICE)
    assert world.output == {"groups": {GROUP: {"deleted": 500}}, "reason": None}
    assert world.statuses[-1] == {"stage": "cleared", "user": None, "about": GROUP}


def test_clear_of_one_group_asks_for_that_group() -> None:
    world = clear(given=CatalogInput(group="Sales"))

    assert world.details(find_cataloged_groups) == sent(find_cataloged_groups, group="Sales")


def test_clear_of_a_group_without_rows_says_so() -> None:
    nothing = FoundGroups((), ("the catalog has no rows of the group 'Sales'",))

    world = clear(answer(find_cataloged_groups, nothing), given=CatalogInput(group="Sales"))

    assert world.output == {"groups": {}, "reason": "the catalog has no rows of the group 'Sales'"}


def test_rows_that_cannot_be_deleted_just_now_are_deleted_later() -> None:
    world = clear(answer(clear_group, BUSY, ClearedGroup(500)))

    assert world.seconds(clear_group) == [0, 2]
    assert world.output == {"groups": {GROUP: {"deleted": 500}}, "reason": None}


def test_two_groups_of_the_same_name_are_told_apart() -> None:
    other = Group("00g2otherAbc9Qw15d7", GROUP)
    world = store(groups=(OFFICE, other))

    assert set(world.output["groups"]) == {GROUP, f"{GROUP} ({other.id})"}
