"""What is changed: by mutmut's operators, and by two more that flows need, a dropped step and a turned condition.

Left alone are types, docstrings, log lines, and texts for people (a text is for people when it has a blank in it).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import (
    OPERATORS_TYPE,
    mutation_operators,
    operator_arg_removal,
    operator_assignment,
    operator_string,
)
from mutmut.mutation.pragma_handling import get_ignored_lines


@dataclass(frozen=True)
class Mutant:
    """A file with one change in it."""

    path: str
    line: int
    module: cst.Module
    original: cst.CSTNode
    changed: cst.CSTNode

    def source(self) -> str:
        changed = self.module.deep_replace(self.original, self.changed)
        assert isinstance(changed, cst.Module)
        return changed.code

    def lines(self) -> list[str]:
        """The lines that differ, as a diff shows them."""
        compared = ndiff(self.module.code.splitlines(), self.source().splitlines())
        return [" ".join(line.split()) for line in compared if line[0] in "+-"]


class EveryFunction(MutationVisitor):
    """mutmut leaves out decorated functions, since it keeps every mutant of a file in one copy of that file.

    Here each mutant has a copy of its own, so that decorated functions and tables at the top of a module count too.
    """

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef):
            return False
        return is_type_alias(node) or is_log_line(node) or super()._skip_node_and_children(node)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, from its first line to its last."""
    code = path.read_text()
    wrapper = MetadataWrapper(cst.parse_module(code))
    visitor = EveryFunction(OPERATORS, get_ignored_lines(str(path), code, wrapper))
    module = wrapper.visit(visitor)
    positions = wrapper.resolve(PositionProvider)
    for mutation in visitor.mutations:
        line = positions[mutation.original_node].start.line if mutation.original_node in positions else 0
        yield Mutant(str(path), line, module, mutation.original_node, mutation.mutated_node)


def is_type_alias(node: cst.CSTNode) -> bool:
    """`Steps = Generator[...]`: a name in capitalized words, given a value outside a class."""
    if not isinstance(node, cst.Assign) or not isinstance(name := node.targets[0].target, cst.Name):
        return False
    return name.value[0].isupper() and not name.value.isupper()


def is_log_line(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.Expr) or not isinstance(node.value, cst.Call):
        return False
    called = node.value.func
    return isinstance(called, cst.Attribute) and isinstance(called.value, cst.Name) and called.value.value == "log"


def is_text(node: cst.CSTNode) -> bool:
    """Whether it is a text for people."""
    if isinstance(node, cst.SimpleString):
        return " " in node.value
    if isinstance(node, cst.FormattedString):
        return any(isinstance(part, cst.FormattedStringText) and " " in part.value for part in node.parts)
    return isinstance(node, cst.ConcatenatedString)


def changed_word(node: cst.BaseString) -> Iterable[cst.CSTNode]:
    return [] if is_text(node) else list(operator_string(node))[:1]


def dropped_argument(node: cst.Call) -> Iterator[cst.CSTNode]:
    """Without a keyword argument; None for one without keyword, since the call would not fit the signature."""
    for place, argument in enumerate(node.args):
        if is_text(argument.value) or argument.value.deep_equals(cst.Name("None")):
            continue
        left = [] if argument.keyword or argument.star else [argument.with_changes(value=cst.Name("None"))]
        yield node.with_changes(args=[*node.args[:place], *left, *node.args[place + 1 :]])


def emptied_variable(node: cst.Assign | cst.AnnAssign) -> Iterable[cst.CSTNode]:
    return [] if node.value is not None and is_text(node.value) else operator_assignment(node)


def dropped_step(node: cst.SimpleStatementLine) -> Iterator[cst.CSTNode]:
    """A statement that is there for what it does: a call, a step of a flow, a refusal."""
    [statement, *others] = node.body
    acts = isinstance(statement, cst.Raise) or (
        isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call | cst.Await | cst.Yield)
    )
    if acts and not others and not is_log_line(statement):
        yield node.with_changes(body=[cst.Pass()])


def turned_condition(node: cst.If | cst.While) -> Iterator[cst.CSTNode]:
    """For conditions without an operator in them, which mutmut has no change for."""
    if isinstance(node.test, cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.NamedExpr | cst.Yield):
        condition = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.with_changes(test=cst.UnaryOperation(cst.Not(), condition))


IN_PLACE_OF: dict[Callable[..., Any], Callable[..., Iterable[cst.CSTNode]]] = {
    operator_string: changed_word,
    operator_arg_removal: dropped_argument,
    operator_assignment: emptied_variable,
}
OPERATORS: OPERATORS_TYPE = [
    *((node_type, IN_PLACE_OF.get(operator, operator)) for node_type, operator in mutation_operators),
    (cst.SimpleStatementLine, dropped_step),
    (cst.If, turned_condition),
    (cst.While, turned_condition),
]
