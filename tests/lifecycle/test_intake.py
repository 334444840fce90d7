"""What a delivery comes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lifecycle.events import LogEvent
from lifecycle.intake import Intake, chunks, fan_out, plan_intake

LEAVE = LogEvent(
    uuid="u1",
    published=datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC),
    event_type="group.user_membership.remove",
    okta_user_id="00u7new3Zp5Rt6Vb15d7",
    group_id="00g2m365Abc9Qwe15d7",
)
JOIN = replace(
    LEAVE, uuid="u2", event_type="group.user_membership.add", published=LEAVE.published + timedelta(seconds=1)
)


def plan(*events: LogEvent) -> Intake:
    return plan_intake(events, lambda group_id, _: group_id == "00g2m365Abc9Qwe15d7", deactivate_on_suspend=False)


def test_oldest_event_is_started_first() -> None:
    intake = plan(JOIN, LEAVE)

    assert [start.instance for start in intake.starts] == ["staged_deactivation-u1", "activation-u2"]


def test_event_that_comes_twice_in_one_delivery_is_started_once() -> None:
    intake = plan(LEAVE, LEAVE)

    assert (len(intake.starts), intake.duplicate) == (1, 1)


def test_event_of_another_group_is_ignored() -> None:
    intake = plan(replace(LEAVE, group_id="00gOther"))

    assert (intake.starts, intake.ignored) == ((), 1)


def test_deletion_of_a_managed_group_is_told_and_deactivates_nobody() -> None:
    intake = plan(replace(LEAVE, event_type="group.lifecycle.delete", okta_user_id=None))

    assert [start.instance for start in intake.starts] == ["group_deleted-u1"]


def test_same_delivery_makes_the_same_fan_out() -> None:
    starts = plan(JOIN, LEAVE).starts

    assert fan_out(starts, "5f0c0b0e").instance == "fan_out-5f0c0b0e"
    assert fan_out(starts, "").instance == fan_out(starts, "").instance
    assert fan_out(starts, "").instance != fan_out(starts[:1], "").instance


def test_chunks_hold_everything_in_order() -> None:
    assert list(chunks([1, 2, 3, 4, 5], size=2)) == [[1, 2], [3, 4], [5]]
