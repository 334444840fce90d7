"""Keeps the tapes of a whole run of the plays, so that they can be written once all went well."""

from pathlib import Path

import pytest

from tests.histories.files import file_of, play_names
from tests.orchestrators.tape import Tape


class Recorder:
    """A plugin of pytest. The fixture `on_tape` of the plays hands it every tape."""

    def __init__(self) -> None:
        self.tapes: dict[Path, Tape] = {}

    def keep(self, item: pytest.Item, plays: list[Tape]) -> None:
        for name, tape in zip(play_names(item, plays), plays, strict=True):
            file = file_of(tape, name)
            assert file not in self.tapes, f"two plays of {tape.flow} are called {name}"
            self.tapes[file] = tape
