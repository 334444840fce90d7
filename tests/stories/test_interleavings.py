"""Several events about one person at once: however their steps interleave, all ends as Okta says and nobody interferes.

The orchestrators and the activities are the real ones, on a world in memory; a scheduler decides whose step is next.
A play that fails is printed with its turns, so that `Play(story, turns)` repeats it. Of the plays with the most turns
every eighth or so is drawn; with OFFSTAGE_EXAMPLES above 5 all of them are played, of longer stories too.
"""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from types import MappingProxyType
from typing import ParamSpec, TypedDict, Unpack

import pytest
from _pytest.mark import ParameterSet

from lifecycle import mails
from lifecycle.mails import Mail
from tests.orchestrators.every_play import plays
from tests.orchestrators.scheduler import Play, Turns
from tests.orchestrators.small_clients import SmallOkta, install
from tests.orchestrators.small_world import E3, HELD, VISIO, Licenses, small_world

P = ParamSpec("P")


class Order(TypedDict, total=False):
    eager: bool
    newest_first: bool


class PlayOptions(Order, total=False):
    whole_activities: bool
    faults: bool
    lags: bool
    stale: AbstractSet[str]
    log: bool
    delay: timedelta
    wishes: list[str]


class Circumstances(Order, total=False):
    delay: timedelta
    groups: AbstractSet[str]
    catalog: Mapping[str, str]


FEW = 5
EXAMPLES = int(os.environ.get("OFFSTAGE_EXAMPLES", FEW))
ONE_IN = 1 if EXAMPLES > FEW else 8
ORDERS: dict[str, Order] = {
    "one after the other": {},
    "all at once": {"eager": True},
    "all at once, the newest first": {"eager": True, "newest_first": True},
}
SHORT = (("leave Office", "join Office", "leave Office"), ("leave Office", "deactivate"))
LONG = (
    ("leave Office", "wait 31", "join Office", "leave Office"),
    ("leave Office", "wait 31", "join Office", "leave Office", "join Office"),
    ("deactivate", "wait 31", "activate", "leave Office"),
)
RETURNS = (
    ("leave Office", "until 30", "join Office"),
    ("leave Office", "wait 1", "join Office", "wait 1", "leave Office"),
)
STORIES = (*SHORT, *LONG) if EXAMPLES > FEW else SHORT
WEEK = timedelta(days=7)
BOTH = frozenset({"Office", "Visio"})
in_each_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
of_each_story = pytest.mark.parametrize("story", STORIES, ids=", ".join)


def told(*story: str, id: str, **options: Unpack[Circumstances]) -> ParameterSet:
    return pytest.param(story, options, id=id)


CATALOG = {"Office": E3, "Visio": VISIO}


def written_once(write: Callable[P, Mail]) -> Callable[P, Mail]:
    """The same mail of the same arguments: thousands of plays write the same few."""
    written: dict[str, Mail] = {}

    def first(*args: P.args, **kwargs: P.kwargs) -> Mail:
        arguments = repr((args, kwargs))
        if arguments not in written:
            written[arguments] = write(*args, **kwargs)
        return written[arguments]

    return first


@pytest.fixture(autouse=True, scope="module")
def _mails_written_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for write in (mails.account_disabled_mail, mails.licenses_removed_mail, mails.account_enabled_mail):
            patch.setattr(mails, write.__name__, written_once(write))
        yield


