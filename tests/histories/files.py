"""Where the tapes are: `v<version>/<flow>/<play>.json`, one file for each play."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.orchestrators.tape import Tape, as_text, from_text

FOLDER = Path(__file__).parent
# The newest version of each flow that a release has stamped. A tape of a released version is never written again: what
# it says has happened to somebody.
RELEASED: Mapping[str, int] = {}


def file_of(tape: Tape, play: str) -> Path:
    return FOLDER / f"v{tape.version}" / tape.flow / f"{play}.json"


def play_names(item: pytest.Item, plays: Iterable[Tape]) -> list[str]:
    """The play of a test is called as the test; if it has several, they are numbered."""
    name = re.sub(r"\W+", "_", item.name.removeprefix("test_")).strip("_")
    return [name if number == 1 else f"{name}_{number}" for number, _ in enumerate(plays, 1)]


def files() -> list[Path]:
    return sorted(FOLDER.glob("v*/*/*.json"))


@cache
def tape_in(file: Path) -> Tape:
    return from_text(file.read_text())


def is_released(flow: str, version: int) -> bool:
    return version <= RELEASED.get(flow, 0)


def rewrite(tapes: Mapping[Path, Tape]) -> None:
    """Write these tapes and forget all others, but for those of released versions."""
    kept = {file for file in files() if is_released(tape_in(file).flow, tape_in(file).version)}
    for file in set(files()) - kept - tapes.keys():
        file.unlink()
    for file, tape in tapes.items():
        if file not in kept:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(as_text(tape))
    tape_in.cache_clear()
