"""Makes docs/stages.md of the tapes: the main paths of the flows, each a table of its stages."""

import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

from tests.histories.files import FOLDER, tape_in
from tests.histories.paths import Row, names, rows
from tests.histories.shown import OTHERS, PATHS
from tests.orchestrators.tape import Tape

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "stages.md"
ABOUT = """\
# The stages of the flows

Which stages a run shows, one after the other, on the main paths through each flow. The name is what its custom status
shows as `stage`; "skip" says whether an operator may leave the step out when it cannot be done. `make histories` makes
this page from the recorded plays (tests/histories): it says what the code does, so change the code and not the page.
"""
OTHER_FLOWS = """\
## The other flows

They concern no one person, and nobody is asked for a command.

| flow | how it goes | stages |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Path:
    """One path through a flow; `end` is the phase in which it leaves the person, or ends itself."""

    title: str
    rows: tuple[Row, ...]
    end: str


def page() -> str:
    flows = {flow: paths_of(flow) for flow in PATHS}
    mains = [paths[0] for paths in flows.values()]
    others = [_line(flow, play, title) for flow, plays in OTHERS.items() for play, title in plays.items()]
    return "\n".join([ABOUT, *(_flow(flow, flows[flow], mains) for flow in flows), OTHER_FLOWS + "".join(others)])


def paths_of(flow: str) -> list[Path]:
    tapes = [(title, tape_of(flow, play)) for play, title in PATHS[flow].items()]
    return [Path(title, tuple(rows(tape)), tape.stage) for title, tape in tapes]


def tape_of(flow: str, play: str) -> Tape:
    """In the newest version that has such a tape."""
    return tape_in(max(FOLDER.glob(f"v*/{flow}/{play}.json"), key=lambda file: int(file.parts[-3].removeprefix("v"))))


def _flow(flow: str, paths: Sequence[Path], mains: Sequence[Path]) -> str:
    return "\n".join([f"## `{flow}`\n", _whole(paths[0]), *(_difference(path, paths[0], mains) for path in paths[1:])])


def _whole(path: Path) -> str:
    return f"### {path.title}\n\n{_table(path.rows)}\nEnds as `{path.end}`.\n"


def _difference(path: Path, own: Path, mains: Sequence[Path]) -> str:
    """The rows between where the path leaves the main one of its flow and where it comes back to it."""
    for main in mains:
        if path.rows == main.rows:
            return f"### {path.title}\n\nAs *{main.title}*. Ends as `{path.end}`.\n"
    same, back = _shared(path, own)
    middle = path.rows[same : len(path.rows) - back]
    begins = f"As *{own.title}* up to `{path.rows[same - 1].name}`." if same else "Begins otherwise."
    between = f"\n\n{_table(middle)}\n" if middle else " "
    goes_on = f"Then as *{own.title}* from `{path.rows[-back].name}`. " if back else ""
    return f"### {path.title}\n\n{begins}{between}{goes_on}Ends as `{path.end}`.\n"


def _shared(path: Path, main: Path) -> tuple[int, int]:
    """With how many rows of the main path this one begins, and with how many it ends."""
    same = _common(main.rows, path.rows)
    return same, _common(main.rows[same:][::-1], path.rows[same:][::-1])


def _common(one: Sequence[Row], other: Sequence[Row]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _table(shown: Sequence[Row]) -> str:
    lines = [f"| `{row.name}` | {row.does} | {'yes ' if row.is_skippable else ''}|" for row in shown]
    return "\n".join(["| stage | what | skip |", "|---|---|---|", *lines, ""])


def _line(flow: str, play: str, title: str) -> str:
    stages = ", ".join(f"`{name}`" for name in names(tape_of(flow, play)))
    return f"| `{flow}` | {title} | {stages} |\n"