class Stage:
    """Makes plays of one story, each on a new world."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        *story: str,
        groups: AbstractSet[str] = frozenset({"Office"}),
        catalog: Mapping[str, str] = MappingProxyType({}),
        held: Licenses = HELD,
        direct: Licenses = HELD,
        enabled: bool = True,
        **options: Unpack[PlayOptions],
    ) -> None:
        self.groups, self.catalog, self.held, self.direct = groups, catalog, held, direct
        self.enabled = enabled
        self.story, self.options, self.monkeypatch = story, options, monkeypatch

    def make(self, turns: Turns, chance: random.Random | None = None) -> Play:
        world = small_world(
            groups=self.groups, catalog=self.catalog, held=self.held, direct=self.direct, enabled=self.enabled
        )
        install(world, self.monkeypatch)
        return Play(self.story, turns, world, chance=chance, **self.options)

    def perform(self) -> Play:
        play = self.make({}).perform()
        play.check_end()
        return play

    def perform_all(self, turns_at_most: int) -> int:
        number = 0
        for play in plays(self.make, turns_at_most, ONE_IN):
            play.check_end()
            number += 1
        return number

    def perform_at_random(self, seeds: range) -> Iterator[Play]:
        for seed in seeds:
            play = self.make({}, random.Random(seed)).perform()
            play.check_end()
            yield play


@pytest.mark.parametrize(
    ("story", "options"),
    [
        told("leave Office", "until 30", "join Office", id="joins again"),
        told("deactivate", "until 30", "activate", id="is activated again"),
        told("leave Visio", "until 7", "join Visio", groups=BOTH, delay=WEEK, catalog=CATALOG, id="joins one of two"),
    ],
)
def test_return_on_the_day_of_the_removal_may_come_between_any_two_activities_and_be_told_late(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...], options: Circumstances
) -> None:
    stage = Stage(monkeypatch, *story, whole_activities=True, **options)

    assert stage.perform_all(turns_at_most=2) > len(story)


@in_each_order
@of_each_story
def test_any_run_may_be_interrupted_at_any_step(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...], order: Order
) -> None:
    assert Stage(monkeypatch, *story, **order).perform_all(turns_at_most=1) > len(story)


@of_each_story
def test_runs_may_interrupt_each_other_twice_between_their_activities(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    assert Stage(monkeypatch, *story, whole_activities=True).perform_all(turns_at_most=2) > len(story)


@pytest.mark.parametrize("story", [*SHORT, *LONG], ids=", ".join)
def test_runs_may_take_their_steps_in_random_order(monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]) -> None:
    played = list(Stage(monkeypatch, *story).perform_at_random(range(EXAMPLES * 4)))

    assert any(run.output["phase"] == "superseded" for play in played for run in play.runs)


@pytest.mark.parametrize("story", [*LONG, *RETURNS], ids=", ".join)
def test_steps_in_random_order_may_go_wrong_now_and_then(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    played = list(Stage(monkeypatch, *story, faults=True).perform_at_random(range(EXAMPLES * 4)))

    assert all(play.runs for play in played)


@of_each_story
def test_any_step_may_be_done_twice_or_its_answer_get_lost(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    assert Stage(monkeypatch, *story, faults=True).perform_all(turns_at_most=1) > len(story)


NEWEST_FIRST: Order = {"eager": True, "newest_first": True}


@pytest.mark.parametrize(
    ("story", "options"),
    [
        told("leave Office", "wait 5", "activate", id="activated in no group while the licenses are waiting to go"),
        told("deactivate", "wait 5", "join Visio", id="joins a group while deactivated"),
        told("deactivate", "wait 31", "seats gone", "activate", "wait 1", "leave Visio", "wait 1", "seats free",
            groups=BOTH, id="leaves one of two groups while waiting for a seat"),
        told("leave Office", "activate", **NEWEST_FIRST, id="left, and activated in no group: told in reverse"),
        told("leave Office", "wait 31", "join Office", "join Visio", "leave Visio", **NEWEST_FIRST,
            id="joined, and left another group: told in reverse"),
        told("leave Visio", "reactivate", groups=BOTH, delay=WEEK, catalog=CATALOG, **NEWEST_FIRST,
            id="left one of two groups, and reactivated: told in reverse"),
        told("leave Office", "wait 1", "leave Visio", "wait 1", "join Visio", "wait 10", "leave Visio",
            groups=BOTH, delay=WEEK, id="leaves again while the licenses of another group are waiting to go"),
        told("leave Office", "wait 1", "leave Visio", "wait 1", "join Office", groups=BOTH, delay=WEEK,
            catalog=CATALOG, id="leaves both groups and returns to one within the delay"),
    ],
)  # fmt: skip
def test_story_ends_in_what_okta_says(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...], options: Circumstances
) -> None:
    assert Stage(monkeypatch, *story, **options).perform().runs


def test_leave_of_a_deleted_group_waits_for_an_operator_whoever_takes_the_person_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(monkeypatch, "leave Office", "wait 1", "activate")

    async def is_gone(_: object, name_or_id: str) -> None:
        return None

    monkeypatch.setattr(SmallOkta, "find_group", is_gone)
    play = stage.make({}).perform()

    assert play.world.enabled
    assert play.runs[-1].status["stage"] == "needs_attention"


def test_delay_starts_over_for_who_returned_and_leaves_while_the_return_is_not_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = ("leave Office", "wait 20", "join Office", "leave Office")

    assert Stage(monkeypatch, *story, whole_activities=True).perform_all(turns_at_most=2) > len(story)
