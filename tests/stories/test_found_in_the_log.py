"""The hook is a doorbell: what the log does not have never happens, and what it has is acted on, however late it comes.

On the real orchestrators and activities, as tests/stories/test_interleavings.py plays them. Numbers are those of the
sequences in docs/ownership.md.
"""

import pytest

from rows import accounts, mails, members
from tests.orchestrators.scheduler import Play
from tests.orchestrators.small_scenarios import FORGED
from tests.orchestrators.small_world import OKTA_USER, SmallWorld
from tests.stories.test_interleavings import BOTH, CATALOG, EXAMPLES, WEEK, Stage

LOOKS_OF_AN_HOUR = 8
PHASES = {
    "nothing has happened": (),
    "in the grace period": ("leave Office", "wait 1"),
    "the licenses are gone": ("leave Office", "wait 40"),
    "active again": ("leave Office", "wait 1", "join Office", "wait 1"),
    "deactivated": ("deactivate", "wait 1"),
    "passed over": ("B: shares", "B: deactivate", "wait 1"),
    "needs attention": ("security disables", "wait 1", "join Visio", "wait 1"),
    "two living users with the mail address": ("B: shares", "B: join Office", "wait 1"),
}


def kept(world: SmallWorld, table: str) -> list[str]:
    """The rows of a table, without when they were last written."""
    return [str({column: value for column, value in row.items() if column != "At"}) for row in world.rows_of(table)]


def played(monkeypatch: pytest.MonkeyPatch, *story: str) -> Play:
    return Stage(monkeypatch, *story, log=True).make({}).perform(to_the_end=False)


@pytest.mark.parametrize("who", ["A", "B"], ids=["managed", "never managed, or another one"])
@pytest.mark.parametrize("phase", PHASES.values(), ids=PHASES)
def test_forged_events_of_every_type_change_nothing_in_any_phase(
    monkeypatch: pytest.MonkeyPatch, phase: tuple[str, ...], who: str
) -> None:
    forged = [f"{who}: forged {what}" for what in FORGED]

    left_alone = played(monkeypatch, *phase, "wait 1")
    rung_at = played(monkeypatch, *phase, *forged, "wait 1")

    assert [run.output["phase"] for run in rung_at.runs if "-f" in run.instance_id] == ["unseen"] * len(forged)
    assert rung_at.world.tenant.state == left_alone.world.tenant.state
    assert [write.what for write in rung_at.world.writes] == [write.what for write in left_alone.world.writes]
    for table in (members.TABLE, accounts.TABLE, mails.TABLE):
        assert kept(rung_at.world, table) == kept(left_alone.world, table)


@pytest.mark.parametrize("minutes", [1, 59, 60, 61, 70])
def test_event_that_comes_late_into_the_log_is_acted_on_all_the_same(
    monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    """19: it may come just when the run for its delivery has looked for the last time."""
    stage = Stage(monkeypatch, f"late {minutes} leave Office", log=True, whole_activities=True)

    assert stage.perform_all(turns_at_most=2)


def test_event_that_catch_up_reads_between_the_last_look_and_the_end_of_the_run_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """19: catch-up finds a run for it, and that run does not look again."""
    look = "find_in_log: look into Okta's log"
    wishes = [*[look] * LOOKS_OF_AN_HOUR, "staged_deactivation-e1 sleeps 90"]

    play = Stage(monkeypatch, "late 61 leave Office", "wait 40", log=True, wishes=wishes).perform()

    assert not play.world.direct


def test_event_whose_delivery_gets_lost_or_that_comes_late_is_acted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, "leave Office", "wait 1", "join Office", "leave Office", log=True, faults=True)

    assert all(play.runs for play in stage.perform_at_random(range(EXAMPLES * 4)))


def test_event_that_is_delivered_about_somebody_else_is_acted_on_as_the_log_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play = Stage(monkeypatch, "B: shares", "swapped leave Office", "wait 40", log=True).perform()

    assert {write.okta_user_id for write in play.world.writes} == {OKTA_USER}


def test_removals_of_a_group_that_is_being_deleted_count_as_leaving_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """21: the group is gone only a moment after its removals were logged."""
    play = Stage(monkeypatch, "dissolve Office", "wait 1").make({}).perform()

    assert play.world.enabled
    assert not play.world.writes


def test_licenses_of_a_group_that_was_deleted_stay_with_whoever_is_in_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play = Stage(monkeypatch, "dissolve Visio", "wait 40", groups=BOTH, catalog=CATALOG, delay=WEEK).make({}).perform()

    assert not play.world.writes
    assert play.runs[-1].output["phase"] == "active"


@pytest.mark.parametrize("story", [("deactivate", "dissolve Office"), ("dissolve Office", "deactivate")])
def test_whoever_is_deactivated_leaves_whatever_became_of_a_group(
    monkeypatch: pytest.MonkeyPatch, story: tuple[str, ...]
) -> None:
    stage = Stage(monkeypatch, *story, "wait 40", whole_activities=True)

    assert stage.perform_all(turns_at_most=1) > 1


def test_newcomer_who_joins_two_groups_at_once_is_enabled_although_the_account_was_made_disabled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """20: the second run finds a row already."""
    stage = Stage(
        monkeypatch,
        "join Office",
        "join Visio",
        groups=frozenset(),
        catalog=CATALOG,
        held=dict.fromkeys(CATALOG.values(), ()),
        direct={},
        enabled=False,
        delay=WEEK,
        whole_activities=True,
    )

    assert stage.perform_all(turns_at_most=2) > 1
