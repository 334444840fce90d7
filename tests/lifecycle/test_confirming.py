"""Which delivered events are looked for, where in the log, and which of its entries counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from lifecycle import confirming
from lifecycle.confirming import LogStanding, Window
from lifecycle.events import Flow, LogEvent
from lifecycle.inputs import EventInput

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
LEAVE = LogEvent(
    uuid="u1",
    published=AT,
    event_type="group.user_membership.remove",
    outcome="SUCCESS",
    okta_user_id="00u7new3Zp5Rt6Vb15d7",
    login="maya.lin@contoso.com",
    group_id="00gOffice",
    group_name="Office",
)
A_MOMENT = timedelta(milliseconds=1)


def manages(group_id: str | None, name: str | None) -> bool:
    return group_id == "00gOffice"


def as_found(entry: LogEvent, flow: Flow, *, deactivate_on_suspend: bool = False) -> EventInput | None:
    return confirming.as_found(entry, flow, manages, deactivate_on_suspend=deactivate_on_suspend)


@pytest.mark.parametrize(
    ("published", "is_far"),
    [
        (AT, False),
        (AT + timedelta(hours=1), False),
        (AT + timedelta(hours=1) + A_MOMENT, True),
        (AT - timedelta(days=400), False),
        (datetime.max.replace(tzinfo=UTC), True),
        (datetime.min.replace(tzinfo=UTC), False),
    ],
)
def test_delivery_from_more_than_an_hour_ahead_is_none(published: datetime, is_far: bool) -> None:
    assert confirming.is_far_ahead(replace(LEAVE, published=published), AT) is is_far


def test_log_is_given_an_hour() -> None:
    assert confirming.last_look_at(AT) == AT + timedelta(hours=1)


def test_waits_between_two_looks_grow_to_an_hour_and_never_end() -> None:
    waits = [wait.total_seconds() for wait in islice(confirming.look_waits(), 100)]

    assert waits[:8] == [2, 5, 15, 60, 300, 900, 3600, 3600]
    assert set(waits[8:]) == {3600}


def test_all_events_of_a_minute_are_in_one_window_which_reaches_beyond_it() -> None:
    begins = AT.replace(second=0, microsecond=0)
    instants = [begins, AT, begins + timedelta(minutes=1) - A_MOMENT]

    assert {confirming.window_around(instant) for instant in instants} == {
        Window(begins - timedelta(seconds=1), begins + timedelta(seconds=61))
    }
    assert confirming.window_around(begins + timedelta(minutes=1)).since == begins + timedelta(seconds=59)


def test_last_look_reaches_an_hour_to_both_sides_of_the_event() -> None:
    an_hour = timedelta(hours=1)

    assert confirming.window_of_last_look(AT, AT + an_hour) == Window(AT - an_hour, AT + an_hour)


def test_last_look_goes_no_further_back_than_the_log() -> None:
    now = AT + timedelta(days=90)

    assert confirming.window_of_last_look(AT, now) == Window(AT, AT + timedelta(hours=1))
    assert confirming.window_of_last_look(AT, now + A_MOMENT) is None
    assert confirming.window_of_last_look(datetime.min.replace(tzinfo=UTC), now) is None


def test_one_event_is_asked_for_by_its_uuid() -> None:
    assert confirming.uuid_filter("d41c7e80-9c21") == 'uuid eq "d41c7e80-9c21"'


def test_entry_of_the_log_is_what_the_run_goes_on_with() -> None:
    assert as_found(LEAVE, Flow.DEACTIVATION) == EventInput.of(LEAVE, found=True)


@pytest.mark.parametrize(
    "entry",
    [
        replace(LEAVE, event_type="group.user_membership.add"),
        replace(LEAVE, event_type="user.session.start"),
        replace(LEAVE, event_type="group.lifecycle.delete"),
        replace(LEAVE, outcome="FAILURE"),
        replace(LEAVE, okta_user_id=None),
        replace(LEAVE, group_id="00gPartners"),
        replace(LEAVE, event_type="user.lifecycle.suspend"),
    ],
)
def test_entry_that_would_not_have_started_the_flow_counts_as_none(entry: LogEvent) -> None:
    assert as_found(entry, Flow.DEACTIVATION) is None


def test_suspension_counts_where_the_settings_say_so() -> None:
    suspended = replace(LEAVE, event_type="user.lifecycle.suspend")

    assert as_found(suspended, Flow.DEACTIVATION, deactivate_on_suspend=True) == EventInput.of(suspended, found=True)


@pytest.mark.parametrize(
    ("stage", "is_finished", "standing"),
    [
        (None, False, LogStanding.AWAITING_LOG),  # just started
        ("awaiting_log", False, LogStanding.AWAITING_LOG),
        ("claiming", False, LogStanding.HAS_RUN),
        ("grace_period", False, LogStanding.HAS_RUN),
        ("needs_attention", False, LogStanding.HAS_RUN),
        ("unseen", True, LogStanding.UNSEEN),
        ("awaiting_log", True, LogStanding.UNSEEN),  # terminated by hand
        ("unlicensed", True, LogStanding.HAS_RUN),
        ("superseded", True, LogStanding.HAS_RUN),
        (None, True, LogStanding.HAS_RUN),  # failed before its first step, as one of a newer release does
    ],
)
def test_run_counts_as_one_once_it_is_past_the_log(stage: str | None, is_finished: bool, standing: LogStanding) -> None:
    assert confirming.standing_of(stage, is_finished=is_finished) is standing
