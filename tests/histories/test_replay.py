"""A change to a flow that would break instances which are asleep fails here."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from local.host.answers import ask
from local.host.episode import TIMER_LIMITS
from local.host.history import EventType
from local.host.replay import Replay
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation

FILES = sorted(Path(__file__).parent.glob("*.json"))
FLOWS = {"staged_deactivation": staged_deactivation, "activation": activation}


@cache
def recorded(file: Path) -> Any:
    return json.loads(file.read_text())


def stages(file: Path) -> list[list[dict[str, Any]]]:
    """The history as it was each time the instance went to sleep."""
    events = recorded(file)["events"]
    ends = [n for n, event in enumerate(events) if event["EventType"] == EventType.ORCHESTRATOR_COMPLETED]
    return [events[: end + 1] for end in ends]


def replay(file: Path, events: list[dict[str, Any]]) -> tuple[Any, Replay]:
    """Replay with today's code. Raises ReplayError where the code asks for something else than the history says."""
    started = next(event for event in events if event["EventType"] == EventType.EXECUTION_STARTED)
    context = {
        "history": events,
        "input": json.loads(started["Input"]),
        "instanceId": recorded(file)["instance"],
        "isReplaying": True,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 2,
        **TIMER_LIMITS,
    }
    handle = FLOWS[recorded(file)["flow"]]._function.get_user_function()
    answer = ask(handle, json.dumps(context))
    return answer, Replay(answer.actions, answer.ended).run(events)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_instance_asleep_in_any_stage_goes_on_in_todays_code(file: Path) -> None:
    for events in stages(file):
        answer, walked = replay(file, events)

        assert not answer.sdk_fault, answer.error
        assert answer.error is None
        assert walked.decisions == {}, "the code asks for more than it did when this was recorded"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_finished_instance_ends_as_it_did(file: Path) -> None:
    events = recorded(file)["events"]
    answer, _ = replay(file, events)

    (ended,) = [event for event in events if event["EventType"] == EventType.EXECUTION_COMPLETED]
    assert answer.done
    assert json.loads(answer.output or "null") == json.loads(ended["Result"])


def test_both_flows_are_recorded_in_every_state_an_instance_can_sleep_in() -> None:
    names = {file.stem.partition("-")[2] for file in FILES}

    assert {recorded(file)["flow"] for file in FILES} == set(FLOWS)
    assert len(names) >= 9
