"""The part of OData `$filter` that Graph supports for users: eq, ne, startswith, endswith, any, and, or, not."""

import re
from collections.abc import Callable
from typing import Any

from local.m365_tenant.errors import bad_request, unsupported_query
from local.stand_in.filters import BadFilter, FilterTokens, Predicate, parse_filter

_TOKEN = re.compile(r"'(?:[^']|'')*'|[(),:/]|[A-Za-z_@$][\w.\-]*|-?\d+(?:\.\d+)?")
_FILTERABLE = frozenset(
    {
        "accountEnabled",
        "department",
        "displayName",
        "employeeId",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "onPremisesSyncEnabled",
        "otherMails",
        "proxyAddresses",
        "surname",
        "usageLocation",
        "userPrincipalName",
        "userType",
    }
)
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: bool(value == wanted),
    "ne": lambda value, wanted: bool(value != wanted),
    "startswith": lambda value, wanted: str(value or "").startswith(wanted),
    "endswith": lambda value, wanted: str(value or "").endswith(wanted),
}


def odata_predicate(text: str) -> Predicate:
    """Build a predicate over user records. GraphError for what Graph refuses."""
    try:
        return parse_filter(text, _TOKEN, _comparison)
    except BadFilter as error:
        raise bad_request("Invalid filter clause") from error


def _comparison(tokens: FilterTokens) -> Predicate:
    name = tokens.take()
    if name in ("startswith", "endswith"):
        return _function(tokens, name)
    if name not in _FILTERABLE:
        raise unsupported_query(name)
    if tokens.peek() == "/":
        return _any(tokens, name)
    test, wanted = _test(tokens.take()), _literal(tokens.take())
    return lambda record: test(_folded(record.get(name)), wanted)


def _function(tokens: FilterTokens, name: str) -> Predicate:
    tokens.expect("(")
    attribute = tokens.take()
    if attribute not in _FILTERABLE:
        raise unsupported_query(attribute)
    tokens.expect(",")
    wanted = _literal(tokens.take())
    tokens.expect(")")
    return lambda record: _TESTS[name](_folded(record.get(attribute)), wanted)


def _any(tokens: FilterTokens, name: str) -> Predicate:
    """Read `/any(x:x eq 'a')` or `/any(x:startswith(x,'a'))`."""
    for expected in ("/", "any", "("):
        tokens.expect(expected)
    variable = tokens.take()
    tokens.expect(":")
    if tokens.peek() == "startswith":
        tokens.take()
        for expected in ("(", variable, ","):
            tokens.expect(expected)
        test, wanted = _TESTS["startswith"], _literal(tokens.take())
        tokens.expect(")")
    else:
        tokens.expect(variable)
        test, wanted = _test(tokens.take()), _literal(tokens.take())
    tokens.expect(")")
    return lambda record: any(test(_folded(value), wanted) for value in record.get(name) or [])


def _test(name: str) -> Callable[[Any, Any], bool]:
    if name not in ("eq", "ne"):
        raise BadFilter(f"no operator {name!r}")
    return _TESTS[name]


def _literal(token: str) -> Any:
    if token.startswith("'"):
        return token[1:-1].replace("''", "'").casefold()
    if token in _CONSTANTS:
        return _CONSTANTS[token]
    raise BadFilter(f"not a value: {token!r}")


def _folded(value: Any) -> Any:
    """The directory compares without regard to case."""
    return value.casefold() if isinstance(value, str) else value
