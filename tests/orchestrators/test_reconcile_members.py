"""The drift check: all is read before anything is started, and what cannot be read ends it."""

from datetime import timedelta

import pytest
from pydantic import JsonValue

from activities.drift import (
    compare_with_tenant,
    find_groups_to_check,
    forget_readings,
    list_first_findings,
    read_group,
    start_mending,
    store_roster,
)
from activities.intake import start_instances
from lifecycle.drift_evidence import DriftCounts, Finding, Kind, ReadGroup
from lifecycle.drift_report import mail_start
from lifecycle.entitlement import Group
from lifecycle.events import Flow
from lifecycle.inputs import FlowInput, ReconcileInput
from lifecycle.retries import Failure
from orchestrators.reconcile_members import reconcile_members
from tests.orchestrators.driver import NOW, Answers, World, answer, done, drive, names, sent

RUN = "reconcile_members-1"
OFFICE = Group("00g2m365", "Office 365 Assignments")
VISIO = Group("00g2visio", "Visio Users")
OFFICE_READ = ReadGroup(OFFICE.id, OFFICE.name, parts=2, members=700, entitled=690)
VISIO_READ = ReadGroup(VISIO.id, VISIO.name, parts=1, members=70, entitled=70)
DENIED = Failure("Okta was asked to GET /api/v1/groups and answered 403", permanent=True)
BUSY = Failure("Microsoft Graph was asked to list the users and answered 503", permanent=False)
READING = names(find_groups_to_check, read_group, read_group, compare_with_tenant, store_roster)
APPLY = ReconcileInput(apply=True)
FINDING = Finding(Kind.PAST_DUE, "00u7", "maya.lin@contoso.com", "the licenses were to go", Flow.DEACTIVATION)
SHOWN = {
    "kind": "past_due",
    "okta_user_id": "00u7",
    "login": "maya.lin@contoso.com",
    "finding": "the licenses were to go",
    "flow": "staged_deactivation",
    "started": None,
    "not_started": None,
}


def found(count: int) -> DriftCounts:
    return DriftCounts(entitled=1380, findings=count, kinds={Kind.PAST_DUE.value: count})


def check(*answers: Answers, given: FlowInput | JsonValue = None, count: int = 0) -> World:
    return drive(
        reconcile_members,
        answer(find_groups_to_check, (OFFICE, VISIO)),
        answer(read_group, OFFICE_READ, VISIO_READ),
        answer(compare_with_tenant, found(count)),
        answer(start_mending, 50),
        *done(store_roster),
        answer(forget_readings, 4),
        answer(list_first_findings, (FINDING,) * min(count, 100)),
        answer(start_instances, 1),
        *answers,
        given=given,
        instance=RUN,
    )


def test_check_that_finds_nothing_reads_all_groups_and_tells_nobody() -> None:
    world = check(given=APPLY)

    assert world.names() == [*READING, forget_readings.name]
    assert [step.details for step in world.calls(read_group)] == [sent(read_group, group=g) for g in (OFFICE, VISIO)]
    assert world.details(compare_with_tenant) == sent(
        compare_with_tenant, groups=(OFFICE_READ, VISIO_READ), began_at=NOW
    )
    assert world.output == {
        "run": RUN,
        "apply": True,
        "reason": None,
        "counts": {"entitled": 1380, "known": 0, "without_account": 0, "findings": 0, "past_due": 0},
        "findings": [],
    }


def test_progress_is_shown_group_by_group() -> None:
    assert check().statuses == [
        {"stage": "finding_groups", "user": None, "about": "all managed groups"},
        {"stage": "reading_group", "user": None, "about": "Office 365 Assignments"},
        {"stage": "reading_group", "user": None, "about": "Visio Users"},
        {"stage": "comparing", "user": None, "about": "all accounts"},
        {"stage": "comparing", "user": None, "about": "all accounts"},
        {"stage": "checked", "user": None, "about": "0 people"},
    ]


@pytest.mark.parametrize("given", [None, {}, {"apply": False}], ids=["nothing", "an empty object", "no"])
def test_check_is_dry_unless_apply_is_asked_for(given: JsonValue) -> None:
    world = check(given=given, count=2)

    assert world.names() == [*READING, *names(forget_readings, list_first_findings, start_instances)]
    assert (world.output["apply"], world.output["findings"]) == (False, [SHOWN, SHOWN])


