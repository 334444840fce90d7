"""Import rules that import-linter cannot hold, since it knows packages and not the single modules at the root."""

import ast

import pytest

from local.paths import ROOT

OURS = {
    "activities", "clients", "function_app", "lifecycle", "local", "orchestrators", "pages", "settings", "tests",
    "rows", "triggers", "wiring",
}  # fmt: skip


def imports_of(module: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names & OURS


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("settings", {"lifecycle"}),
        ("wiring", {"clients", "settings"}),
        ("function_app", {"activities", "orchestrators", "triggers", "wiring"}),
    ],
)
def test_a_module_at_the_root_imports_its_neighbours_only(module: str, allowed: set[str]) -> None:
    assert imports_of(module) <= allowed
