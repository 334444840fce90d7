"""Every play of a story that differs from the default in a few places."""

import random
from collections.abc import Callable, Iterator, Sequence

from tests.orchestrators.scheduler import Play, Turns

SEED = 7  # of which plays are drawn where not all are played, the same ones each time


def plays(make: Callable[[Turns], Play], turns_at_most: int, one_in: int = 1) -> Iterator[Play]:
    """Every play that differs from the default by at most so many turns; of those with the most, one in so many."""
    chance = random.Random(SEED)
    waiting: list[dict[int, int]] = [{}]
    while waiting:
        turns = waiting.pop()
        play = make(turns).perform()
        yield play
        if len(turns) < turns_at_most:
            share = one_in if len(turns) + 1 == turns_at_most else 1
            waiting += [further for further in _further(turns, play.widths) if chance.randrange(share) == 0]


def _further(turns: Turns, widths: Sequence[int]) -> Iterator[dict[int, int]]:
    """With one turn more, which comes after all others."""
    for at in range(max(turns, default=-1) + 1, len(widths)):
        for to in range(1, widths[at]):
            yield {**turns, at: to}
