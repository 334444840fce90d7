"""A slip at a border is an error of the type checker: a misspelt field, a wrong or missing keyword, a wrong result."""

import re
from pathlib import Path

from mypy import api

SLIPS = Path(__file__).with_name("slips.py")
CONFIG = Path(__file__).with_name("mypy.ini")
CACHE = Path(__file__).parents[2] / ".mypy_cache" / "borders"  # what did not change is not read again
EXPECTED = re.compile(r"# refused: ([a-z-]+)$")
REPORTED = re.compile(r"slips\.py:(\d+): error: .*\[([a-z-]+)\]$", re.MULTILINE)


def expected() -> dict[int, str]:
    lines = enumerate(SLIPS.read_text().splitlines(), 1)
    return {number: found[1] for number, line in lines if (found := EXPECTED.search(line))}


def test_every_slip_is_refused_and_nothing_else_is() -> None:
    report, trouble, _ = api.run(["--config-file", str(CONFIG), "--cache-dir", str(CACHE), str(SLIPS)])

    assert trouble == ""
    assert {int(number): code for number, code in REPORTED.findall(report)} == expected(), report
