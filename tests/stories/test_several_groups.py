"""Several managed groups, and several events of one person: which date counts, and what comes back with which group.

On the real orchestrators and activities, as tests/stories/test_interleavings.py plays them.
"""

import pytest

from rows import mails
from tests.orchestrators.scheduler import Play
from tests.orchestrators.small_world import E3, ENTRA_USER, SWAY, VISIO, Licenses
from tests.stories.test_interleavings import BOTH, CATALOG, WEEK, Stage

OF_NO_GROUP = "53818b1b-4a27-454b-8896-0dba576410e6"
LICENSED: Licenses = {E3: (SWAY,), VISIO: (), OF_NO_GROUP: ()}


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Of somebody in two groups that give a license each, who has one of no group besides."""
    return Stage(monkeypatch, groups=BOTH, catalog=CATALOG, held=LICENSED, direct=LICENSED, delay=WEEK).make({})


def go_on(play: Play, *story: str) -> tuple[bool, Licenses]:
    """Play on until this is told, which ends in a wait. Returns what the account is then."""
    play.story = (*play.story, *story)
    play.perform(to_the_end=False)
    return play.world.enabled, play.world.direct


@pytest.mark.parametrize("order", [("Office", "Visio"), ("Visio", "Office")], ids=" first, then ".join)
def test_latest_date_counts_whichever_group_is_left_first(play: Play, order: tuple[str, ...]) -> None:
    assert go_on(play, *(f"leave {group}" for group in order), "wait 29") == (False, LICENSED)
    assert go_on(play, "wait 2") == (False, {})


def test_who_joins_a_group_again_within_its_delay_keeps_its_licenses(play: Play) -> None:
    assert go_on(play, "leave Visio", "wait 3", "join Visio", "wait 40") == (True, LICENSED)


def test_delay_of_the_group_that_was_left_is_the_one_that_counts(play: Play) -> None:
    go_on(play, "leave Office", "wait 31")

    assert go_on(play, "leave Visio", "wait 6") == (False, {VISIO: (), OF_NO_GROUP: ()})
    assert go_on(play, "wait 2") == (False, {})


def test_who_returns_to_one_of_two_groups_gets_back_what_that_group_or_no_group_gave(play: Play) -> None:
    assert go_on(play, "leave Office", "leave Visio", "wait 31") == (False, {})

    assert go_on(play, "join Visio", "wait 1") == (True, {VISIO: (), OF_NO_GROUP: ()})
    assert go_on(play, "join Office", "wait 1") == (True, LICENSED)


def test_leaving_twice_does_not_start_the_delay_over(play: Play) -> None:
    go_on(play, "leave Visio", "leave Office", "wait 20")

    assert go_on(play, "deactivate", "wait 11") == (False, {})


def test_reactivation_without_a_group_does_not_stop_the_removal_and_is_mailed_to_nobody(play: Play) -> None:
    go_on(play, "leave Visio", "leave Office", "wait 1", "deactivate", "wait 1")
    told = play.world.rows_of(mails.TABLE)

    assert go_on(play, "activate", "wait 10") == (False, LICENSED)
    assert play.world.rows_of(mails.TABLE) == told
    assert go_on(play, "wait 19") == (False, {})


def test_license_given_by_hand_meanwhile_stays_as_it_is(play: Play) -> None:
    go_on(play, "leave Visio", "leave Office", "wait 31")
    play.world.change_account(ENTRA_USER, direct={E3: ()})

    assert go_on(play, "join Office", "join Visio", "wait 1") == (True, {**LICENSED, E3: ()})
