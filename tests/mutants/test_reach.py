"""Which test gets where is watched by a plugin of pytest."""

import pytest
from coverage import Coverage

from tests.mutants.reach import Watch


def test_watch_can_stand_among_the_plugins_that_the_flows_tests_look_through() -> None:
    plugins = pytest.PytestPluginManager()
    watch = Watch(Coverage(data_file=None, config_file=False))

    plugins.register(watch)

    assert watch in plugins.get_plugins()
