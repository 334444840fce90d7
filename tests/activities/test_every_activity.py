"""Whatever an activity is declared with travels over the wire unchanged, and the worker sees nothing it refuses."""

import asyncio
import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import wraps
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, JsonValue, TypeAdapter, ValidationError

import activities
from activities.activity import Activity, Call
from clients.durable import Durable
from tests.activities.wire import through_json

CALL = Call("activation-1", "00u1", "e-1", datetime(2026, 9, 14, tzinfo=UTC))
MODULES = [import_module(f"activities.{module.name}") for module in pkgutil.iter_modules(activities.__path__)]
DECLARED: list[Activity[..., Any]] = [
    found for module in MODULES for found in vars(module).values() if isinstance(found, Activity)
]
each_activity = pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: declared.name)

INSTANTS = st.datetimes(timezones=st.just(UTC))
PLAIN: Mapping[object, st.SearchStrategy[Any]] = {
    NoneType: st.none(),
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=9),
    datetime: INSTANTS,
    AwareDatetime: INSTANTS,
}
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2),
    max_leaves=4,
)


def is_valid(hint: Any, value: object) -> bool:
    try:
        TypeAdapter(hint).validate_python(value)
    except ValidationError:
        return False
    return True


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as an activity may declare it. Raises TypeError for a type that is new here."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return values(args[0]).filter(lambda value: is_valid(hint, value))
    if hint is JsonValue:
        return JSON
    if hint in PLAIN:
        return PLAIN[hint]
    if origin in (Union, UnionType):
        return st.one_of([values(each) for each in args])
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple and args[1:] == (...,):
        return st.lists(values(args[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(values(args[0]), values(args[1]), max_size=2)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        return st.builds(hint, **{each.name: values(hints[each.name]) for each in fields(hint)})
    raise TypeError(f"no values of {hint} are known")


def shape(value: Any) -> Any:
    """A value with all its types, since an enum equals its word, and True equals 1."""
    if is_dataclass(value):
        return type(value), {each.name: shape(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple | list):
        return type(value), [shape(each) for each in value]
    if isinstance(value, Mapping):
        return {name: shape(each) for name, each in value.items()}
    return type(value), value


def hints_of(declared: Activity[..., Any]) -> dict[str, Any]:
    """The types of the parameters and of the result (`return`)."""
    hints = get_type_hints(declared._act, include_extras=True)
    return {name: hint for name, hint in hints.items() if hint not in (Call, Durable)}


@each_activity
def test_parameters_and_result_travel_unchanged(declared: Activity[..., Any]) -> None:
    hints = hints_of(declared)
    result = values(hints.pop("return"))
    parameters = st.fixed_dictionaries({name: values(hint) for name, hint in hints.items()})
    received: dict[str, Any] = {}
    to_answer: list[Any] = []

    @wraps(declared._act)
    async def act(call: Call, **details: Any) -> Any:
        received.update(details)
        return to_answer.pop()

    same: Activity[..., Any] = Activity(act, None)  # the same types on both sides, and nothing is done

    @settings(max_examples=25, deadline=None, database=None)
    @given(parameters, result)
    def travel(sent: dict[str, Any], answered: Any) -> None:
        to_answer.append(answered)
        request = through_json(same.request(CALL, **sent))

        arrived = same.outcome(through_json(asyncio.run(same.answer(request))))

        assert shape(received) == shape(sent)
        assert shape(arrived) == shape(answered)

    travel()


@each_activity
def test_worker_sees_plain_annotations_and_the_parameters_it_binds(declared: Activity[..., Any]) -> None:
    has_client = Durable in get_type_hints(declared._act).values()
    plain = {"call": dict, "client": str} if has_client else {"call": dict}

    function = declared.trigger._function.get_user_function()

    assert {name: each.annotation for name, each in inspect.signature(function).parameters.items()} == plain
    assert function.__annotations__ == {**plain, "return": dict}
    assert inspect.iscoroutinefunction(function)
    assert function.__name__ == declared.name


def test_every_function_of_the_room_is_declared_as_an_activity() -> None:
    blueprints = [module.bp for module in MODULES if hasattr(module, "bp")]

    registered = [builder for each in blueprints for builder in each._function_builders]

    assert {id(builder) for builder in registered} == {id(declared.trigger) for declared in DECLARED}
    assert len({declared.name for declared in DECLARED}) == len(DECLARED) > 40
