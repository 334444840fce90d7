"""Whatever happens to two people and their accounts, in the end the tenant says what Okta says.

On the real orchestrators and activities, on the world in memory; a failure prints its seed, which repeats it. A night's
run is `OFFSTAGE_LIVES=100000 pytest tests/stories/test_random_lives.py`; `OFFSTAGE_FIRST_LIFE` begins elsewhere.
"""

import os
import random
from datetime import timedelta

import pytest

from tests.orchestrators.scheduler import Play
from tests.orchestrators.small_clients import install
from tests.orchestrators.small_scenarios import random_scenario
from tests.stories.test_interleavings import EXAMPLES

FIRST = int(os.environ.get("OFFSTAGE_FIRST_LIFE", "0"))
LIVES = int(os.environ.get("OFFSTAGE_LIVES", 8 * EXAMPLES))
SHORTEST_DELAY = timedelta(days=7)  # of the two groups


def live(seed: int, monkeypatch: pytest.MonkeyPatch) -> Play:
    chance = random.Random(seed)
    scenario = random_scenario(chance)
    world = scenario.world()
    install(world, monkeypatch)
    play = Play(
        scenario.story,
        {},
        world,
        faults=scenario.faults,
        lags=scenario.lags,
        stale=scenario.stale,
        log=scenario.log,
        delay=SHORTEST_DELAY,
        chance=chance,
    )
    return play.perform()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + LIVES))
def test_tenant_says_in_the_end_what_okta_says(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    live(seed, monkeypatch).check_end()
