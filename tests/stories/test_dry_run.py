"""A trial changes nothing, and going live after it, or trying something in between, loses and rushes nobody.

On the real orchestrators and activities, as tests/stories/test_interleavings.py plays them.
"""

from datetime import timedelta

import pytest

from lifecycle.accounts import Account
from lifecycle.mail_ledger import MailState
from lifecycle.members import Member
from lifecycle.stages import Phase
from rows import accounts, audit, mails, members, state
from settings import Settings
from tests.orchestrators.scheduler import Play
from tests.orchestrators.small_clients import install
from tests.orchestrators.small_world import ENTRA_USER, HELD, SETTINGS, Licenses, small_world

DRY, REAL = SETTINGS.model_copy(update={"dry_run": True}), SETTINGS
OF_TWO = SETTINGS.model_copy(update={"dry_run": True, "max_deactivations_per_hour": 1})


class Trial:
    """One person, while somebody turns DRY_RUN on and off."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
        self.world = small_world(settings=settings)
        install(self.world, monkeypatch)
        self.play = Play((), {}, self.world)

    def go_on(self, *story: str, settings: Settings | None = None) -> None:
        """Play on with these settings, until the story is told, which ends in a wait."""
        self.world.settings = settings or self.world.settings
        self.play.story = (*self.play.story, *story)
        self.play.perform(to_the_end=False)

    @property
    def member(self) -> Member:
        (values,) = self.world.rows_of(members.TABLE)
        return members.from_values(values)

    @property
    def account(self) -> Account:
        (values,) = self.world.rows_of(accounts.TABLE)
        return accounts.from_values(values)

    @property
    def tenant(self) -> tuple[bool, Licenses]:
        return self.world.enabled, self.world.direct


UNTOUCHED = (True, HELD)


def test_trial_goes_through_every_step_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch, DRY)

    trial.go_on("leave Office", "wait 40")

    assert (trial.tenant, trial.world.writes) == (UNTOUCHED, [])
    assert (trial.member.reason or "").startswith("a dry run (DRY_RUN)")
    assert trial.play.runs[-1].output["phase"] == "unlicensed"


def test_run_that_began_in_a_trial_takes_nothing_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch, DRY)
    trial.go_on("leave Office", "wait 1")

    trial.go_on("wait 40", settings=REAL)

    assert (trial.tenant, trial.world.writes) == (UNTOUCHED, [])


def test_leave_after_a_trial_has_its_whole_delay_and_passes_the_brake_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch, DRY)
    trial.go_on("leave Office", "wait 20")
    began_at = trial.world.now

    trial.go_on("deactivate", "wait 1", settings=REAL)
    assert trial.tenant == (False, HELD)
    assert ENTRA_USER in str(trial.world.rows_of(state.TABLE))  # whom the brake has let through
    assert trial.account.due_at is not None
    assert trial.account.due_at - began_at >= timedelta(days=30)

    trial.go_on("wait 40")
    assert trial.tenant == (False, {})


def test_run_that_began_for_real_is_not_finished_in_pretence(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch, REAL)
    trial.go_on("leave Office", "wait 1")

    trial.go_on("wait 40", settings=DRY)

    assert trial.tenant == (False, HELD)
    assert trial.member.phase is Phase.NEEDS_ATTENTION
    assert "DRY_RUN was switched on" in (trial.member.reason or "")


def test_event_that_comes_during_a_trial_does_not_turn_a_real_run_into_a_dry_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial = Trial(monkeypatch, REAL)
    trial.go_on("leave Office", "wait 1")

    trial.go_on("deactivate", "wait 2", settings=DRY)

    assert not trial.member.dry_run
    assert trial.member.phase is Phase.NEEDS_ATTENTION
    assert trial.tenant == (False, HELD)


def test_brake_and_mails_of_a_trial_are_as_they_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(monkeypatch, OF_TWO)
    trial.go_on("leave Office", "wait 1")

    written = [mails.from_values(values) for values in trial.world.rows_of(mails.TABLE)]
    acts = [audit.from_values(values) for values in trial.world.rows_of(audit.TABLE)]
    assert written
    assert {mail.state for mail in written} <= {MailState.RECORDED, MailState.NOBODY}
    assert acts
    assert all(act.dry_run for act in acts)
