"""The drift check: all is read before anything is started, and what cannot be read ends it."""

from datetime import timedelta
from typing import Any

from lifecycle.retries import Failure
from orchestrators.reconcile_members import reconcile_members
from tests.orchestrators.driver import NOW, World, drive

OFFICE = {"id": "00g2m365", "name": "Office 365 Assignments"}
VISIO = {"id": "00g2visio", "name": "Visio Users"}
READ = {"parts": 2, "members": 700, "entitled": 690}
DENIED = Failure("Okta was asked to GET /api/v1/groups and answered 403", permanent=True)
BUSY = Failure("Microsoft Graph was asked to list the users and answered 503", permanent=False)
READING = ["find_groups_to_check", "read_group", "read_group", "compare_with_tenant"]
FINDING = {
    "kind": "past_due",
    "okta_user_id": "00u7",
    "login": "maya.lin@contoso.com",
    "finding": "the licenses were to go",
    "flow": "staged_deactivation",
    "started": None,
    "not_started": None,
}


def check(asked: Any = None, *, count: int = 0, **answers: Any) -> World:
    usual: dict[str, Any] = {
        "find_groups_to_check": [[OFFICE, VISIO]],
        "read_group": READ,
        "compare_with_tenant": {"entitled": 1380, "findings": count, "past_due": count},
        "start_mending": 50,
        "forget_readings": 4,
        "list_first_findings": [[FINDING] * min(count, 100)],
        "start_instances": 1,
    }
    world = World(answers=usual | answers, input=asked, instance_id="reconcile_members-1")
    return drive(reconcile_members._function.get_user_function().orchestrator_function, world)


def test_check_that_finds_nothing_reads_all_groups_and_tells_nobody() -> None:
    world = check({"apply": True})

    assert world.names() == [*READING, "forget_readings"]
    assert world.details("compare_with_tenant")["groups"] == [OFFICE | READ, VISIO | READ]
    assert world.output == {
        "run": "reconcile_members-1",
        "apply": True,
        "reason": None,
        "counts": {"entitled": 1380, "findings": 0, "past_due": 0},
        "findings": [],
    }


def test_progress_is_shown_group_by_group() -> None:
    assert check().statuses == [
        {"stage": "finding_groups", "user": "all managed groups"},
        {"stage": "reading_group", "user": "Office 365 Assignments"},
        {"stage": "reading_group", "user": "Visio Users"},
        {"stage": "comparing", "user": "all accounts"},
        {"stage": "checked", "user": "0 people"},
    ]


def test_check_is_dry_unless_apply_is_asked_for() -> None:
    for asked in (None, {}, {"apply": False}):
        world = check(asked, count=2)

        assert world.names() == [*READING, "forget_readings", "list_first_findings", "start_instances"]
        assert (world.output["apply"], world.output["findings"]) == (False, [FINDING, FINDING])


def test_operators_are_told_once_by_a_run_of_its_own() -> None:
    [[flow, instance, told]] = check(count=2).details("start_instances")["starts"]

    assert (flow, instance) == ("tell_operators", "drift_checked-reconcile_members-1")
    assert (told["kind"], told["facts"]["people"], told["facts"]["applied"]) == ("drift_checked", "2 people", False)


def test_apply_starts_the_flows_in_chunks_and_all_steps_know_when_the_check_began() -> None:
    world = check({"apply": True}, count=120, compare_with_tenant=[BUSY, {"findings": 120}])

    chunks = [payload["details"] for name, payload in world.calls if name == "start_mending"]
    assert [(each["first"], each["end"]) for each in chunks] == [(0, 50), (50, 100), (100, 120)]
    assert {each["began_at"] for each in chunks} == {NOW.isoformat()}
    assert {"stage": "starting_flows", "user": "100 of 120 people"} in world.statuses


def test_passing_trouble_is_waited_for_visibly() -> None:
    world = check(compare_with_tenant=[BUSY, BUSY, {"findings": 0}])

    assert world.now - NOW == timedelta(seconds=2 + 5)
    assert world.output["reason"] is None
    shown = f"{BUSY.reason}; next attempt at 2026-09-14 10:38:43 UTC"
    assert {"stage": "comparing", "user": "all accounts", "reason": shown} in world.statuses


def test_group_that_cannot_be_read_ends_the_check_with_nothing_started_and_the_reason_mailed() -> None:
    world = check({"apply": True}, read_group=[READ, DENIED])

    reason = f"reading group (Visio Users): {DENIED.reason}"
    assert world.names() == ["find_groups_to_check", "read_group", "read_group", "forget_readings", "start_instances"]
    assert (world.output["reason"], world.output["findings"]) == (reason, [])
    assert world.statuses[-1] == {"stage": "incomplete", "user": "0 people", "reason": reason}
    assert world.details("start_instances")["starts"][0][2]["facts"]["reason"] == reason


def test_trouble_that_lasts_ends_the_check_after_a_day() -> None:
    world = check({"apply": True}, compare_with_tenant=BUSY)

    assert timedelta(hours=22) < world.now - NOW <= timedelta(hours=24)
    assert "start_mending" not in world.names()
    assert world.output["reason"] == f"comparing (all accounts): {BUSY.reason}"


def test_flows_that_cannot_be_started_are_reported_beside_those_that_were() -> None:
    world = check({"apply": True}, count=120, start_mending=[50, DENIED])

    assert world.names().count("start_mending") == 2
    assert len(world.output["findings"]) == 100
    assert world.output["reason"] == f"starting flows (100 of 120 people): {DENIED.reason}"
    assert world.statuses[-1]["stage"] == "incomplete"


def test_readings_that_cannot_be_forgotten_and_a_mail_that_cannot_be_started_do_not_hide_the_result() -> None:
    world = check(count=1, forget_readings=RuntimeError("no table"), start_instances=DENIED)

    assert world.output["findings"] == [FINDING]
    assert world.output["reason"] == f"summing up (one person): {DENIED.reason}"
