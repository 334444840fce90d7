"""What a page of the documentation tells its reader to type, and the answers it shows.

A fence `sh` is typed. A fence `text` that follows is its answer: `…` in a line stands for something, a line `…` for any
lines. Ids, dates and times are the reader's own. A bare fence is for another terminal, and for nobody to check.
"""

import re
from dataclasses import dataclass

from local.paths import ROOT

FENCE = re.compile(r"^```(?P<language>\w+)?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "…"
# The most particular first: an instant, a date in words, a day, a time, and the ids of runs and events.
OF_THE_READER = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?"
    r"|\d{1,2} [A-Z][a-z]+ \d{4}"
    r"|\d{4}-\d\d-\d\d"
    r"|\b\d\d:\d\d(:\d\d)?\b"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|\b[0-9a-f]{8}-…"
)


@dataclass(frozen=True)
class Block:
    """One block to be typed; `answer` is None where the page shows none."""

    line: int
    commands: str
    answer: str | None


def blocks(page: str) -> list[Block]:
    """The blocks of a page in their order; each has the answer that stands before the next one."""
    text = (ROOT / page).read_text("utf-8")
    found: list[Block] = []
    for fence in FENCE.finditer(text):
        if fence["language"] == "sh":
            found.append(Block(text.count("\n", 0, fence.start()) + 1, fence["text"], None))
        elif fence["language"] == "text" and found and found[-1].answer is None:
            found[-1] = Block(found[-1].line, found[-1].commands, fence["text"])
    return found


def is_answered(expected: str, printed: str) -> bool:
    """Whether this was printed, but for what is left out and what is the reader's own."""
    lines = [_pattern(line) for line in OF_THE_READER.sub("~", expected).strip().splitlines()]
    return re.fullmatch("".join(lines), OF_THE_READER.sub("~", printed).strip() + "\n") is not None


def _pattern(line: str) -> str:
    if line.strip() == LEFT_OUT:
        return r"(?:.*\n)*?"
    return "[^\n]*".join(re.escape(part) for part in line.rstrip().split(LEFT_OUT)) + r" *\n"
