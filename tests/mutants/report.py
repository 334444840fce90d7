"""The survivors, and their share in each folder: on the terminal, and in build/mutants.json."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mutants.changes import Mutant
from tests.mutants.trial import SURVIVED

RESULT = Path("build/mutants.json")


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    code: int  # pytest's exit code; negative when the time was over
    tests: int

    @property
    def survived(self) -> bool:
        return self.code == SURVIVED

    @property
    def room(self) -> str:
        return self.mutant.path.partition("/")[0]

    def line(self) -> str:
        reached = "" if self.tests else "  (no test gets here)"
        return f"{self.mutant.path}:{self.mutant.line}{reached}\n    " + "\n    ".join(self.mutant.lines())


@dataclass(frozen=True)
class Share:
    """What became of the mutants of a folder."""

    folder: str
    mutants: int
    hung: int
    survived: int
    share: float


def write(verdicts: Iterable[Verdict], left: int) -> None:
    """Survivors first, so that the shares are what is read last."""
    verdicts = sorted(verdicts, key=lambda verdict: (verdict.mutant.path, verdict.mutant.line))
    survivors = [verdict for verdict in verdicts if verdict.survived]
    shares = list(_shares(verdicts))
    shown = [
        {"path": each.mutant.path, "line": each.mutant.line, "tests": each.tests, "diff": each.mutant.lines()}
        for each in survivors
    ]
    RESULT.write_text(
        json.dumps({"shares": [asdict(share) for share in shares], "untried": left, "survivors": shown}, indent=2)
        + "\n"
    )
    print("\n".join(verdict.line() for verdict in survivors))
    print(f"\n  {'folder':<16}{'mutants':>10}{'hung':>10}{'survived':>10}{'share':>9}")
    for share in shares:
        print(f"  {share.folder:<16}{share.mutants:>10}{share.hung:>10}{share.survived:>10}{share.share:>9.1%}")
    print(f"\n{RESULT} holds the same." + (f" {left} mutants were not tried: the time was over." if left else ""))


def _shares(verdicts: list[Verdict]) -> Iterator[Share]:
    for room in sorted({verdict.room for verdict in verdicts}):
        of_room = [verdict for verdict in verdicts if verdict.room == room]
        survived, hung = sum(each.survived for each in of_room), sum(each.code < 0 for each in of_room)
        yield Share(room, len(of_room), hung, survived, survived / len(of_room))
