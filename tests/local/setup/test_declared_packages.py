"""Every package the code imports is declared for where that code runs; what is only there by chance may go any day."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions

from local.paths import ROOT

ROOMS = ("activities", "clients", "lifecycle", "orchestrators", "pages", "rows", "triggers")
OURS = {*ROOMS, "function_app", "local", "settings", "tests", "wiring"}
DEPLOYED = [*(f"{room}/**/*.py" for room in ROOMS), "*.py"]
DEVELOPMENT = ["local/**/*.py", "tests/**/*.py"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*, dev: bool) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *(project["dependency-groups"]["dev"] if dev else [])]
    return {normal(each.split("==")[0]) for each in wanted}


def imported(patterns: list[str]) -> Iterator[str]:
    for path in (path for pattern in patterns for path in ROOT.glob(pattern)):
        beside = {neighbour.stem for neighbour in path.parent.iterdir()}  # a sample app's own modules
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from {alias.name.split(".")[0] for alias in node.names} - beside
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from {node.module.split(".")[0]} - beside


@cache
def distributions() -> dict[str, list[str]]:
    return {module: [normal(name) for name in names] for module, names in packages_distributions().items()}


def undeclared(patterns: list[str], *, dev: bool) -> set[str]:
    foreign = set(imported(patterns)) - OURS - set(sys.stdlib_module_names)
    return {module for module in foreign if not declared(dev=dev) & set(distributions().get(module, []))}


def test_deployed_code_imports_declared_packages_only() -> None:
    assert undeclared(DEPLOYED, dev=False) == set()


def test_local_code_and_tests_import_declared_packages_only() -> None:
    assert undeclared(DEVELOPMENT, dev=True) == set()
