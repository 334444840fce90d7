"""docs/stages.md says what the flows do."""

import pytest

from tests.histories.shown import OTHERS, PATHS
from tests.histories.stages_page import PAGE, page, paths_of
from tests.orchestrators.flows import FLOWS


def test_page_is_what_the_tapes_say() -> None:
    assert PAGE.read_text() == page(), "run `make histories`"


def test_every_flow_is_on_the_page() -> None:
    assert PATHS.keys() | OTHERS.keys() == FLOWS.keys()


@pytest.mark.parametrize("flow", PATHS)
def test_no_path_is_shown_twice(flow: str) -> None:
    paths = [(path.rows, path.end) for path in paths_of(flow)]

    assert len(set(paths)) == len(paths)
