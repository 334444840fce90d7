"""The survivors, and their share in each folder: on the terminal, and in build/mutants.json."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.changes import Mutant

RESULT = Path("build/mutants.json")


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    noticed: bool
    tests: int

    @property
    def room(self) -> str:
        return self.mutant.path.partition("/")[0]

    def line(self) -> str:
        reached = "" if self.tests else "  (no test gets here)"
        return f"{self.mutant.path}:{self.mutant.line}{reached}\n    " + "\n    ".join(self.mutant.lines())


def write(verdicts: Iterable[Verdict], left: int) -> None:
    """Survivors first, so that the shares are what is read last."""
    verdicts = sorted(verdicts, key=lambda verdict: (verdict.mutant.path, verdict.mutant.line))
    survivors = [verdict for verdict in verdicts if not verdict.noticed]
    shares = list(_shares(verdicts))
    shown = [
        {"path": each.mutant.path, "line": each.mutant.line, "tests": each.tests, "diff": each.mutant.lines()}
        for each in survivors
    ]
    RESULT.write_text(json.dumps({"shares": shares, "untried": left, "survivors": shown}, indent=2) + "\n")
    print("\n".join(verdict.line() for verdict in survivors))
    print(f"\n  {'folder':<16}{'mutants':>10}{'survived':>10}{'share':>9}")
    for share in shares:
        print(f"  {share['folder']:<16}{share['mutants']:>10}{share['survived']:>10}{share['share']:>8.1%}")
    print(f"\n{RESULT} holds the same." + (f" {left} mutants were not tried: the time was over." if left else ""))


def _shares(verdicts: list[Verdict]) -> Iterator[dict[str, str | float]]:
    for room in sorted({verdict.room for verdict in verdicts}):
        of_room = [verdict.noticed for verdict in verdicts if verdict.room == room]
        survived = of_room.count(False)
        yield {"folder": room, "mutants": len(of_room), "survived": survived, "share": survived / len(of_room)}
