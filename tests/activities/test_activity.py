"""The durable border: plain JSON between two sides that see the same types, and failures that tell what helps."""

import json
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import azure.durable_functions as df
import pytest
from pydantic import ValidationError

from activities.activity import Activity, Call, LookAgain, StepFailed, Superseded, activity
from clients.errors import ClientError, NotPermitted, Throttled, Unavailable
from lifecycle.retries import Failure
from tests.activities.wire import Run, through_json

NOON = datetime(2026, 9, 14, 12, 0, 0, 250_000, tzinfo=UTC)
CALL = Call("activation-1", "00u1", "e-1", NOON)
bp = df.Blueprint()


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True)
class Parcel:
    size: Size
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    call: Call
    parcel: Parcel
    send_at: datetime
    note: str | None


@activity(bp)
async def send(call: Call, *, parcel: Parcel, send_at: datetime, note: str | None = None) -> Receipt:
    """Answer what came."""
    return Receipt(call, parcel, send_at, note)


raised: list[Exception] = []


@activity(bp)
async def fail(call: Call) -> None:
    raise raised.pop()


PARCEL = Parcel(Size.LARGE, ("fragile",))
WIRE = {
    "instance": "activation-1",
    "okta_user_id": "00u1",
    "event_uuid": "e-1",
    "at": "2026-09-14T12:00:00.250000Z",
    "details": {
        "parcel": {"size": "large", "labels": ["fragile"]},
        "send_at": "2026-09-14T12:00:00.250000Z",
        "note": None,
    },
}
UNTYPED: Any = send  # says what the type checker refuses


def worker(declared: Activity[..., Any], request: object) -> Awaitable[dict[str, Any]]:
    """What the worker does with a request."""
    answer: Awaitable[dict[str, Any]] = declared.trigger._function.get_user_function()(call=request)
    return answer


def test_call_and_parameters_are_sent_as_plain_json_by_their_names() -> None:
    request = send.request(CALL, parcel=PARCEL, send_at=NOON)

    assert request == WIRE
    assert json.loads(json.dumps(request)) == request


async def test_activity_receives_what_the_orchestrator_gave_and_the_orchestrator_what_it_answered() -> None:
    receipt = await Run(CALL).perform(send, parcel=PARCEL, send_at=NOON, note="by hand")

    assert receipt == Receipt(CALL, PARCEL, NOON, "by hand")
    assert receipt.parcel.size is Size.LARGE


@pytest.mark.parametrize(
    ("details", "named"),
    [
        ({"parcel": PARCEL}, "send_at"),
        ({"parcel": PARCEL, "send_at": NOON, "colour": "red"}, "colour"),
        ({"parcle": PARCEL, "send_at": NOON}, "parcle"),
        ({"parcel": PARCEL, "send_at": "soon"}, "send_at"),
        ({"parcel": {"size": "huge"}, "send_at": NOON}, "parcel.size"),
    ],
    ids=["missing", "unknown", "misspelt", "of a wrong type", "of a wrong type within"],
)
def test_detail_that_is_not_as_declared_is_never_sent(details: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=rf"(?m)^{named}$"):
        UNTYPED.request(CALL, **details)


@pytest.mark.parametrize(
    ("details", "named"),
    [
        ({"parcel": {"size": "large"}}, "send_at"),
        ({"parcel": {"size": "large"}, "send_at": "2026-09-14T12:00:00Z", "colour": "red"}, "colour"),
        ({"parcle": {"size": "large"}, "send_at": "2026-09-14T12:00:00Z"}, "parcle"),
        ({"parcel": {"sise": "large"}, "send_at": "2026-09-14T12:00:00Z"}, "parcel.size"),
    ],
    ids=["missing", "unknown", "misspelt", "misspelt within"],
)
async def test_detail_that_is_not_as_declared_is_a_defect_on_the_workers_side_too(
    details: dict[str, object], named: str
) -> None:
    with pytest.raises(ValidationError, match=rf"(?m)^{named}$"):
        await worker(send, WIRE | {"details": details})


async def test_request_without_a_call_is_a_defect() -> None:
    with pytest.raises(ValidationError, match=r"(?m)^instance$"):
        await worker(send, {"details": WIRE["details"]})


def test_answer_of_another_shape_is_a_defect() -> None:
    with pytest.raises(ValidationError, match=r"(?m)^parcel$"):
        send.outcome({"value": {"call": {}}})


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (Superseded("another run"), Failure("another run", permanent=True, superseded=True)),
        (LookAgain("entitled again"), Failure("entitled again", permanent=True, look_again=True)),
        (StepFailed("never", permanent=True), Failure("never", permanent=True)),
        (StepFailed("not yet", permanent=False), Failure("not yet", permanent=False)),
    ],
    ids=["superseded", "look again", "for good", "for now"],
)
async def test_expected_failure_arrives_as_what_it_is(error: Exception, failure: Failure) -> None:
    raised.append(error)

    assert await Run(CALL).refusal(fail) == failure


@pytest.mark.parametrize(
    ("error", "permanent", "retry_after"),
    [
        (NotPermitted("graph", "read a user", status=403), True, None),
        (Unavailable("okta", "read a user", status=503), False, None),
        (Throttled("graph", "read a user", status=429, retry_after=2.5), False, 2.5),
    ],
    ids=["refused", "out of reach", "throttled"],
)
async def test_failure_of_another_system_says_whether_and_when_a_retry_can_help(
    error: ClientError, permanent: bool, retry_after: float | None
) -> None:
    raised.append(error)

    assert await Run(CALL).refusal(fail) == Failure(str(error), permanent, retry_after)


async def test_defect_is_raised_and_never_taken_for_a_failure() -> None:
    raised.append(ZeroDivisionError("a defect"))

    with pytest.raises(ZeroDivisionError, match="a defect"):
        await worker(fail, through_json(fail.request(CALL)))
