"""What the health checks make of what they see: places, clocks, names that are nearly right, permissions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.events import EVENT_TYPES
from lifecycle.health import (
    Check,
    LastDriftCheck,
    Outcome,
    failed,
    judge_catch_up,
    judge_clock,
    judge_drift_check,
    ok,
    warning,
    worst,
)
from lifecycle.health_graph import PERMISSIONS, READ_SKUS, judge_permissions
from lifecycle.health_okta import EventHook, judge_hook, near_miss, origin_of
from lifecycle.system_log import Place

NOW = datetime(2026, 9, 14, 10, 38, tzinfo=UTC)
HERE = "https://offstage.azurewebsites.net"
HOOK = EventHook("Offstage", "ACTIVE", "VERIFIED", f"{HERE}/api/okta/events", EVENT_TYPES, {})


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([], Outcome.OK),
        ([ok("a", "")], Outcome.OK),
        ([ok("a", ""), warning("b", "", "")], Outcome.WARNING),
        ([failed("a", "", ""), warning("b", "", "")], Outcome.FAILED),
    ],
)
def test_the_whole_stands_as_its_worst_part(outcomes: list[Check], whole: Outcome) -> None:
    assert worst(outcomes) is whole


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(0, "ok"), (60, "ok"), (-60, "ok"), (61, "warning"), (-300, "warning"), (301, "failed"), (-301, "failed")],
)
def test_a_clock_may_differ_by_a_minute_and_must_not_by_more_than_five(seconds: int, outcome: str) -> None:
    assert judge_clock("Okta", NOW + timedelta(seconds=seconds), NOW).outcome == outcome


@pytest.mark.parametrize(
    ("polled", "read_to", "outcome"),
    [
        (timedelta(minutes=15), timedelta(minutes=20), "ok"),
        (timedelta(minutes=16), timedelta(minutes=16), "failed"),
        (timedelta(minutes=5), timedelta(hours=2), "warning"),
    ],
)
def test_catch_up_has_to_run_and_to_come_near_the_present(polled: timedelta, read_to: timedelta, outcome: str) -> None:
    place = Place("next", NOW - read_to, NOW - polled)

    assert judge_catch_up(place, NOW).outcome == outcome


def test_catch_up_and_the_drift_check_of_a_new_app_are_no_failures() -> None:
    assert judge_catch_up(None, NOW).outcome is Outcome.WARNING
    assert judge_drift_check(None, NOW).outcome is Outcome.WARNING


@pytest.mark.parametrize(("hours", "findings", "outcome"), [(36, 0, "ok"), (37, 0, "failed"), (1, 1, "warning")])
def test_a_drift_check_has_to_come_to_its_end_every_night(hours: int, findings: int, outcome: str) -> None:
    last = LastDriftCheck(NOW - timedelta(hours=hours), findings, {"past_due": findings})

    assert judge_drift_check(last, NOW).outcome == outcome


@pytest.mark.parametrize(
    ("wanted", "others", "meant"),
    [
        ("Office 365 assignments", ["Everyone", "Office 365 Assignments"], "Office 365 Assignments"),
        ("Office 365  Assignments ", ["Office 365 Assignments"], "Office 365 Assignments"),
        ("Ofice 365 Asignments", ["Office 365 Assignments", "Office 365 Archive"], "Office 365 Assignments"),
        ("M365-E3", ["M365-E5", "M365-E3 "], "M365-E3 "),
        ("Interns", ["Everyone", "Contractors"], None),
        ("Interns", [], None),
    ],
)
def test_the_name_that_may_be_meant_is_the_one_most_alike(wanted: str, others: list[str], meant: str | None) -> None:
    assert near_miss(wanted, others) == meant


@pytest.mark.parametrize("here", [set[str](), {HERE}, {HERE, "https://offboarding.contoso.com"}])
def test_a_hook_that_leads_here_and_brings_everything_is_enough(here: set[str]) -> None:
    old = replace(HOOK, name="Old", status="INACTIVE")
    other = replace(HOOK, name="Another's", uri="https://siem.contoso.com/okta")

    assert judge_hook([other, old, HOOK], here, ["00g1"]).outcome is Outcome.OK


def test_a_hook_of_somebody_else_is_none_of_ours() -> None:
    found = judge_hook([replace(HOOK, name="SIEM", uri="https://siem.contoso.com/okta")], {HERE}, []).found

    assert "SIEM" not in found


def test_a_filter_has_to_name_every_managed_group() -> None:
    both = dict.fromkeys(("group.user_membership.add", "group.user_membership.remove"), "id eq '00g1' || id eq '00g2'")

    assert judge_hook([replace(HOOK, filters=both)], {HERE}, ["00g1", "00g2"]).outcome is Outcome.OK
    assert "00g3" in judge_hook([replace(HOOK, filters=both)], {HERE}, ["00g1", "00g2", "00g3"]).found


def test_this_machine_has_one_name_and_hosts_have_no_capitals() -> None:
    assert origin_of("http://localhost:7071/api/health/details?code=x") == origin_of("http://127.0.0.1:7071")
    assert origin_of("https://Offstage.AzureWebsites.net/api") == HERE


def outcomes(roles: set[str] | None, *, is_person: bool = False, is_stand_in: bool = False) -> set[str]:
    found = frozenset(roles) if roles is not None else None
    return {str(check.outcome) for check in judge_permissions(found, {}, is_person=is_person, is_stand_in=is_stand_in)}


def test_the_wider_permissions_do_as_well() -> None:
    assert outcomes({"Directory.ReadWrite.All"}) == {"ok"}
    assert outcomes({permission.name for permission in PERMISSIONS}) == {"ok"}
    assert outcomes(set()) == {"failed"}


def test_what_a_token_does_not_show_is_no_failure() -> None:
    assert outcomes(None) == {"ok", "warning"}
    assert outcomes(None, is_person=True) == {"ok", "warning"}
    assert outcomes(None, is_stand_in=True) == {"ok"}


def test_a_reading_that_was_refused_counts_more_than_what_the_token_shows() -> None:
    roles = frozenset(permission.name for permission in PERMISSIONS)

    checks = judge_permissions(roles, {READ_SKUS: "answered 403"}, is_person=False, is_stand_in=False)

    assert [check.name for check in checks if check.outcome is Outcome.FAILED] == [f"Graph permission {READ_SKUS.name}"]
