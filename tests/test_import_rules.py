"""Import rules that import-linter cannot hold: it knows neither the modules at the root nor circles of modules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import ROOT

PACKAGES = ("activities", "clients", "lifecycle", "local", "orchestrators", "pages", "rows", "triggers")
ROOT_MODULES = ("function_app", "setting_values", "settings", "wiring")
OURS = {*PACKAGES, *ROOT_MODULES, "tests"}

Imports = dict[str, set[str]]


def modules() -> dict[str, Path]:
    """The repository's modules, but for its tests, by dotted name. `__init__` has the name of its package."""
    paths = [ROOT / f"{name}.py" for name in ROOT_MODULES]
    paths += [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported_names(path: Path) -> Iterator[str]:
    """What a file imports, in functions too. `from a import b` counts as `a` and as `a.b`, which may be a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached_from(module: str, imports: Imports) -> set[str]:
    reached: set[str] = set()
    waiting = list(imports[module])
    while waiting:
        found = waiting.pop()
        if found not in reached:
            reached.add(found)
            waiting.extend(imports[found])
    return reached


def circles(imports: Imports) -> set[frozenset[str]]:
    """Each group of modules that all reach one another."""
    reached = {module: reached_from(module, imports) for module in imports}
    in_circle = [module for module in imports if module in reached[module]]
    return {frozenset(other for other in reached[module] if module in reached[other]) for module in in_circle}


@pytest.fixture(scope="module")
def imports() -> Imports:
    paths = modules()
    return {module: (set(imported_names(path)) & paths.keys()) - {module} for module, path in paths.items()}


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("setting_values", {"lifecycle"}),
        ("settings", {"lifecycle", "setting_values"}),
        ("wiring", {"clients", "settings"}),
        ("function_app", {"activities", "orchestrators", "triggers", "wiring"}),
    ],
)
def test_a_module_at_the_root_imports_its_neighbours_only(module: str, allowed: set[str]) -> None:
    rooms = {name.split(".")[0] for name in imported_names(ROOT / f"{module}.py")}

    assert rooms & OURS <= allowed


def test_no_module_stands_in_a_circle_of_imports(imports: Imports) -> None:
    assert circles(imports) == set()


def test_a_circle_is_found_however_long_it_is() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set[str](), "e": {"a"}}

    assert circles(imports) == {frozenset("abc")}