def test_operators_are_told_once_by_a_run_of_its_own() -> None:
    world = check(count=2)

    told = mail_start(RUN, applied=False, count=2, findings=(FINDING, FINDING), reason=None)
    assert (told.flow, told.instance) == ("tell_operators", f"drift_checked-{RUN}")
    assert world.details(start_instances) == sent(start_instances, starts=(told,))


def test_apply_starts_the_flows_in_chunks_and_all_steps_know_when_the_check_began() -> None:
    world = check(answer(compare_with_tenant, BUSY, found(120)), given=APPLY, count=120)

    chunks = [step.details for step in world.calls(start_mending)]
    assert chunks == [
        sent(start_mending, first=first, end=end, began_at=NOW, asked=APPLY)
        for first, end in ((0, 50), (50, 100), (100, 120))
    ]
    assert {"stage": "starting_flows", "user": None, "about": "100 of 120 people"} in world.statuses


def test_check_that_had_to_wait_judges_by_when_it_began() -> None:
    world = check(answer(read_group, BUSY, OFFICE_READ, VISIO_READ), given=APPLY, count=1)

    assert world.seconds(compare_with_tenant) == [2]
    assert world.details(compare_with_tenant)["began_at"] == world.details(start_mending)["began_at"]
    assert world.details(compare_with_tenant) == sent(
        compare_with_tenant, groups=(OFFICE_READ, VISIO_READ), began_at=NOW
    )


def test_passing_trouble_is_waited_for_visibly() -> None:
    world = check(answer(compare_with_tenant, BUSY, BUSY, found(0)))

    assert world.now - NOW == timedelta(seconds=2 + 5)
    assert world.output["reason"] is None
    shown = f"{BUSY.reason}; next attempt at 2026-09-14 10:38:43 UTC"
    assert {"stage": "comparing", "user": None, "about": "all accounts", "reason": shown} in world.statuses


def test_group_that_cannot_be_read_ends_the_check_with_nothing_started_and_the_reason_mailed() -> None:
    world = check(answer(read_group, OFFICE_READ, DENIED), given=APPLY)

    reason = f"reading group (Visio Users): {DENIED.reason}"
    assert world.names() == names(find_groups_to_check, read_group, read_group, forget_readings, start_instances)
    assert (world.output["reason"], world.output["findings"]) == (reason, [])
    assert world.statuses[-1] == {"stage": "incomplete", "user": None, "about": "0 people", "reason": reason}
    told = mail_start(RUN, applied=True, count=0, findings=(), reason=reason)
    assert world.details(start_instances) == sent(start_instances, starts=(told,))


def test_groups_that_cannot_be_found_end_the_check() -> None:
    world = check(answer(find_groups_to_check, DENIED), given=APPLY)

    assert world.names() == names(find_groups_to_check, forget_readings, start_instances)
    assert world.output["reason"] == f"finding groups (all managed groups): {DENIED.reason}"


def test_trouble_that_lasts_ends_the_check_after_a_day() -> None:
    world = check(answer(compare_with_tenant, BUSY), given=APPLY)

    assert timedelta(hours=22) < world.now - NOW <= timedelta(hours=24)
    assert not world.times(start_mending)
    assert world.output["reason"] == f"comparing (all accounts): {BUSY.reason}"


def test_flows_that_cannot_be_started_are_reported_beside_those_that_were() -> None:
    world = check(answer(start_mending, 50, DENIED), given=APPLY, count=120)

    assert world.times(start_mending) == 2
    assert len(world.output["findings"]) == 100
    assert world.output["reason"] == f"starting flows (100 of 120 people): {DENIED.reason}"
    assert world.statuses[-1]["stage"] == "incomplete"


def test_readings_that_cannot_be_forgotten_and_a_mail_that_cannot_be_started_do_not_hide_the_result() -> None:
    no_table = RuntimeError("no table")
    world = check(answer(forget_readings, no_table), answer(start_instances, DENIED), count=1)

    assert world.times(forget_readings) == 1
    assert world.output["findings"] == [SHOWN]
    assert world.output["reason"] == f"summing up (one person): {DENIED.reason}"


def test_every_reason_is_told_when_two_things_could_not_be_done() -> None:
    world = check(answer(compare_with_tenant, DENIED), answer(start_instances, DENIED))

    assert world.output["reason"] == (
        f"comparing (all accounts): {DENIED.reason}; summing up (0 people): {DENIED.reason}"
    )
