"""The sequences of docs/ownership.md for which one run has to be held back: without its clause, each ends wrong.

On the real orchestrators and activities, as tests/stories/test_interleavings.py plays them; A and B as in
tests/stories/test_whose_account.py, which plays the other sequences.
"""

from dataclasses import dataclass

import pytest

import wiring
from rows import mails
from tests.orchestrators.scheduler import Play
from tests.orchestrators.small_clients import install
from tests.orchestrators.small_steps import OKTA
from tests.orchestrators.small_world import HELD, SETTINGS, VISIO, SmallWorld, add_second_person, small_world
from tests.stories.test_interleavings import BOTH, CATALOG, WEEK, PlayOptions, Stage

LEAVE, JOIN, DEACTIVATE, ACTIVATE = (
    f"deliver {each}"
    for each in (
        "group.user_membership.remove",
        "group.user_membership.add",
        "user.lifecycle.deactivate",
        "user.lifecycle.activate",
    )
)


@dataclass(frozen=True)
class Sequence:
    story: tuple[str, ...]
    wishes: tuple[str, ...]
    lags: bool = False
    faults: bool = False

    def perform(self, monkeypatch: pytest.MonkeyPatch) -> Play:
        options: PlayOptions = {"lags": self.lags, "faults": self.faults, "wishes": [*self.wishes]}
        return Stage(monkeypatch, *self.story, **options).perform()


def in_the_middle_of_a_write(*claim: str) -> Sequence:
    """A1 has passed its fence when B2 claims; B1, older and late, claims the person from B2."""
    return Sequence(
        ("deactivate", "B: shares", "B: join Office", "wait 40"),
        (
            "deactivate",
            f"{DEACTIVATE} e1",
            "disable_account: replace Accounts",
            "staged_deactivation-e1 sleeps 85",
            "B: shares",
            "B: join Office",
            f"{JOIN} e3",
            "hook sleeps 90",
            "disable_account: read Members",
            "disable_account: read Accounts",
            "staged_deactivation-e1 sleeps 50",
            *claim,
            f"{ACTIVATE} e2",
        ),
        faults=True,
    )


SEQUENCES = {
    "1: each run claims what the other one has": Sequence(
        ("deactivate", "B: shares", "wait 1", "B: join Office", "activate", "wait 40"),
        (
            "wait 1",
            "B: join Office",
            f"{JOIN} e4",
            "okta sleeps 90",
            "claim_account: find users in Okta",
            "activation-e4 sleeps 5",
            "activate",
            f"{ACTIVATE} e5",
            "claim_member: replace Members",
            "activation-e5 sleeps 10",
            "claim_account: replace Accounts",
            "activation-e4 sleeps 200",
        ),
        lags=True,
    ),
    "2: superseded before the claim is answered": in_the_middle_of_a_write(
        "claim_account: replace Accounts, and the answer gets lost"
    ),
    "3: superseded while it waits": in_the_middle_of_a_write(
        "claim_account: replace Accounts", "activation-e3 sleeps 1"
    ),
    "4: disabled a moment before the claim": Sequence(
        ("deactivate", "B: shares", "B: join Office", "wait 40"),
        (
            "deactivate",
            f"{DEACTIVATE} e1",
            "disable_account: replace Accounts",
            "staged_deactivation-e1 sleeps 91",
            "B: shares",
            "B: join Office",
            f"{JOIN} e3",
            "hook sleeps 300",
            "find_account: find users in Okta",
            "find_account: find users in Okta",
            "activation-e3 sleeps 3",
            "enable_account: read account, which is old",
        ),
        lags=True,
    ),
    "6: each reads the other one as the owner still": Sequence(
        (
            *("deactivate", "B: shares", "wait 1", "B: join Office", "wait 1", "activate", "wait 1"),
            *("deactivate", "B: leave Office", "wait 40"),
        ),
        (
            *("wait 1", "wait 1", "wait 1", "deactivate", "B: leave Office"),
            f"{LEAVE} e9",
            "hook sleeps 5",
            "find_account: read user in Okta, which is old",
            f"{DEACTIVATE} e8",
            "find_account: read groups in Okta, which is old",
        ),
        lags=True,
    ),
    "8: entitled between the reading of Okta and the claim": Sequence(
        ("B: shares", "wait 1", "deactivate", "B: join Office", "wait 20"),
        (
            "wait 1",
            "deactivate",
            f"{DEACTIVATE} e3",
            "claim_account: find users in Okta",
            "claim_account: read groups in Okta",
            "staged_deactivation-e3 sleeps 10",
            "B: join Office",
        ),
    ),
    "9: the run that took the account yields before it has enabled it": Sequence(
        ("deactivate", "B: shares", "wait 1", "B: join Office", "activate", "deactivate", "wait 40"),
        (
            "B: join Office",
            f"{JOIN} e4",
            "okta sleeps 91",
            "claim_account: replace Accounts",
            "activation-e4 sleeps 120",
            "activate",
            f"{ACTIVATE} e5",
            "okta sleeps 91",
            "claim_account: replace Accounts",
            "deactivate",
            f"{DEACTIVATE} e6",
        ),
    ),
    "13: a claim whose answer is lost, and another one": Sequence(
        ("leave Office", "deactivate", "wait 40"),
        (
            "claim_member: insert Members, and the answer gets lost",
            "deactivate",
            f"{DEACTIVATE} e2",
            "claim_member: replace Members",
        ),
        faults=True,
    ),
}


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_sequence_ends_right(monkeypatch: pytest.MonkeyPatch, sequence: Sequence) -> None:
    assert sequence.perform(monkeypatch).runs


