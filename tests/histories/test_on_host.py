"""The tapes, played through the real SDK: what the plain generator asks for is what a host comes to see."""

from pathlib import Path

import pytest

from tests.histories.files import FOLDER, tape_in
from tests.histories.on_host import play, worth_playing
from tests.local.host.driver import Driver, recording_counts


@pytest.mark.parametrize("file", worth_playing(), ids=lambda file: str(file.relative_to(FOLDER)))
def test_host_sees_what_is_on_the_tape(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tape, seen = play(tape_in(file), Driver(recording_counts(monkeypatch)))

    assert seen == tape
