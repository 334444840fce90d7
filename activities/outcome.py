"""How an activity is called and how it answers: expected failures are results, only defects are raised."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from clients.errors import ClientError
from lifecycle.retries import Failure

Json = Any
Reported = Callable[..., Awaitable[dict[str, Json]]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an activity: which run, which person, the orchestrator's time, and what else this step needs.

    `okta_user_id` and `event_uuid` are empty in a flow that concerns no one person.
    """

    instance: str
    okta_user_id: str
    event_uuid: str
    at: datetime
    details: dict[str, Json]

    @classmethod
    def from_json(cls, call: dict[str, Json]) -> "Call":
        return cls(
            instance=call["instance"],
            okta_user_id=call["okta_user_id"],
            event_uuid=call["event_uuid"],
            at=datetime.fromisoformat(call["at"]),
            details=call.get("details", {}),
        )


class Superseded(Exception):
    """Another run owns the person now, so this one may not write."""


class NotCurrent(Exception):
    """The person is entitled again, so nothing may be taken away."""


class StepFailed(Exception):
    """A step cannot be done; `permanent` when only a person can help."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


def reported(act: Callable[..., Awaitable[Json]]) -> Reported:
    """Answer `{"value": ...}` or `{"failure": ...}`.

    Durable Functions for Python strips an exception that leaves an activity of its type, so the orchestrator could
    not tell what a retry can help from what it cannot.
    """

    @wraps(act)
    async def answer(call: dict[str, Json], **bindings: Json) -> dict[str, Json]:
        try:
            return {"value": await act(Call.from_json(call), **bindings)}
        except Superseded as error:
            return {"failure": Failure(str(error), permanent=True, superseded=True).as_json()}
        except NotCurrent as error:
            return {"failure": Failure(str(error), permanent=True, not_current=True).as_json()}
        except StepFailed as error:
            return {"failure": Failure(str(error), permanent=error.permanent).as_json()}
        except ClientError as error:
            return {"failure": Failure(str(error), error.permanent, error.retry_after).as_json()}

    # The SDK reads the return annotation to decode results, and the worker the others to check bindings.
    answer.__annotations__ = {"call": dict, "return": dict}
    return answer
