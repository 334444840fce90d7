"""Filter expressions (`a eq "x" and (b eq "y" or not (c pr))`): the grammar SCIM and OData have in common."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Predicate = Callable[[Mapping[str, Any]], bool]


class BadFilter(ValueError):
    """The expression is not one we understand."""


class FilterTokens:
    """The tokens of one expression, read from left to right."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        self.text = text
        self._tokens = list(_tokens(text, pattern))
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self._at += 1
        return token

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise BadFilter(f"expected {token!r} in {self.text!r}")


def parse_filter(text: str, pattern: re.Pattern[str], comparison: Callable[[FilterTokens], Predicate]) -> Predicate:
    """Build a predicate. `comparison` reads one comparison in the dialect at hand."""
    tokens = FilterTokens(text, pattern)
    predicate = _either(tokens, comparison)
    if tokens.peek():
        raise BadFilter(f"did not expect {tokens.peek()!r} in {text!r}")
    return predicate


def values_at(record: Any, path: list[str]) -> list[Any]:
    """Every value a dotted path leads to; a list on the way leads to each of its members."""
    if isinstance(record, list):
        return [value for member in record for value in values_at(member, path)]
    if not path:
        return [] if record is None else [record]
    return values_at(record.get(path[0]), path[1:]) if isinstance(record, Mapping) else []


def _either(tokens: FilterTokens, comparison: Callable[[FilterTokens], Predicate]) -> Predicate:
    choices = [_both(tokens, comparison)]
    while tokens.peek().lower() == "or":
        tokens.take()
        choices.append(_both(tokens, comparison))
    return lambda record: any(choice(record) for choice in choices)


def _both(tokens: FilterTokens, comparison: Callable[[FilterTokens], Predicate]) -> Predicate:
    conditions = [_one(tokens, comparison)]
    while tokens.peek().lower() == "and":
        tokens.take()
        conditions.append(_one(tokens, comparison))
    return lambda record: all(condition(record) for condition in conditions)


def _one(tokens: FilterTokens, comparison: Callable[[FilterTokens], Predicate]) -> Predicate:
    if tokens.peek().lower() == "not":
        tokens.take()
        negated = _one(tokens, comparison)
        return lambda record: not negated(record)
    if tokens.peek() == "(":
        tokens.take()
        inner = _either(tokens, comparison)
        tokens.expect(")")
        return inner
    return comparison(tokens)


def _tokens(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = pattern.match(text, at)
        if match is None:
            raise BadFilter(f"cannot read {text[at:]!r}")
        yield match.group()
        at = match.end()
