"""What is read out of Okta's deliveries, and which flow each event starts."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import (
    EVENT_TYPES,
    Flow,
    LogEvent,
    MalformedDelivery,
    flow_for,
    instance_id,
    is_managed_group_deletion,
    parse_delivery,
    parse_log_event,
)

PAYLOADS = Path(__file__).parent.parent / "payloads"
GROUP_ID = "00g2m365Abc9Qwe15d7"
GROUP_NAME = "Office 365 Assignments"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def raw_event(**differing: Any) -> dict[str, Any]:
    event: dict[str, Any] = payload("membership_remove")["data"]["events"][0]
    return event | differing


def delivery_of(*events: Any) -> dict[str, Any]:
    return {"eventType": "com.okta.event_hook", "eventId": "e1", "data": {"events": list(events)}}


def log_event(event_type: str = "group.user_membership.remove", **differing: Any) -> LogEvent:
    event = LogEvent(
        uuid="d41c7e80-9c21-11f0-b0de-15a9c4e77f11",
        published=datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC),
        event_type=event_type,
        outcome="SUCCESS",
        okta_user_id="00u7new3Zp5Rt6Vb15d7",
        login="maya.lin@contoso.com",
        display_name="Maya Lin",
        group_id=GROUP_ID,
        group_name=GROUP_NAME,
        actor="HR Sync",
    )
    return replace(event, **differing)


def manages(group_id: str | None, group_name: str | None) -> bool:
    return group_name == GROUP_NAME


def flow(event: LogEvent, *, deactivate_on_suspend: bool = False) -> Flow | None:
    return flow_for(event, manages, deactivate_on_suspend=deactivate_on_suspend)


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ({"type": "User", "alternateId": "noor@contoso.com", "displayName": "Noor"}, "noor@contoso.com"),
        ({"type": "PublicClientApp", "alternateId": "0oa8svc2", "displayName": "HR import"}, "HR import"),
        ({"displayName": "Okta System"}, "Okta System"),
        ({"alternateId": "a\u202e\r\nb"}, "a b"),
        ({"alternateId": "x" * 300}, "x" * 99 + "…"),
        ({"alternateId": 7}, None),
        ({"alternateId": "\u202e"}, None),
        (None, None),
        ("hr", None),
    ],
)
def test_who_caused_an_event_is_one_visible_line(actor: object, expected: str | None) -> None:
    (event,) = parse_delivery(delivery_of(raw_event(actor=actor))).events

    assert event.actor == expected


def test_a_membership_event_is_read_whole() -> None:
    delivery = parse_delivery(payload("membership_remove"))

    assert delivery.event_id == "b7a7d9c4-0a11-4f0e-8d0c-3f1f5a6e9921"
    assert len(delivery.events) == 2
    assert delivery.events[0] == log_event()


@pytest.mark.parametrize(
    ("name", "flows"),
    [
        ("membership_add", [Flow.ACTIVATION, Flow.ACTIVATION]),
        ("membership_remove", [Flow.DEACTIVATION, Flow.DEACTIVATION]),
        ("user_deactivated", [Flow.DEACTIVATION]),
        ("group_deleted", [None]),
        ("preview", [None]),
        ("empty_batch", []),
    ],
)
def test_each_recorded_delivery_starts_its_flows(name: str, flows: list[Flow | None]) -> None:
    delivery = parse_delivery(payload(name))

    assert [flow(event) for event in delivery.events] == flows
    assert delivery.unreadable == 0


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"data": None},
        {"data": {"events": None}},
        {"data": {"events": {}}},
        {"data": {"events": [None]}},
        {"data": {"events": ["event"]}},
        {"data": {"events": []}, "eventType": "com.okta.oauth2.tokens.transform"},
        {"data": {"events": []}, "eventType": 7},
    ],
)
def test_what_cannot_be_a_delivery_is_malformed(body: object) -> None:
    with pytest.raises(MalformedDelivery):
        parse_delivery(body)


@given(JSON_VALUES)
def test_no_json_value_breaks_the_parser(body: object) -> None:
    try:
        delivery = parse_delivery(body)
    except MalformedDelivery:
        return

    assert isinstance(body, dict)
    assert len(delivery.events) + delivery.unreadable == len(body["data"]["events"])


@given(st.dictionaries(st.sampled_from([*raw_event(), "extra"]), JSON_VALUES))
def test_no_value_inside_an_event_breaks_the_parser(differing: dict[str, Any]) -> None:
    delivery = parse_delivery(delivery_of(raw_event(**differing)))

    for event in delivery.events:
        json.dumps([event.uuid, event.login, event.group_name], ensure_ascii=False).encode("utf-8")
        assert event.published.tzinfo is UTC


@pytest.mark.parametrize("missing", ["uuid", "published", "eventType"])
@pytest.mark.parametrize("value", [None, "", 7, "not\nusable\x00" * 99])
def test_an_entry_without_what_every_event_has_is_unreadable(missing: str, value: object) -> None:
    delivery = parse_delivery(delivery_of(raw_event(**{missing: value}), raw_event()))

    assert (len(delivery.events), delivery.unreadable) == (1, 1)


def test_a_delivery_without_event_id_has_an_empty_one() -> None:
    assert parse_delivery(delivery_of() | {"eventId": None}).event_id == ""


def test_targets_are_found_by_type_and_not_by_place() -> None:
    targets = raw_event()["target"]
    shuffled = raw_event(target=[None, {"id": "0oa1", "type": "AppInstance"}, *reversed(targets), 7])

    assert parse_log_event(shuffled) == log_event()


@pytest.mark.parametrize("target", [None, [], {}, "x", [[]], [{"type": ["User"]}]])
def test_an_event_without_usable_targets_names_nobody(target: object) -> None:
    event = parse_log_event(raw_event(target=target))

    assert event is not None
    assert (event.okta_user_id, event.login, event.group_id, event.group_name) == (None, None, None, None)
    assert flow(event) is None


SECOND_USER = {"id": "00u9", "type": "User", "alternateId": "ana@contoso.com"}
SECOND_GROUP = {"id": "00gOther", "type": "UserGroup", "displayName": "Another group"}


@pytest.mark.parametrize("second", [SECOND_USER, SECOND_GROUP], ids=["users", "groups"])
@pytest.mark.parametrize("event_type", ["group.user_membership.remove", "user.lifecycle.deactivate"])
@pytest.mark.parametrize("place", [0, 99])
def test_an_event_about_several_is_about_nobody(second: dict[str, str], event_type: str, place: int) -> None:
    targets = raw_event()["target"]
    targets.insert(place, second)

    event = parse_log_event(raw_event(eventType=event_type, target=targets))

    assert event is not None
    assert event.is_ambiguous
    assert flow(event) is None


def test_a_deletion_of_several_groups_is_none_of_a_managed_group() -> None:
    managed = {"id": GROUP_ID, "type": "UserGroup", "displayName": GROUP_NAME}

    event = parse_log_event(raw_event(eventType="group.lifecycle.delete", target=[managed, SECOND_GROUP]))

    assert event is not None
    assert not is_managed_group_deletion(event, manages)


@pytest.mark.parametrize("okta_user_id", ["../x", "a/b", "a b", "x" * 65, "ü", "a\n", 7, None])
def test_an_id_that_is_not_safe_is_not_taken(okta_user_id: object) -> None:
    event = parse_log_event(raw_event(target=[{"type": "User", "id": okta_user_id}]))

    assert event is not None
    assert event.okta_user_id is None


def test_half_a_surrogate_pair_is_replaced() -> None:
    event = parse_log_event(raw_event(target=[{"type": "User", "id": "00u1", "alternateId": "a\ud800@x.y"}]))

    assert event is not None
    assert event.login == "a?@x.y"


@pytest.mark.parametrize(
    "published",
    ["2026-09-14T10:38:41.006Z", "2026-09-14T12:38:41.006+02:00", "2026-09-14T10:38:41.006000+00:00"],
)
def test_published_is_read_with_z_or_offset(published: str) -> None:
    event = parse_log_event(raw_event(published=published))

    assert event == log_event()
    assert event.published.tzinfo is UTC


def test_published_is_read_without_milliseconds() -> None:
    event = parse_log_event(raw_event(published="2026-09-14T10:38:41Z"))

    assert event is not None
    assert event.published == datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)


@pytest.mark.parametrize("published", ["2026-09-14T10:38:41", "yesterday", "0001-01-01T00:00:00+23:00", "9" * 40])
def test_a_time_that_is_not_an_instant_is_not_guessed(published: str) -> None:
    assert parse_log_event(raw_event(published=published)) is None


@pytest.mark.parametrize(
    ("event_type", "expected"),
    [
        ("group.user_membership.remove", Flow.DEACTIVATION),
        ("user.lifecycle.deactivate", Flow.DEACTIVATION),
        ("user.lifecycle.delete.initiated", Flow.DEACTIVATION),
        ("user.lifecycle.suspend", None),
        ("group.user_membership.add", Flow.ACTIVATION),
        ("user.lifecycle.activate", Flow.ACTIVATION),
        ("user.lifecycle.reactivate", Flow.ACTIVATION),
        ("user.lifecycle.unsuspend", None),
        ("group.lifecycle.delete", None),
        ("user.session.start", None),
    ],
)
def test_each_event_type_starts_its_flow(event_type: str, expected: Flow | None) -> None:
    assert flow(log_event(event_type)) == expected


def test_suspension_counts_when_the_setting_says_so() -> None:
    assert flow(log_event("user.lifecycle.suspend"), deactivate_on_suspend=True) is Flow.DEACTIVATION
    assert flow(log_event("user.lifecycle.unsuspend"), deactivate_on_suspend=True) is Flow.ACTIVATION


@pytest.mark.parametrize("event_type", ["group.user_membership.remove", "group.user_membership.add"])
def test_a_group_that_is_not_managed_concerns_nobody(event_type: str) -> None:
    assert flow(log_event(event_type, group_name="Everyone")) is None
    assert flow(log_event(event_type, group_id=None, group_name=None)) is None


def test_a_users_own_lifecycle_needs_no_group() -> None:
    assert flow(log_event("user.lifecycle.deactivate", group_id=None, group_name=None)) is Flow.DEACTIVATION


@pytest.mark.parametrize("outcome", ["FAILURE", "SKIPPED", "DEFERRED", "SCHEDULED", "UNKNOWN"])
def test_only_a_success_starts_a_flow(outcome: str) -> None:
    assert flow(log_event(outcome=outcome)) is None


@pytest.mark.parametrize("outcome", ["SUCCESS", "Success", None])
def test_a_success_may_be_in_any_case_or_unsaid(outcome: str | None) -> None:
    assert flow(log_event(outcome=outcome)) is Flow.DEACTIVATION


def test_an_event_without_user_concerns_nobody() -> None:
    assert flow(log_event("user.lifecycle.deactivate", okta_user_id=None)) is None


def test_the_deletion_of_a_managed_group_is_recognised() -> None:
    [event] = parse_delivery(payload("group_deleted")).events

    assert is_managed_group_deletion(event, manages)


@pytest.mark.parametrize(
    "differing", [{"group_name": "Everyone"}, {"outcome": "FAILURE"}, {"event_type": "group.lifecycle.create"}]
)
def test_other_group_events_are_no_deletion_of_a_managed_group(differing: dict[str, Any]) -> None:
    assert not is_managed_group_deletion(log_event(**({"event_type": "group.lifecycle.delete"} | differing)), manages)


def test_the_hook_subscribes_to_whatever_is_acted_upon() -> None:
    assert {"group.user_membership.remove", "user.lifecycle.deactivate", "group.lifecycle.delete"} <= set(EVENT_TYPES)


def test_the_instance_is_named_by_flow_and_uuid() -> None:
    assert instance_id(Flow.DEACTIVATION, log_event()) == "staged_deactivation-d41c7e80-9c21-11f0-b0de-15a9c4e77f11"
