"""One mutant, and the tests that might notice it."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import pytest

SURVIVED = int(pytest.ExitCode.OK)


class Changed(SourceFileLoader):
    """Loads a mutant in place of what stands in the file, and leaves no compiled file behind."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._source, self.path, "exec")


class ChangedModule(MetaPathFinder):
    """Finds the one module that is changed, and leaves the others to Python."""

    def __init__(self, path: str, source: str) -> None:
        self._name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self._path, self._source = str(Path(path).resolve()), source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return spec_from_file_location(fullname, self._path, loader=Changed(fullname, self._path, self._source))


class Only:
    """A plugin of pytest that runs the tests named, and no others."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._tests = set(tests)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._tests]


def run_tests(path: str, source: str, tests: Sequence[str]) -> int:
    """Pytest's exit code, after the first failure at the latest."""
    sys.meta_path.insert(0, ChangedModule(path, source))
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore"]
    return int(pytest.main([*options, *files], plugins=[Only(tests)]))
