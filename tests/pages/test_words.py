"""The words of the pages: one for everything that can come."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.commands import AWAITED_IN, STARTED_IN, StartCommand
from lifecycle.delays import Delay, IntervalType
from lifecycle.members import Member
from lifecycle.orders import Command
from lifecycle.stages import Phase
from local.paths import ROOT
from pages import words
from pages.confirmations import Prospect, of_choice, of_held, of_person
from pages.frame import Frame

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
FRAME = Frame(NOW)
MAYA = Member("00u1", "maya@contoso.com", "run-1", "e", NOW, Phase.GRACE_PERIOD, display_name="Maya Lin")
PROSPECT = Prospect(MAYA, NOW + timedelta(days=30), ["Microsoft 365 E3"], ["Visio"], Delay(30, IntervalType.DAY))
EVERY = [*Command, *StartCommand]


@pytest.mark.parametrize("phase", [each for each in Phase if each is not Phase.UNSEEN])
def test_every_phase_of_a_person_has_a_word_and_a_shape_of_its_own_kind(phase: Phase) -> None:
    assert phase in words.STATES
    assert words.STATES[phase].kind in ("bad", "warn", "wait", "good", "off")


@pytest.mark.parametrize("command", EVERY)
def test_every_command_has_a_button_and_a_confirmation_that_names_the_person(command: str) -> None:
    (button,) = words.buttons(frozenset({command}))
    asked = of_person(command, PROSPECT, FRAME, NOW + timedelta(days=50))

    assert (button.path, bool(button.word)) == (command, True)
    assert "Maya Lin" in " ".join(asked.says)
    assert asked.title.endswith("?")
    assert asked.button


def test_what_takes_something_away_stands_apart() -> None:
    destructive = {each.path for each in words.buttons(frozenset(EVERY)) if each.is_destructive}

    assert destructive == {"remove-now", "deactivate"}


def test_commands_of_every_phase_can_be_offered() -> None:
    offered = {*words.ORDER}

    assert set().union(*AWAITED_IN.values(), *STARTED_IN.values()) <= offered


def test_new_date_is_said_beside_the_one_before() -> None:
    asked = of_person(Command.EXTEND, PROSPECT, FRAME, NOW + timedelta(days=50))

    assert "go on 15 January 2027, 09:00 instead of 26 December, 09:00" in asked.says[0]


def test_release_says_when_the_licenses_would_go() -> None:
    assert "the licenses go in 30 days" in of_person(Command.RELEASE, PROSPECT, FRAME).says[0]
    at_once = replace(PROSPECT, delay=Delay(0, IntervalType.DAY))
    assert "the licenses go at once" in of_person(Command.RELEASE, at_once, FRAME).says[0]


def test_discarding_somebody_held_says_that_the_account_stays_enabled() -> None:
    held = replace(PROSPECT, member=replace(MAYA, phase=Phase.HELD))

    assert "stays as it is, enabled" in of_person(Command.DISCARD, held, FRAME).says[0]
    assert "stays done" in of_person(Command.DISCARD, PROSPECT, FRAME).says[0]


def test_wave_is_named_up_to_ten_and_counted() -> None:
    people = [replace(MAYA, display_name=f"Person {at}") for at in range(350)]

    asked = of_held(Command.RELEASE, people, everybody=True)

    assert asked.title == "Release all 350 people?"
    assert asked.names[9:] == ["Person 9", "and 340 more"]
    assert "Whoever is held by then is released as well." in asked.says[0]
    assert "The others stay held." in of_held(Command.RELEASE, people[:2], everybody=False).says[0]
    assert of_held(Command.DISCARD, people, everybody=True).is_destructive
    assert "Whoever is held by then is discarded as well." in of_held(Command.DISCARD, people, everybody=True).says[0]
    assert "The others stay held." in of_held(Command.DISCARD, people[:2], everybody=False).says[0]


def test_choice_says_whom_it_concerns() -> None:
    assert "Nobody who is in the group already is given anything now." in of_choice("E3", "Office", assign=True).says
    assert of_choice("E3", "Office", assign=False).button == "Stop giving it"


def test_every_act_of_the_audit_has_words() -> None:
    written = set[str]()
    for path in (ROOT / "activities").glob("*.py"):
        text = path.read_text()
        written |= set(re.findall(r'(?:write_down|write_to_account|carry_out)\(\s*call,[^"()]*"([a-z_]+)"', text))
        written |= set(re.findall(r'"((?:enable|disable)_account|(?:remove|assign)_licenses?)[-"]', text))

    assert {"disable_account", "remove_licenses", "change_due_at", "revoke_sign_in_sessions"} <= written
    assert {each for each in written if each not in words._ACTS} == set()


def test_act_without_words_is_shown_as_it_is() -> None:
    assert words.act("leave_entra_group-1") == "Leave entra group"


def test_operator_is_named_without_the_word_and_anybody_else_as_okta_has_it() -> None:
    assert words.caused_by("operator: iris@contoso.com") == "iris@contoso.com"
    assert words.caused_by("hr-import@contoso.com") == "hr-import@contoso.com"
    assert words.caused_by(None) == ""
