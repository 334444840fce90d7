"""Every play is on a tape in tests/histories."""

from collections.abc import Iterator

import pytest

from tests.histories.files import file_of, play_names
from tests.histories.recorder import Recorder
from tests.orchestrators.driver import PLAYED


@pytest.fixture(autouse=True)
def on_tape(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hand the tapes of a test to whoever records, and otherwise see that they were recorded."""
    PLAYED.clear()
    yield
    recorders = [each for each in request.config.pluginmanager.get_plugins() if isinstance(each, Recorder)]
    for recorder in recorders:
        recorder.keep(request.node, PLAYED)
    for name, tape in zip(play_names(request.node, PLAYED), PLAYED, strict=True):
        file = file_of(tape, name)
        assert recorders or file.exists(), f"{file.name} is not recorded yet: run `make histories`"
