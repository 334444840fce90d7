"""ASP.NET Core route templates: matching and precedence as the Functions host has them.

https://learn.microsoft.com/aspnet/core/fundamentals/routing (route templates, route constraints, precedence).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from local.host.host_settings import StartError

_PARAMETER = re.compile(
    r"\{(\*{0,2})([A-Za-z_][\w-]*)((?::[^:{}=(?]+(?:\((?:[^()]|\([^()]*\))*\))?)*)(=[^{}?]*)?(\?)?\}"
)
# Doubled braces stand for themselves; while a template is read they are these.
OPENING, CLOSING = "\x01", "\x02"
_CONSTRAINT = re.compile(r":([^:(]+)(?:\(((?:[^()]|\([^()]*\))*)\))?")

_PATTERNS = {
    "int": r"[+-]?\d{1,10}",
    "long": r"[+-]?\d{1,19}",
    "bool": r"true|false",
    "decimal": r"[+-]?\d+(\.\d+)?",
    "double": r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?",
    "float": r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?",
    "guid": r"\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?",
    "alpha": r"[a-z]*",
    "datetime": r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?",
    "required": r".+",
}
Check = Callable[[str], bool]


@dataclass(frozen=True)
class _Segment:
    pattern: str
    order: int
    optional: bool


@dataclass(frozen=True)
class Route:
    template: str
    methods: tuple[str, ...]
    pattern: re.Pattern[str]
    order: tuple[int, ...]
    checks: tuple[tuple[str, Check], ...]
    defaults: tuple[tuple[str, str], ...]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The route's values for a raw (still percent-encoded) path; None when it is not for this route."""
        if self.methods and method.upper() not in self.methods:
            return None
        match = self.pattern.fullmatch(path.strip("/"))
        if match is None:
            return None
        values = {name: unquote(value) for name, value in match.groupdict().items() if value}
        if any(name in values and not check(values[name]) for name, check in self.checks):
            return None
        return {**dict(self.defaults), **values}


def compile_route(template: str, methods: tuple[str, ...]) -> Route:
    text = template.strip("/").replace("{{", OPENING).replace("}}", CLOSING)
    checks: list[tuple[str, Check]] = []
    defaults: list[tuple[str, str]] = []
    parts = _split(text)
    if "/".join(parts) != text:
        raise StartError(f"the route '{template}' is no route template: its braces or slashes do not match")
    segments = [_segment(part, template, checks, defaults) for part in parts]
    pattern = ""
    for position, segment in enumerate(segments):
        slash = "/" if position else ""
        pattern += f"(?:{slash}{segment.pattern})?" if segment.optional else f"{slash}{segment.pattern}"
    order = tuple(segment.order for segment in segments)
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return Route(template, methods, compiled, order, tuple(checks), tuple(defaults))


def _split(text: str) -> list[str]:
    """At slashes outside braces (a regex constraint may hold one)."""
    return re.findall(r"(?:\{[^{}]*\}|[^/{}])+", text)


def _segment(part: str, template: str, checks: list[tuple[str, Check]], defaults: list[tuple[str, str]]) -> _Segment:
    pattern, position = "", 0
    parameters = list(_PARAMETER.finditer(part))
    for match in parameters:
        stars, name, constraints, default, _question = match.groups()
        pattern += _literal(part[position : match.start()], template)
        pattern += f"(?P<{name}>{'.*' if stars else '[^/]+'})"
        position = match.end()
        found = _CONSTRAINT.findall(constraints)
        checks.extend((name, _check(kind, _unescaped(argument), template)) for kind, argument in found)
        if default is not None:
            defaults.append((name, default[1:]))
    pattern += _literal(part[position:], template)
    whole = len(parameters) == 1 and parameters[0].group() == part
    return _Segment(pattern, _order(parameters, whole), optional=whole and _may_be_absent(parameters[0]))


def _literal(text: str, template: str) -> str:
    if "{" in text:
        raise StartError(f"the route '{template}' has a parameter that cannot be read: {text}")
    return re.escape(_unescaped(text))


def _unescaped(text: str) -> str:
    return text.replace(OPENING, "{").replace(CLOSING, "}")


def _may_be_absent(parameter: re.Match[str]) -> bool:
    stars, _name, _constraints, default, question = parameter.groups()
    return bool(stars or question or default is not None)


def _order(parameters: list[re.Match[str]], whole: bool) -> int:
    """What is more special comes first: a literal, a checked parameter, a parameter, the rest of the path."""
    if not parameters:
        return 1
    constrained = any(match.group(3) for match in parameters)
    if parameters[-1].group(1):
        return 4 if constrained else 5
    return 2 if constrained or not whole else 3


def _check(kind: str, argument: str, template: str) -> Check:
    kind = kind.strip().lower()
    if kind in _PATTERNS:
        compiled = re.compile(_PATTERNS[kind], re.IGNORECASE)
        return lambda value: compiled.fullmatch(value) is not None
    if kind == "regex":
        expression = re.compile(argument, re.IGNORECASE)
        return lambda value: expression.search(value) is not None
    numbers = [int(number) for number in argument.split(",") if number.strip().lstrip("-").isdigit()]
    if kind in _NUMBERED and numbers:
        measure, compare = _NUMBERED[kind]
        return lambda value: (size := measure(value)) is not None and compare(size, numbers)
    raise StartError(f"the route '{template}' has the unknown constraint '{kind}'")


def _value(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else None


_NUMBERED: dict[str, tuple[Callable[[str], int | None], Callable[[int, list[int]], bool]]] = {
    "minlength": (len, lambda size, numbers: size >= numbers[0]),
    "maxlength": (len, lambda size, numbers: size <= numbers[0]),
    "length": (len, lambda size, numbers: numbers[0] <= size <= numbers[-1]),
    "min": (_value, lambda size, numbers: size >= numbers[0]),
    "max": (_value, lambda size, numbers: size <= numbers[0]),
    "range": (_value, lambda size, numbers: numbers[0] <= size <= numbers[-1]),
}
