"""What a delivery comes to."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.events import LogEvent
from lifecycle.inputs import FAN_OUT, EventInput, FanOutInput, NoticeInput, Start, read_input
from lifecycle.intake import Intake, chunks, fan_out, plan_intake
from lifecycle.notices import GroupDeleted

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

DELETION = replace(LEAVE, event_type="group.lifecycle.delete", okta_user_id=None, group_name="Office 365")


def plan(*events: LogEvent, found: bool = False) -> Intake:
    return plan_intake(events, is_managed, deactivate_on_suspend=False, found=found)


def is_managed(group_id: str | None, name: str | None) -> bool:
    return group_id == "00g2m365Abc9Qwe15d7"


def test_oldest_event_is_started_first() -> None:
    intake = plan(JOIN, LEAVE)

    assert [start.instance for start in intake.starts] == ["staged_deactivation-u1", "activation-u2"]


def test_event_that_comes_twice_in_one_delivery_is_started_once() -> None:
    intake = plan(LEAVE, LEAVE)

    assert (len(intake.starts), intake.duplicate) == (1, 1)


def test_event_of_another_group_is_ignored() -> None:
    intake = plan(replace(LEAVE, group_id="00gOther"))

    assert (intake.starts, intake.ignored) == ((), 1)


def test_event_about_several_is_ignored_and_named() -> None:
    ambiguous = replace(LEAVE, uuid="u3", okta_user_id=None, is_ambiguous=True)

    intake = plan(ambiguous, LEAVE, replace(ambiguous, uuid="u4", event_type="user.session.start"))

    assert (len(intake.starts), intake.ignored, intake.ambiguous) == (1, 2, ("u3",))


@pytest.mark.parametrize("found", [False, True])
def test_input_says_whether_the_log_has_the_event_or_a_delivery_alone(found: bool) -> None:
    (start,) = plan(LEAVE, found=found).starts

    assert read_input(EventInput, start.flow, start.input) == EventInput.of(LEAVE, found=found)


def test_deletion_of_a_managed_group_that_was_only_delivered_is_told_to_nobody() -> None:
    assert plan(DELETION) == Intake((), duplicate=0, ignored=1)


def test_deletion_of_a_managed_group_that_the_log_has_is_told_and_deactivates_nobody() -> None:
    (start,) = plan(DELETION, found=True).starts

    assert (start.flow, start.instance) == ("tell_operators", "group_deleted-u1")
    notice = read_input(NoticeInput, start.flow, start.input)
    assert (notice.notice, notice.about) == (GroupDeleted("Office 365"), "group Office 365")


def test_same_delivery_makes_the_same_fan_out() -> None:
    starts = plan(JOIN, LEAVE).starts

    assert fan_out(starts, "5f0c0b0e").instance == "fan_out-5f0c0b0e"
    assert fan_out(starts, "").instance == fan_out(starts, "").instance
    assert fan_out(starts, "").instance != fan_out(starts[:1], "").instance


def test_fan_out_carries_every_start_through_json() -> None:
    starts = plan(JOIN, LEAVE).starts

    start = fan_out(starts, "5f0c0b0e")

    assert read_input(FanOutInput, FAN_OUT, json.loads(json.dumps(start.input))).starts == starts


def test_chunks_hold_everything_in_order() -> None:
    one, two, three = (Start("activation", f"activation-{number}", {}) for number in range(3))

    assert list(chunks((one, two, three), size=2)) == [(one, two), (three,)]
