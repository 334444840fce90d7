"""How values travel between client, history, orchestrator and activity: one JSON layer more or less is a bug."""

import json
from collections.abc import Generator
from typing import Any, TypeAlias

import azure.durable_functions as df
import pytest

from local.host import activities
from local.host.history import Status
from tests.local.host.driver import Driver

Context: TypeAlias = df.DurableOrchestrationContext
VALUES = [{"a": 1}, [1, "x"], "text", "", 7, 1.5, True, False, None, "ünï 🙂"]


def reading(context: Context) -> Any:
    return {"got": context.get_input()}


def relaying(context: Context) -> Generator[Any, Any, Any]:
    return {"got": (yield context.call_activity("echo", context.get_input()["value"]))}


def waiting(context: Context) -> Generator[Any, Any, Any]:
    return {"got": (yield context.wait_for_external_event("go"))}


@pytest.fixture
def ready(driver: Driver) -> Driver:
    for function in (reading, relaying, waiting):
        driver.orchestrator(function)
    driver.activity("echo", lambda value: value)
    return driver


@pytest.mark.parametrize("value", VALUES)
def test_the_clients_input_arrives_as_it_was_given(ready: Driver, value: Any) -> None:
    ready.start("reading", value)
    ready.run()

    assert ready.output() == {"got": value}


@pytest.mark.parametrize("value", VALUES)
def test_an_activity_gets_and_returns_what_it_was_given(ready: Driver, value: Any) -> None:
    ready.start("relaying", {"value": value})
    ready.run()

    assert ready.output() == {"got": value}


@pytest.mark.parametrize("value", VALUES)
def test_event_data_of_the_python_client_arrives_as_json_text(ready: Driver, value: Any) -> None:
    """Production does this too (azure-functions-durable-python issue 295); it is not put right here."""
    ready.start("waiting")
    ready.raise_event("go", json.dumps(json.dumps(value)))
    ready.run()

    assert ready.output() == {"got": json.dumps(value)}


@pytest.mark.parametrize("value", VALUES)
def test_event_data_posted_by_http_arrives_as_the_value(ready: Driver, value: Any) -> None:
    ready.start("waiting")
    ready.raise_event("go", json.dumps(value))
    ready.run()

    assert ready.output() == {"got": value}


def test_a_json_object_posted_to_start_is_the_input(ready: Driver) -> None:
    ready.start_raw("reading", '{"a": 1}')
    ready.run()

    assert ready.output() == {"got": {"a": 1}}


@pytest.mark.parametrize("body", ["[1]", "5", "true", '"plain"'])
def test_other_json_posted_to_start_makes_get_input_raise_as_in_production(ready: Driver, body: str) -> None:
    ready.start_raw("reading", body)
    ready.run()

    assert ready.status() is Status.FAILED


def test_the_history_holds_the_activitys_input_in_a_list_and_its_result_once_encoded(ready: Driver) -> None:
    ready.start("relaying", {"value": {"a": 1}})
    ready.run()

    events = [json.loads(text) for text in ready.kept["top"].past]
    scheduled = next(event for event in events if event["EventType"] == 4)
    completed = next(event for event in events if event["EventType"] == 5)
    assert scheduled["Input"] == json.dumps([json.dumps({"a": 1})])
    assert completed["Result"] == json.dumps({"a": 1})


def test_an_activity_that_returns_nothing_has_a_null_result() -> None:
    assert activities.encode_result(None) is None


def test_text_that_is_no_json_reaches_the_activity_as_text() -> None:
    assert activities.decode_input("plain") == "plain"


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object()])
def test_what_json_cannot_hold_is_refused_as_a_result(value: Any) -> None:
    with pytest.raises(ValueError, match="must be json serializable"):
        activities.encode_result(value)


def test_the_input_carries_what_the_sdk_needs(ready: Driver) -> None:
    ready.start("reading", {"a": 1}, "id-1")
    ready.run()

    context = json.loads(ready.contexts[0])
    assert context["input"] == json.dumps({"a": 1})
    assert (context["instanceId"], context["parentInstanceId"], context["isReplaying"]) == ("id-1", None, False)
    assert (context["upperSchemaVersion"], context["upperSchemaVersionNew"]) == (1, 2)
    assert context["maximumShortTimerDuration"] == "6.00:00:00"
    assert context["longRunningTimerIntervalDuration"] == "3.00:00:00"
    assert all(type(event["EventType"]) is int for event in context["history"])
