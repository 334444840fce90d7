"""An instance that a newer release started is not played: it would take other steps."""

import pytest
from pydantic import JsonValue

from lifecycle.inputs import UNDERSTOOD, FanOutInput, FlowInput, NoticeInput, NotUnderstood
from lifecycle.notices import GroupDeleted
from tests.orchestrators.driver import EVENT, NOW, as_input
from tests.orchestrators.flows import FLOWS
from tests.orchestrators.plain import PlainContext

GIVEN: dict[str, FlowInput] = {
    "staged_deactivation": EVENT,
    "activation": EVENT,
    "tell_operators": NoticeInput(notice=GroupDeleted("Sales"), about="group Sales"),
    "fan_out": FanOutInput(starts=()),
}


def newer_input(flow: str) -> JsonValue:
    given = as_input(GIVEN.get(flow, FlowInput()), flow)
    assert isinstance(given, dict)
    return {**given, "version": UNDERSTOOD[flow] + 1}


@pytest.mark.parametrize("flow", FLOWS)
def test_instance_of_a_newer_version_ends_before_its_first_step(flow: str) -> None:
    context = PlainContext(f"{flow}-1", NOW, newer_input(flow))

    with pytest.raises(NotUnderstood, match=f"{flow}, and this release of Offstage understands"):
        next(FLOWS[flow](context))

    assert context.statuses == []


def test_every_flow_has_a_version() -> None:
    assert set(FLOWS) == set(UNDERSTOOD)
