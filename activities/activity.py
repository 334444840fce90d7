"""One way to declare an activity, so that the type checker sees both of its sides.

An activity is written as an async function of typed parameters with a typed result. The orchestrator calls it through
the `Activity` made of it, by the same parameters and for the same result; between the two travels plain JSON:
`{"instance", "okta_user_id", "event_uuid", "at", "details": {parameter: value}}` in, `{"value"}` or `{"failure"}` out.
Expected failures are results; only defects are raised.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_type_hints

import azure.durable_functions as df
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, create_model

import wiring
from clients.durable import Durable
from clients.errors import ClientError
from lifecycle.retries import Failure

P = ParamSpec("P")
T = TypeVar("T")
Envelope = dict[str, JsonValue]

_FAILURE = TypeAdapter(Failure)
CALL = "call"
CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Call:
    """Which run calls, for which person, at which time of the orchestrator's.

    `okta_user_id` and `event_uuid` are empty in a flow that concerns no one person.
    """

    instance: str
    okta_user_id: str
    event_uuid: str
    at: datetime


_CALL = TypeAdapter(Call)


class Superseded(Exception):
    """Another run owns the person now, so this one may not write."""


class LookAgain(Exception):
    """What the step is built on is not so any more: the person is entitled, or the account somebody else's."""


class StepFailed(Exception):
    """A step cannot be done; `permanent` when only a person can help."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Activity(Generic[P, T]):
    """An activity as both sides of the durable border see it.

    `trigger` is what the blueprint made of it, which is what `call_activity` and `function_app` take.
    """

    def __init__(self, act: Callable[..., Awaitable[T]], trigger: Any) -> None:
        self._act = act
        self.name = act.__name__
        self.trigger = trigger

    def request(self, call: Call, *args: P.args, **kwargs: P.kwargs) -> Envelope:
        """What the orchestrator sends: the call, and the parameters as `details`."""
        details = self._details(**kwargs).model_dump(mode="json")
        return {**_CALL.dump_python(call, mode="json"), "details": details}

    def outcome(self, answer: Envelope) -> T | Failure:
        """What the orchestrator receives: the opposite of `report`."""
        if "failure" in answer:
            return _FAILURE.validate_python(answer["failure"])
        value: T = self._result.validate_python(answer["value"])
        return value

    async def answer(self, request: Envelope, *bindings: Any) -> Envelope:
        """Act, and say how it went.

        Durable Functions for Python strips an exception that leaves an activity of its type, so the orchestrator could
        not tell what a retry can help from what it cannot.
        """
        call, details = _CALL.validate_python(request), self._details.model_validate(request.get("details", {}))
        parameters = {name: getattr(details, name) for name in type(details).model_fields}
        try:
            value = await self._act(call, *bindings, **parameters)
        except Superseded as error:
            return self.report(Failure(str(error), permanent=True, superseded=True))
        except LookAgain as error:
            return self.report(Failure(str(error), permanent=True, look_again=True))
        except StepFailed as error:
            return self.report(Failure(str(error), permanent=error.permanent))
        except ClientError as error:
            return self.report(Failure(str(error), error.permanent, error.retry_after))
        # What comes from a vendor is as it came: a value that is none is this activity's failure, and not the flow's.
        return self.report(self._result.validate_python(value))

    def report(self, outcome: T | Failure) -> Envelope:
        """The answer that says this: the opposite of `outcome`."""
        if isinstance(outcome, Failure):
            return {"failure": _FAILURE.dump_python(outcome, mode="json")}
        return {"value": self._result.dump_python(outcome, mode="json")}

    # Made on first use: there are dozens of activities, and a cold start has three seconds.
    @cached_property
    def _details(self) -> type[BaseModel]:
        hints = get_type_hints(self._act, include_extras=True)
        parameters = inspect.signature(self._act).parameters.values()
        fields: dict[str, Any] = {  # types as values, with their defaults, as create_model takes them
            each.name: (hints[each.name], ... if each.default is each.empty else each.default)
            for each in parameters
            if each.kind is each.KEYWORD_ONLY
        }
        return create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)

    @cached_property
    def _result(self) -> TypeAdapter[Any]:
        return TypeAdapter(get_type_hints(self._act, include_extras=True)["return"])


def activity(
    blueprint: df.Blueprint,
) -> Callable[[Callable[Concatenate[Call, P], Awaitable[T]]], Activity[P, T]]:
    """Declare an activity: `async def name(call: Call, *, parameter: Type, …) -> Type`."""

    def declare(act: Callable[Concatenate[Call, P], Awaitable[T]]) -> Activity[P, T]:
        async def function(call: dict) -> dict:  # type: ignore[type-arg]  # the worker refuses more than this
            return await declared.answer(call)

        declared: Activity[P, T] = Activity(act, None)
        declared.trigger = blueprint.activity_trigger(input_name=CALL)(_named(function, act))
        return declared

    return declare


def activity_with_client(
    blueprint: df.Blueprint,
) -> Callable[[Callable[Concatenate[Call, Durable, P], Awaitable[T]]], Activity[P, T]]:
    """Declare an activity that talks to the durable host: `async def name(call: Call, durable: Durable, *, …)`."""

    def declare(act: Callable[Concatenate[Call, Durable, P], Awaitable[T]]) -> Activity[P, T]:
        async def function(call: dict, client: str) -> dict:  # type: ignore[type-arg]  # as above
            return await declared.answer(call, wiring.durable(client))

        declared: Activity[P, T] = Activity(act, None)
        with_client = blueprint.durable_client_input(client_name=CLIENT)(_named(function, act))
        declared.trigger = blueprint.activity_trigger(input_name=CALL)(with_client)
        return declared

    return declare


def _named(function: Callable[..., Any], act: Callable[..., Any]) -> Callable[..., Any]:
    """The host knows an activity by the name of its function."""
    function.__name__, function.__doc__, function.__module__ = act.__name__, act.__doc__, act.__module__
    return function
