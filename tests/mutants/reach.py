"""Which tests get to which line, and how long each takes: seen once, before anything is changed."""

import json
import sys
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from coverage import Coverage
from coverage.parser import PythonParser
from mutmut.configuration import config

# The nearest first. Rooms may come and go.
FOLDERS = [
    folder
    for folder in (
        f"tests/{room}" for room in ("lifecycle", "rows", "orchestrators", "histories", "activities", "triggers")
    )
    if Path(folder).exists()
]
# Besides those of its own room, who is asked about a line that is run on import only (a table, a constant): nobody sees
# who reads it later.
FLOWS = ("tests/orchestrators", "tests/histories")
# A test that takes longer is not asked: it starts processes, which run the code as it is.
SLOW_SECONDS = 4.0


def name_packages(result: Path) -> int:
    """Write down which installed modules the tests import. Returns pytest's exit code."""
    code = pytest.main(["-q", "--collect-only", "-p", "no:cacheprovider", *FOLDERS])
    files = ((name, getattr(module, "__file__", None) or "") for name, module in sys.modules.items())
    result.write_text(json.dumps([name for name, path in files if "site-packages" in path]))
    return int(code)


@dataclass(eq=False)  # pytest keeps its plugins in a set
class Watch:
    """A plugin of pytest that notes which test is running, and how long it takes."""

    coverage: Coverage
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.coverage.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration


def watch(folder: str, result: Path) -> int:
    """Run the tests of one folder, and write down what was seen. Returns pytest's exit code."""
    coverage = Coverage(data_file=None, config_file=False, include=[f"{room}/*.py" for room in config().source_paths])
    plugin = Watch(coverage)
    coverage.start()
    code = pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", folder], plugins=[plugin])
    coverage.stop()
    data = coverage.get_data()
    lines = {str(Path(path).relative_to(Path.cwd())): data.contexts_by_lineno(path) for path in data.measured_files()}
    result.write_text(json.dumps({"lines": lines, "seconds": plugin.seconds}))
    return int(code)


@dataclass
class Reach:
    """What was seen in all folders together; `lines` by file and the first line of a statement."""

    lines: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, result: Path) -> None:
        found = json.loads(result.read_text())
        self.seconds |= found["seconds"]
        for path, lines in found["lines"].items():
            for line, tests in lines.items():
                self.lines[path, _parsed(path).first_line(int(line))] |= set(tests)

    def tests_of(self, path: str, line: int) -> list[str]:
        """The tests that get to a line, the nearest first; none of them slow."""
        tests = self.lines.get((path, _parsed(path).first_line(line)), set())
        if tests == {""}:
            near = (f"tests/{path.partition('/')[0]}", *FLOWS)
            tests = {test for test in self.seconds if test.startswith(near)}
        return [test for test in self.seconds if test in tests and self.seconds[test] < SLOW_SECONDS]


@cache
def _parsed(path: str) -> PythonParser:
    parser = PythonParser(filename=path)
    parser.parse_source()
    return parser