def test_former_owner_by_a_late_reading_does_not_take_the_account_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """7: A had the account's name as login a moment ago, and B has it now."""
    wishes = [
        "rename",
        "B: hired",
        "B: join Office",
        f"{ACTIVATE} e3",
        f"{JOIN} e4",
        "hook sleeps 10",
        "read_entitlement: read groups in Okta, which is fresh",
        "claim_account: read groups in Okta, which is fresh",
        "read_entitlement: read groups in Okta, which is fresh",
        f"{LEAVE} e1",
    ]
    story = ("leave Office", "rename", "B: hired", "B: join Office", "wait 20")

    play = Stage(monkeypatch, *story, lags=True, stale={OKTA}, wishes=wishes).perform()

    assert "disable" not in [write.what for write in play.world.writes]


def test_late_readings_of_one_moment_turn_no_leave_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """17: put in by mistake and taken out again when the licenses go; the events come weeks later."""
    late = "read_entitlement: read groups in Okta, which is old"
    wishes = ["join Office", "leave Office", "hook sleeps 5000000", late, late]
    story = ("leave Office", "until 30", "join Office", "leave Office")

    play = Stage(monkeypatch, *story, lags=True, wishes=wishes).perform()

    assert "enable" not in [write.what for write in play.world.writes]


def test_runs_that_find_each_others_account_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """12: A and B come back while they leave, and exchange their logins."""
    world = small_world()
    add_second_person(world, groups={"Office"}, direct=HELD)
    install(world, monkeypatch)
    leaves = ("leave Office", "B: leave Office", "join Office", "B: join Office")
    renames = ("rename nobody@contoso.com", "B: rename maya.lin@contoso.com", "rename bob.ray@contoso.com")
    wishes = [
        *("leave Office", f"{LEAVE} e1", "pass_brake: upsert State", "staged_deactivation-e1 sleeps 1"),
        *("B: leave Office", f"{LEAVE} e2", "pass_brake: upsert State", "staged_deactivation-e2 sleeps 1"),
        *("join Office", "B: join Office", "hook sleeps 400", "okta sleeps 20"),
        *("claim_account: insert Accounts", "claim_account: insert Accounts"),
        *("claim_account: replace Accounts", "staged_deactivation-e1 sleeps 1", "claim_account: replace Accounts"),
    ]
    play = Play((*leaves, *renames, "wait 40"), {}, world, wishes=wishes).perform()

    play.check_end()
    assert [run.output["phase"] for run in play.runs] == ["superseded", "superseded", "active", "active"]


def test_release_holds_for_whichever_run_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deactivated in the moment after the operator's word was taken, while the brake lets nobody through."""
    world = small_world(settings=SETTINGS.model_copy(update={"max_deactivations_per_hour": 0}))
    install(world, monkeypatch)
    wishes = ["take_order: replace Members", "deactivate", f"{DEACTIVATE} e3"]
    play = Play(("leave Office", "release", "deactivate", "wait 40"), {}, world, wishes=wishes).perform()

    play.check_end()
    assert play.runs[-1].output["phase"] == "unlicensed"


def told_of_removals(world: SmallWorld) -> list[str]:
    return [str(row["Text"]) for row in world.rows_of(mails.TABLE) if "licenses_removed" in str(row["RowKey"])]


@pytest.mark.parametrize("activity", ["remove_licenses: remove licenses", "mail_licenses_removed: read Members"])
def test_manager_is_told_what_went_although_the_run_that_removed_it_was_displaced(
    monkeypatch: pytest.MonkeyPatch, activity: str
) -> None:
    wishes = [activity, "deactivate", f"{DEACTIVATE} e3"]

    play = Stage(monkeypatch, "leave Office", "until 30", "deactivate", wishes=wishes).perform()

    told = told_of_removals(play.world)
    assert told
    assert all(wiring.sku_names()[sku_id] in text for text in told for sku_id in HELD)


@pytest.mark.parametrize(
    "activity",
    [
        "remove_licenses: remove licenses",
        "find_manager: read Members",
        "forget_left_group: read Members",
    ],
)
def test_manager_is_told_once_what_went_with_a_left_group_although_the_run_that_removed_it_was_displaced(
    monkeypatch: pytest.MonkeyPatch, activity: str
) -> None:
    wishes = [activity, "reactivate", "deliver user.lifecycle.reactivate e3"]
    story = ("leave Visio", "until 7", "reactivate")

    play = Stage(monkeypatch, *story, groups=BOTH, catalog=CATALOG, delay=WEEK, wishes=wishes).perform()

    (told,) = told_of_removals(play.world)
    assert wiring.sku_names()[VISIO] in told
