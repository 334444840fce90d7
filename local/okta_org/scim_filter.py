"""Okta's `filter` and `search` expressions: https://developer.okta.com/docs/api/#filter"""

import operator
import re
from collections.abc import Callable
from typing import Any

from local.stand_in.filters import BadFilter, FilterTokens, Predicate, parse_filter, values_at

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|[A-Za-z_][\w.\-:]*|-?\d+(?:\.\d+)?')
# Okta compares these without regard to case; everything else exactly.
_CASELESS = {"profile.login", "profile.email"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "sw": lambda value, wanted: str(value).startswith(str(wanted)),
    "ew": lambda value, wanted: str(value).endswith(str(wanted)),
    "co": lambda value, wanted: str(wanted) in str(value),
}


def scim_predicate(text: str, allowed: frozenset[str] | None = None) -> Predicate:
    """Build a predicate over API records. BadFilter for what Okta would refuse too, attributes not allowed included."""

    def comparison(tokens: FilterTokens) -> Predicate:
        attribute = tokens.take()
        if not attribute or (allowed is not None and attribute not in allowed):
            raise BadFilter(f"cannot filter by {attribute!r}")
        name = tokens.take().lower()
        path = attribute.split(".")
        if name == "pr":
            return lambda record: bool(values_at(record, path))
        if name not in _COMPARE:
            raise BadFilter(f"no operator {name!r}")
        return _compared(attribute, path, name, _literal(tokens.take()))

    return parse_filter(text, _TOKEN, comparison)


def _compared(attribute: str, path: list[str], name: str, wanted: Any) -> Predicate:
    compare = _COMPARE[name]
    fold = attribute in _CASELESS and isinstance(wanted, str)
    target = wanted.casefold() if fold else wanted

    def matches(record: Any) -> bool:
        values = [value.casefold() if fold else value for value in values_at(record, path)]
        if name == "ne":
            return target not in values
        return any(type(value) is type(target) and compare(value, target) for value in values)

    return matches


def _literal(token: str) -> Any:
    if token.startswith('"'):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if token in ("true", "false"):
        return token == "true"
    try:
        return float(token) if "." in token else int(token)
    except ValueError as error:
        raise BadFilter(f"not a value: {token!r}") from error
