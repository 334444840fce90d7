"""A change to a flow that would break instances which are asleep fails here."""

from pathlib import Path

import pytest

from lifecycle.inputs import UNDERSTOOD
from tests.histories import lines
from tests.histories.files import FOLDER, files, tape_in
from tests.histories.replay import replay


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(FOLDER)))
def test_instance_asleep_anywhere_goes_on_as_its_tape_says(file: Path) -> None:
    replay(tape_in(file))


def test_every_line_of_every_flow_is_on_a_tape() -> None:
    played: set[lines.Line] = set()

    with lines.noting_lines(played):
        for file in files():
            replay(tape_in(file))

    missing = sorted(f"{Path(file).name}:{number}" for file, number in lines.lines_of_functions() - played)
    assert not missing, "no play of tests/orchestrators comes here: add one, and `make histories`"


@pytest.mark.parametrize(("flow", "version"), UNDERSTOOD.items())
def test_every_flow_has_a_tape_of_its_newest_version(flow: str, version: int) -> None:
    assert any(file.parent == FOLDER / f"v{version}" / flow for file in files())
