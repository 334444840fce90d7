"""An account and the people it may belong to: nobody else's is touched, and who is entitled has everything in the end.

A is the first person, whose login is the account's name, B another one; `lags` lets replicas answer late. On the real
orchestrators and activities, as tests/stories/test_interleavings.py plays them. Numbers are those of the sequences in
docs/ownership.md.
"""

import json
from collections.abc import Set as AbstractSet

import pytest
from _pytest.mark import ParameterSet

from orchestrators.ownership import PREDECESSOR_WAITS
from rows import accounts, state
from tests.orchestrators.driver import NOW
from tests.orchestrators.scheduler import Play
from tests.orchestrators.small_steps import OKTA, TENANT
from tests.orchestrators.small_world import HELD, OTHER_USER
from tests.stories.test_interleavings import BOTH, EXAMPLES, ORDERS, WEEK, Order, Stage

REHIRED = ("delete", "B: hired", "B: join Office")


def told(*story: str, id: str) -> ParameterSet:
    return pytest.param(story, id=id)


STORIES = [
    told("deactivate", "wait 1", *REHIRED, "wait 40", id="rehired within the delay"),
    told("deactivate", *REHIRED, "wait 40", id="rehired at once (4, 6)"),
    told("deactivate", "wait 40", *REHIRED, "wait 1", id="rehired when the licenses are gone"),
    told("deactivate", "until 30", *REHIRED, "wait 1", id="rehired on the day the licenses go (3, 7)"),
    told("deactivate", *REHIRED, "B: leave Office", "wait 40", id="rehired, and leaves again (5, 12)"),
    told("deactivate", "wait 1", *REHIRED, "B: deactivate", "wait 40", id="rehired, and deactivated (2, 8)"),
    told("B: shares", "B: join Office", "B: leave Office", "wait 40", id="who has the same mail leaves"),
    told("B: shares", "deactivate", "wait 40", id="never managed, with the same mail (11)"),
    told("B: shares", "leave Office", "wait 40", id="leaves, while another has the same mail (14)"),
    told("deactivate", "wait 1", "B: shares", "B: join Office", "wait 40", id="rehired under another login (10)"),
    told("B: shares", "B: join Office", "deactivate", "wait 40", id="waits until the owner has left"),
    told("B: shares", "deactivate", "B: join Office", "activate", "deactivate", "wait 40", id="to and fro (1, 9)"),
    told("B: shares", "B: join Office", "deactivate", "activate", "deactivate", "wait 40", id="to and fro (9, 13)"),
    told("B: shares", "B: join Office", "deactivate", "wait 1", "activate", "wait 1", "B: leave Office", "wait 40",
        id="taken back by its rightful owner (10)"),
    told("B: shares", "B: join Office", "leave Office", "deactivate", "wait 40", id="leaves twice (7)"),
    told("leave Office", "join Office", "leave Office", "wait 40", id="leave, join, leave (15, 16, 17)"),
    told("leave Office", "wait 1", "join Office", "wait 1", "leave Office", "wait 40", id="days apart (18)"),
    told("deactivate", "until 30", "activate", "deactivate", "wait 40", id="back on the day the licenses go"),
]  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_account_ends_as_its_rightful_owner_is_entitled(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    assert Stage(monkeypatch, *story).perform().runs


@pytest.mark.parametrize("story", STORIES)
def test_steps_of_two_people_may_come_in_any_order_fail_and_read_what_is_old(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    stage = Stage(monkeypatch, *story, faults=True, lags=True)

    assert all(play.runs for play in stage.perform_at_random(range(EXAMPLES)))


@pytest.mark.parametrize("stale", [{OKTA}, {TENANT}, {OKTA, TENANT}], ids=["Okta", "the tenant", "both"])
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("story", STORIES)
def test_every_reading_may_be_old_that_can_be(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...], order: Order, stale: AbstractSet[str]
) -> None:
    assert Stage(monkeypatch, *story, lags=True, stale=stale, **order).perform().runs


def test_intent_that_was_not_carried_out_is_not_taken_for_done_when_the_host_dies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """5: the account was disabled a moment ago, reads as enabled still, and is to be enabled."""
    wishes = [
        "disable_account: read account, which is fresh",  # after the write, so that it is confirmed
        "enable_account: enable account: the host dies, and does it again",
    ]
    stage = Stage(monkeypatch, "leave Office", "join Office", lags=True, stale={TENANT}, faults=True, wishes=wishes)

    assert stage.perform().runs


def test_write_whose_answer_got_lost_is_made_again_whatever_a_reading_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """18: as above, but the write gets no answer and was not made."""
    wishes = [
        "disable_account: read account, which is fresh",
        "enable_account: enable account is not done, and nobody answers",
    ]
    stage = Stage(monkeypatch, "leave Office", "join Office", lags=True, stale={TENANT}, faults=True, wishes=wishes)

    assert stage.perform().runs


def test_claim_that_is_made_once_more_when_its_run_has_ended_takes_nobody_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run after it has waited for its end, and so has forgotten its claim."""
    wishes = [
        "goes on, a copy of claim_member comes later",
        "deliver user.lifecycle.deactivate e2",
        f"timer of {NOW + PREDECESSOR_WAITS[0]}",
        "start_grace_period: replace Members",
        "staged_deactivation-e1: claim_member once more",
    ]
    stage = Stage(monkeypatch, "leave Office", "deactivate", "wait 40", faults=True, wishes=wishes)

    assert stage.perform().runs


@pytest.mark.parametrize(
    "story",
    [
        told("deactivate", *REHIRED, id="rehired"),
        told("leave Office", "join Office", id="back at once"),
    ],
)
def test_any_activity_may_read_what_is_old_or_be_interrupted(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    stage = Stage(monkeypatch, *story, whole_activities=True, lags=True)

    assert stage.perform_all(turns_at_most=1) > len(story)


@pytest.mark.parametrize(
    "story",
    [
        told("security disables", "wait 1", "join Visio", "retry", id="joins another group"),
        told("security disables", "wait 1", "activate", "join Visio", "retry", id="is activated"),
        told("security disables", "wait 1", "leave Office", "wait 1", "join Office", "retry", id="returns"),
        told("security disables", "wait 1", "leave Office", "wait 40", "join Office", "retry", id="returns late"),
    ],
)
def test_account_that_somebody_else_disabled_is_enabled_by_an_operators_word_alone(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    asked, parked = Stage(monkeypatch, *story), Stage(monkeypatch, *story[:-1], "discard")

    assert asked.perform().world.enabled
    assert not parked.make({}).perform().world.enabled


def test_colleague_who_only_shares_the_mail_address_is_told_whose_the_account_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play = Stage(monkeypatch, "B: shares", "B: join Office", "wait 1").make({}).perform()

    assert play.world.enabled
    assert not play.world.writes
    assert "belongs to maya.lin@contoso.com" in (play.runs[-1].status["reason"] or "")


def test_taken_over_account_keeps_its_date_and_what_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one who is rehired without a group is not entitled, so the delay goes on from where it was."""
    story = ("deactivate", "wait 20", "delete", "B: hired", "B: join Office", "B: leave Office", "wait 40")

    play = Stage(monkeypatch, *story).perform()

    (row,) = play.world.rows_of(accounts.TABLE)
    account = accounts.from_values(row)
    assert account.owner == OTHER_USER
    assert account.snapshot is not None
    assert all(sku in account.snapshot for sku in HELD)


def test_somebody_who_was_never_in_a_managed_group_is_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    play = Stage(monkeypatch, "deactivate", "wait 40", groups=frozenset()).make({}).perform()

    assert not play.world.writes
    assert not play.world.rows_of(state.TABLE)  # so no passage of the brake is used up
    assert play.runs[-1].output["reason"] == "not under management: the user is deactivated in Okta"


@pytest.mark.parametrize(
    "story",
    [
        told("leave Office", "wait 1", "leave Visio", "wait 40", id="the longer delay first"),
        told("leave Visio", "wait 1", "leave Office", "wait 40", id="the shorter delay first"),
        told("leave Visio", "leave Office", "wait 40", id="at once"),
    ],
)
def test_licenses_of_several_groups_stay_until_the_latest_date(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    play = Stage(monkeypatch, *story, groups=BOTH, delay=WEEK).perform()

    assert play.world.direct == {}


def counted(play: Play) -> int:
    (counts,) = [row["Counts"] for row in play.world.rows_of(state.TABLE) if "Counts" in row]
    return sum(json.loads(counts).values())


def test_leaver_who_is_displaced_between_brake_and_date_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, "leave Office", "deactivate", whole_activities=True)
    wishes = ["pass_brake: upsert State", "deactivate", "deliver user.lifecycle.deactivate e2"]
    displaced = Stage(monkeypatch, "leave Office", "deactivate", wishes=wishes)

    assert [counted(play) for play in stage.perform_at_random(range(EXAMPLES))] == [1] * EXAMPLES
    assert counted(displaced.perform()) == 1
