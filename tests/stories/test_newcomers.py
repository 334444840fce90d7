"""Newcomers and people who move: each group's licenses come with it, whichever of several events' runs gets to act.

On the real orchestrators and activities, as tests/stories/test_interleavings.py plays them.
"""

import os
from collections.abc import Set as AbstractSet
from typing import Unpack

import pytest

from tests.orchestrators.small_world import E3, VISIO, Licenses
from tests.stories.test_interleavings import BOTH, CATALOG, ORDERS, WEEK, Order, PlayOptions, Stage

EXAMPLES = 4 * int(os.environ.get("OFFSTAGE_EXAMPLES", "5"))
LEAVE, JOIN = "deliver group.user_membership.remove", "deliver group.user_membership.add"
ALL_PLANS: Licenses = {E3: (), VISIO: ()}  # a catalog knows no switched-off plans


def stage(monkeypatch: pytest.MonkeyPatch, *story: str, has: AbstractSet[str], **options: Unpack[PlayOptions]) -> Stage:
    """A company whose two groups give one license each, and a person who is in these groups and has their licenses."""
    direct: Licenses = {sku: () for group, sku in CATALOG.items() if group in has}
    return Stage(monkeypatch, *story, groups=has, catalog=CATALOG, held=ALL_PLANS, direct=direct, **options)


STORIES: dict[str, tuple[AbstractSet[str], tuple[str, ...]]] = {
    "joins two groups at once": (set(), ("join Office", "join Visio")),
    "moves, and the leave comes first": ({"Office"}, ("leave Office", "join Visio", "wait 40")),
    "moves, and the join comes first": ({"Office"}, ("join Visio", "leave Office", "wait 40")),
    "leaves two of two groups and joins one": (BOTH, ("leave Office", "leave Visio", "join Visio", "wait 40")),
    "is put in, taken out and put in again": (set(), ("join Office", "leave Office", "join Office")),
    "joins one group, is put into the other, taken out and put in again": (
        set(),
        ("join Office", "join Visio", "leave Visio", "join Visio"),
    ),
    "joins, leaves for good, and returns to the other group": (
        set(),
        ("join Office", "wait 1", "leave Office", "wait 40", "join Office", "join Visio"),
    ),
    "is activated and taken out at once when the licenses are gone, and joins the other group": (
        {"Visio"},
        ("deactivate", "wait 40", "leave Visio", "activate", "wait 40", "join Office"),
    ),
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize(("has", "story"), STORIES.values(), ids=STORIES)
def test_every_group_gives_its_license_and_takes_it_along(
    monkeypatch: pytest.MonkeyPatch, has: AbstractSet[str], story: tuple[str, ...], order: Order
) -> None:
    assert stage(monkeypatch, *story, has=has, delay=WEEK, **order).perform().runs


@pytest.mark.parametrize(("has", "story"), STORIES.values(), ids=STORIES)
def test_steps_of_newcomers_and_movers_may_come_in_any_order(
    monkeypatch: pytest.MonkeyPatch, has: AbstractSet[str], story: tuple[str, ...]
) -> None:
    played = list(stage(monkeypatch, *story, has=has, delay=WEEK).perform_at_random(range(EXAMPLES)))

    assert any(run.output["phase"] == "superseded" for play in played for run in play.runs)


def test_leave_that_another_event_displaced_before_it_could_act_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    plays = stage(monkeypatch, "leave Office", "join Visio", "wait 40", has={"Office"}, delay=WEEK)

    assert plays.perform_all(turns_at_most=1) > 1


def test_first_joining_that_is_told_last_of_all_is_no_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """By then the leave in between is on record, and so is the return to the group."""
    story = ("join Office", "join Visio", "leave Visio", "join Visio")
    wishes = [*story, f"{LEAVE} e3", "claim_member: insert Members", f"{JOIN} e1", "hook sleeps 400"]
    wishes += [f"{JOIN} e4", "hook sleeps 3600", f"{JOIN} e2"]
    plays = stage(monkeypatch, *story, has=set(), delay=WEEK, wishes=wishes)

    assert [run.output["phase"] for run in plays.perform().runs] == ["superseded", "active", "active", "active"]


@pytest.mark.parametrize(
    ("has", "story"),
    [
        (set(), ("seats gone", "join Office", "wait 1", "join Visio", "wait 1", "seats free", "wait 2")),
        (
            set(),
            ("seats gone", "join Office", "wait 1", "leave Office", "wait 1", "join Office", "seats free", "wait 2"),
        ),
        ({"Office"}, ("seats gone", "join Visio", "wait 1", "leave Office", "wait 1", "seats free", "wait 40")),
    ],
    ids=["while another group is joined", "while taken out and put in again", "while the former group is left"],
)
def test_license_that_waits_for_a_seat_is_given_in_the_end(
    monkeypatch: pytest.MonkeyPatch, has: AbstractSet[str], story: tuple[str, ...]
) -> None:
    assert stage(monkeypatch, *story, has=has, delay=WEEK).perform().runs


def test_group_that_was_left_and_joined_again_gives_back_what_went_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stage(monkeypatch, "leave Visio", "wait 40", "join Visio", "wait 1", has=BOTH, delay=WEEK).perform().runs


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize(
    "story",
    [
        ("leave Office", "join Office"),
        ("leave Office", "wait 1", "join Office", "wait 1", "activate"),
        ("leave Office", "wait 40", "join Office", "wait 1", "leave Office", "join Office"),
        ("deactivate", "wait 40", "activate", "wait 1", "activate"),
    ],
    ids=["out and in at once", "within the delay", "after the delay", "activated later"],
)
def test_whoever_comes_back_is_given_nothing_that_was_never_there(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...], order: Order
) -> None:
    """The catalog gives a license to newcomers; this person has been in the group for years without it."""
    world = Stage(monkeypatch, *story, catalog=CATALOG, held={}, direct={}, **order).perform().world

    assert not [write.what for write in world.writes if write.what.startswith("add")]
