"""Store and clear: one activity per group, and one group's trouble is not the others'."""

from datetime import timedelta
from typing import Any

from lifecycle.retries import Failure
from orchestrators.clear_licenses import clear_licenses
from orchestrators.store_licenses import store_licenses
from tests.orchestrators.driver import NOW, World, drive

GROUP = "Office 365 Assignments"
STORED = {"stored": 3, "vanished": 1, "deleted": 0}
DENIED = Failure("Microsoft Graph was asked to list the subscribed SKUs and answered 403", permanent=True)
BUSY = Failure("Table Storage was asked to store 100 rows and answered 503", permanent=False)


def play(flow: Any, asked: Any = None, **answers: Any) -> World:
    world = World(answers=answers, input=asked)
    orchestrator = flow._function.get_user_function().orchestrator_function
    return drive(orchestrator, world)


def store(
    asked: Any = None, *, groups: list[str] | None = None, reasons: list[str] | None = None, **answers: Any
) -> World:
    found = {"groups": [GROUP, "Sales"] if groups is None else groups, "reasons": reasons or []}
    return play(
        store_licenses,
        {"group": None, "clear_first": False} if asked is None else asked,
        **{"find_managed_groups": found, "store_group": STORED, **answers},
    )


def clear(asked: Any, **answers: Any) -> World:
    found = {"groups": [GROUP], "reasons": []}
    return play(clear_licenses, asked, **{"find_cataloged_groups": found, "clear_group": {"deleted": 500}, **answers})


def test_every_managed_group_is_stored_one_after_the_other() -> None:
    world = store()

    assert world.names() == ["find_managed_groups", "store_group", "store_group"]
    assert world.output == {"groups": {GROUP: STORED, "Sales": STORED}, "reason": None}
    assert world.statuses == [
        {"stage": "finding_groups", "user": "all groups"},
        {"stage": "storing_licenses", "user": GROUP},
        {"stage": "storing_licenses", "user": "Sales"},
        {"stage": "stored", "user": f"{GROUP}, Sales"},
    ]


def test_group_and_clear_first_are_handed_on() -> None:
    world = store({"group": "Sales", "clear_first": True}, groups=["Sales"])

    assert world.details("find_managed_groups") == {"group": "Sales"}
    assert world.details("store_group") == {"clear_first": True, "group": "Sales", "stored_at": NOW.isoformat()}


def test_group_that_cannot_be_found_is_named_at_the_end_and_the_others_are_stored() -> None:
    world = store(groups=["Sales"], reasons=["there is no group 'Salse' in Okta"])

    assert world.output == {"groups": {"Sales": STORED}, "reason": "there is no group 'Salse' in Okta"}
    assert world.statuses[-1] == {
        "stage": "incomplete",
        "user": "Sales",
        "reason": "there is no group 'Salse' in Okta",
    }


def test_group_that_is_not_managed_ends_the_run_with_the_reason() -> None:
    world = store({"group": "Sales"}, groups=[], reasons=["the group 'Sales' is not managed"])

    assert world.names() == ["find_managed_groups"]
    assert world.statuses[-1] == {
        "stage": "incomplete",
        "user": "no group",
        "reason": "the group 'Sales' is not managed",
    }


def test_failure_for_one_group_does_not_hinder_the_next() -> None:
    world = store(store_group=[DENIED, STORED])

    assert world.output == {"groups": {"Sales": STORED}, "reason": f"{GROUP}: {DENIED.reason}"}


def test_passing_trouble_is_waited_for_visibly_and_the_store_keeps_its_time() -> None:
    world = store(groups=["Sales"], store_group=[BUSY, BUSY, STORED])

    assert world.output["groups"] == {"Sales": STORED}
    assert world.now - NOW == timedelta(seconds=2 + 5)
    assert world.statuses[2] == {
        "stage": "storing_licenses",
        "user": "Sales",
        "reason": f"{BUSY.reason}; next attempt at 2026-09-14 10:38:43 UTC",
    }
    stored_at = {payload["details"]["stored_at"] for name, payload in world.calls if name == "store_group"}
    assert stored_at == {NOW.isoformat()}


def test_trouble_that_lasts_ends_after_a_day_with_the_reason() -> None:
    world = store(groups=["Sales"], store_group=BUSY)

    assert timedelta(hours=22) < world.now - NOW <= timedelta(hours=24)
    assert world.output == {"groups": {}, "reason": f"Sales: {BUSY.reason}"}


def test_okta_that_refuses_ends_the_store_with_the_reason() -> None:
    world = store(find_managed_groups=DENIED)

    assert world.output == {"groups": {}, "reason": f"the groups could not be found: {DENIED.reason}"}


def test_clear_empties_every_group_that_has_rows() -> None:
    world = clear({"group": None})

    assert world.names() == ["find_cataloged_groups", "clear_group"]
    assert world.output == {"groups": {GROUP: {"deleted": 500}}, "reason": None}
    assert world.statuses[-1] == {"stage": "cleared", "user": GROUP}


def test_clear_of_one_group_asks_for_that_group() -> None:
    assert clear({"group": "Sales"}).details("find_cataloged_groups") == {"group": "Sales"}


def test_clear_of_a_group_without_rows_says_so() -> None:
    nothing = {"groups": [], "reasons": ["the catalog has no rows of the group 'Sales'"]}

    world = clear({"group": "Sales"}, find_cataloged_groups=nothing)

    assert world.output == {"groups": {}, "reason": "the catalog has no rows of the group 'Sales'"}
