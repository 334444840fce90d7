"""The demo's verdict: true for the story as it should go, and false for each way in which it could go wrong."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from local.demo.claims import claims
from local.demo.observer import Account, Delivery, Mail, Observation, RunStatus

DELAY_S = 5.0
DIRECT = frozenset({"Microsoft 365 E3", "Visio Plan 2"})
INHERITED = frozenset({"Power BI Free"})
BEFORE = Account(enabled=True, sessions_valid_from="2026-01-01T00:00:00Z", direct=DIRECT, inherited=INHERITED)
DISABLED = replace(BEFORE, enabled=False, sessions_valid_from="2026-09-14T08:00:00Z")
AFTER = replace(DISABLED, direct=frozenset())
FIRST = Mail("disabled", "The account is disabled.")
SECOND = Mail("removed", "Removed:\n- Microsoft 365 E3\n- Visio Plan 2\n\nThese stay:\n- Power BI Free")
DELIVERY = Delivery(200, 0.02, ("staged_deactivation-1",))
STORY = (
    Observation(0.0, BEFORE),
    Observation(1.0, DISABLED),
    Observation(1.2, DISABLED, (FIRST,), RunStatus("Running", "grace_period")),
    Observation(6.1, AFTER, (FIRST,), RunStatus("Running", "removing_licenses")),
    Observation(6.3, AFTER, (FIRST, SECOND), RunStatus("Completed", "unlicensed")),
)


def broken(observations: Sequence[Observation], delivery: Delivery | None = DELIVERY) -> list[str]:
    return [claim.says for claim in claims(observations, delivery, DELAY_S) if not claim.holds]


def ending(**changes: Any) -> list[Observation]:
    return [*STORY[:-1], replace(STORY[-1], **changes)]


def test_every_claim_holds_when_the_story_goes_as_it_should() -> None:
    assert broken(STORY) == []


@pytest.mark.parametrize("delivery", [None, Delivery(503, 0.1, ()), Delivery(200, 3.2, ())])
def test_an_event_that_okta_could_not_deliver_in_time_is_noticed(delivery: Delivery | None) -> None:
    assert broken(STORY, delivery) == ["Okta's delivery was answered with 200 within its 3 seconds"]


@pytest.mark.parametrize(
    ("observations", "claim"),
    [
        (ending(account=replace(AFTER, enabled=True)), "The account is still disabled"),
        (ending(account=replace(AFTER, direct=frozenset({"Visio Plan 2"}))), "The 2 direct licenses are gone"),
        (ending(account=replace(AFTER, inherited=frozenset())), "The 2 direct licenses are gone"),
        (ending(account=replace(AFTER, sessions_valid_from=BEFORE.sessions_valid_from)), "The sign-in sessions"),
        (ending(mails=(FIRST, SECOND, SECOND)), "The manager got two mails"),
        (ending(mails=(FIRST, replace(SECOND, text="Removed:\n- Visio Plan 2"))), "The second mail names"),
        (ending(run=RunStatus("Failed", "removing_licenses")), "The run is completed"),
    ],
)
def test_an_end_that_is_not_as_promised_is_noticed(observations: list[Observation], claim: str) -> None:
    assert any(says.startswith(claim) for says in broken(observations))


def test_licenses_removed_together_with_the_account_being_disabled_are_noticed() -> None:
    found = broken([STORY[0], *STORY[3:]])

    assert "The account was disabled while all 3 licenses were still there" in found
    assert "The manager knew before any license went" in found


def test_licenses_removed_before_the_delay_is_over_are_noticed() -> None:
    hasty = [*STORY[:3], *(replace(observation, at=observation.at - 2) for observation in STORY[3:])]

    assert broken(hasty) == ["No license went before the delay of 5 s was over"]


def test_a_person_without_an_inherited_license_proves_nothing() -> None:
    bare = [replace(observation, account=replace(observation.account, inherited=frozenset())) for observation in STORY]

    assert any(says.startswith("The 2 direct licenses") for says in broken(bare))


def test_a_story_in_which_nothing_happens_keeps_no_promise_but_the_licenses() -> None:
    assert len(broken([Observation(0.0, BEFORE)], None)) == 10
