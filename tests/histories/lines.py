"""Which lines of orchestrators/ are on no tape."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import orchestrators

FOLDER = Path(orchestrators.__file__).parent
Line = tuple[str, int]  # file and number


def lines_of_functions() -> set[Line]:
    """Every line inside a function that can run; what runs at import is on every tape."""
    return {
        (str(file), number)
        for file in FOLDER.glob("*.py")
        for code in functions_of(compile(file.read_text(), str(file), "exec"))
        for number in lines_of(code)
    } - set(stubs())


def functions_of(code: CodeType) -> Iterator[CodeType]:
    """All but comprehensions that run at import."""
    is_function = bool(code.co_flags & CO_OPTIMIZED)
    if is_function:
        yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and (is_function or not inner.co_name.startswith("<")):
            yield from functions_of(inner)


def lines_of(code: CodeType) -> set[int]:
    """Without the line of `def`, where a generator stands before its first step; a lambda has no other."""
    numbers = {number for _, _, number in code.co_lines() if number is not None}
    return numbers - {code.co_firstlineno} or numbers


def stubs() -> Iterator[Line]:
    """The lines of `@overload`, which are for the type checker alone."""
    for file in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and any(
                ast.unparse(each) == "overload" for each in node.decorator_list
            ):
                yield from ((str(file), number) for number in range(node.lineno, (node.end_lineno or node.lineno) + 1))


@contextmanager
def noting_lines(lines: set[Line]) -> Iterator[None]:
    """Add every line of orchestrators/ that runs meanwhile."""
    inside = str(FOLDER)

    def begin(frame: FrameType, event: str, argument: Any) -> Any:
        return note if frame.f_code.co_filename.startswith(inside) else None

    def note(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return note

    before = sys.gettrace()
    sys.settrace(begin)
    try:
        yield
    finally:
        sys.settrace(before)
