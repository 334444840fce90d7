"""Which lines of orchestrators/ are on no tape."""

import ast
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from inspect import CO_OPTIMIZED
from itertools import chain
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import orchestrators

FOLDER = Path(orchestrators.__file__).parent


def lines_not_run_by(play: Callable[[], None]) -> list[str]:
    """The lines inside of functions that do not run meanwhile, as `file:number`; the others run at import."""
    left: dict[tuple[str, int], set[int]] = defaultdict(set)
    for code in chain.from_iterable(map(functions_in, files())):
        left[code.co_filename, code.co_firstlineno] |= lines_of(code)

    def begin(frame: FrameType, event: str, argument: Any) -> Any:
        return note if left.get((frame.f_code.co_filename, frame.f_code.co_firstlineno)) else None

    def note(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            left[frame.f_code.co_filename, frame.f_code.co_firstlineno].discard(frame.f_lineno)
        return note

    before = sys.gettrace()
    sys.settrace(begin)
    try:
        play()
    finally:
        sys.settrace(before)
    return sorted({f"{Path(file).name}:{number}" for (file, _), numbers in left.items() for number in numbers})


def files() -> list[Path]:
    return sorted(FOLDER.glob("*.py"))


def functions_in(file: Path) -> Iterator[CodeType]:
    """All but the stubs of `@overload`, which are for the type checker alone."""
    stubs = {
        node.decorator_list[0].lineno
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and "overload" in map(ast.unparse, node.decorator_list)
    }
    whole = compile(file.read_text(), str(file), "exec")
    return (code for code in functions_of(whole) if code.co_firstlineno not in stubs)


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
