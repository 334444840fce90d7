"""What each flow is started with, and how it comes out of a history of weeks ago."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from lifecycle import inputs
from lifecycle.drift_evidence import Finding, Kind
from lifecycle.events import Flow, LogEvent
from lifecycle.inputs import (
    CLEAR_LICENSES,
    DELIVER_MAILS,
    FAN_OUT,
    RECONCILE_MEMBERS,
    STAMPED,
    STORE_LICENSES,
    TELL_OPERATORS,
    UNDERSTOOD,
    CatalogInput,
    DeliverInput,
    EventInput,
    FanOutInput,
    FlowInput,
    NoticeInput,
    NotUnderstood,
    ReconcileInput,
    Start,
    read_input,
    start_of,
)
from lifecycle.notices import DriftChecked, FoundDrift, GroupDeleted, LogGap

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
LEAVE = LogEvent(
    uuid="d41c7e80-9c21-11f0-b0de-15a9c4e77f11",
    published=AT,
    event_type="group.user_membership.remove",
    outcome="SUCCESS",
    okta_user_id="00u7new3Zp5Rt6Vb15d7",
    login="maya.lin@contoso.com",
    display_name="Maya Lin",
    group_id="00g2m365",
    group_name="Office 365 Assignments",
)
DRIFT = DriftChecked("reconcile_members-1", True, 7, (FoundDrift("maya.lin@contoso.com", "is in …", None),), None)
INPUTS: list[tuple[str, FlowInput]] = [
    (Flow.DEACTIVATION, EventInput.of(LEAVE)),
    (Flow.ACTIVATION, EventInput(uuid="u", published=AT, event_type="drift.activate", okta_user_id="00u1")),
    (STORE_LICENSES, CatalogInput()),
    (STORE_LICENSES, CatalogInput(group="Sales", clear_first=True)),
    (CLEAR_LICENSES, CatalogInput(group="Sales")),
    (RECONCILE_MEMBERS, ReconcileInput(apply=True)),
    (TELL_OPERATORS, NoticeInput(notice=GroupDeleted("Sales"), about="group Sales")),
    (TELL_OPERATORS, NoticeInput(notice=LogGap(AT, AT + timedelta(days=1)), about="Okta's System Log")),
    (TELL_OPERATORS, NoticeInput(notice=DRIFT, about="reconcile_members-1")),
    (DELIVER_MAILS, DeliverInput()),
    (FAN_OUT, FanOutInput(starts=(start_of(Flow.DEACTIVATION, "staged_deactivation-1", EventInput.of(LEAVE)),))),
]


def through_json(start: Start) -> object:
    """As a host keeps it."""
    return json.loads(json.dumps(start.input))


@pytest.mark.parametrize(("flow", "record"), INPUTS)
def test_input_comes_out_of_the_history_as_it_went_in(flow: str, record: FlowInput) -> None:
    start = start_of(flow, f"{flow}-1", record)

    assert (start.flow, start.instance) == (flow, f"{flow}-1")
    assert read_input(type(record), flow, through_json(start)) == record


def test_every_flow_has_an_input_and_a_version() -> None:
    assert {flow for flow, _ in INPUTS} == set(UNDERSTOOD) == set(STAMPED)


@pytest.mark.parametrize("flow", UNDERSTOOD)
def test_no_version_is_stamped_that_is_not_understood(flow: str) -> None:
    assert 1 <= STAMPED[flow] <= UNDERSTOOD[flow]


def test_start_is_stamped_with_the_version_of_its_flow_whatever_the_record_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inputs, "STAMPED", {STORE_LICENSES: 2, CLEAR_LICENSES: 1})

    assert start_of(STORE_LICENSES, "s", CatalogInput(version=1)).input["version"] == 2
    assert start_of(CLEAR_LICENSES, "c", CatalogInput(version=7)).input["version"] == 1


@pytest.mark.parametrize("data", [None, {}, {"group": None}])
def test_input_without_a_version_means_the_first(data: object) -> None:
    assert read_input(CatalogInput, STORE_LICENSES, data) == CatalogInput(version=1)


@pytest.mark.parametrize(
    ("version", "asked", "expected"), [(1, 1, True), (1, 2, False), (2, 1, True), (2, 2, True), (3, 2, True)]
)
def test_instance_follows_its_flow_as_it_is_since_its_version(version: int, asked: int, expected: bool) -> None:
    assert CatalogInput(version=version).since(asked) is expected


@pytest.mark.parametrize("flow", UNDERSTOOD)
def test_instance_of_a_newer_release_is_not_played(flow: str) -> None:
    newer = {"version": UNDERSTOOD[flow] + 1}

    with pytest.raises(NotUnderstood, match=rf"version {newer['version']} of {flow}.*it fails"):
        read_input(DeliverInput, flow, newer)


def test_version_that_is_understood_and_not_stamped_yet_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "UNDERSTOOD", {STORE_LICENSES: 2})

    assert read_input(CatalogInput, STORE_LICENSES, {"version": 2}).since(2)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"uuid": None, "published": None, "event_type": None, "okta_user_id": None},
        {"uuid": "u", "published": "yesterday", "event_type": "e", "okta_user_id": "00u1"},
        {"uuid": "u", "published": AT.isoformat(), "event_type": "e"},
        [],
        "text",
    ],
)
def test_what_is_no_event_is_refused(data: object) -> None:
    with pytest.raises(ValidationError):
        read_input(EventInput, Flow.DEACTIVATION, data)


def test_event_comes_back_without_what_an_input_does_not_keep() -> None:
    kept = EventInput.of(LEAVE)

    assert kept.event == LogEvent(
        uuid=LEAVE.uuid,
        published=LEAVE.published,
        event_type=LEAVE.event_type,
        okta_user_id=LEAVE.okta_user_id,
        login=LEAVE.login,
        group_id=LEAVE.group_id,
        group_name=LEAVE.group_name,
    )
    assert "Maya Lin" not in json.dumps(start_of(Flow.DEACTIVATION, "s", kept).input)


def test_only_an_event_that_was_found_says_who_caused_it() -> None:
    event = replace(LEAVE, actor="hr-import@contoso.com")

    assert EventInput.of(event).actor is None
    assert EventInput.of(event, found=True).event.actor == "hr-import@contoso.com"


def test_event_that_names_no_user_is_no_input() -> None:
    with pytest.raises(ValueError, match="names no user"):
        EventInput.of(LogEvent("u", AT, "group.lifecycle.delete"))


FINDING = Finding(Kind.PAST_DUE, "00u1", "maya.lin@contoso.com", "the licenses were to go", Flow.DEACTIVATION)


@pytest.mark.parametrize(
    ("asked", "kind", "included"),
    [
        (ReconcileInput(), Kind.PAST_DUE, True),
        (ReconcileInput(), Kind.DISABLED_BY_OTHERS, False),
        (ReconcileInput(findings=(Kind.DISABLED_BY_OTHERS,)), Kind.DISABLED_BY_OTHERS, True),
        (ReconcileInput(findings=(Kind.DISABLED_BY_OTHERS,)), Kind.PAST_DUE, False),
        (ReconcileInput(members=("00u1",)), Kind.PAST_DUE, True),
        (ReconcileInput(members=("maya.lin@contoso.com", "00u2")), Kind.PAST_DUE, True),
        (ReconcileInput(members=("00u2",)), Kind.PAST_DUE, False),
        (ReconcileInput(members=("00u1",)), Kind.DISABLED_BY_OTHERS, False),
    ],
)
def test_what_is_mended_is_what_was_asked_for_and_never_by_default_what_somebody_else_disabled(
    asked: ReconcileInput, kind: Kind, included: bool
) -> None:
    assert asked.includes(replace(FINDING, kind=kind)) is included
