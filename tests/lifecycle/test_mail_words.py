"""The words of each language: dates, delays and what steps do."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lifecycle import stages
from lifecycle.delays import Delay, IntervalType
from lifecycle.mail_words import ENGLISH, GERMAN, LANGUAGES
from lifecycle.stages import SkippableStage, Stage

AT = datetime(2026, 3, 31, 22, 5, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
STEPS = [each.does for each in vars(stages).values() if isinstance(each, Stage | SkippableStage)]


def test_instant_is_written_as_people_write_it_and_names_the_zone() -> None:
    assert ENGLISH.time(AT, ZoneInfo("UTC")) == "31 March 2026, 22:05 UTC"
    assert ENGLISH.time(AT, BERLIN) == "1 April 2026, 00:05 (Europe/Berlin)"
    assert GERMAN.time(AT, BERLIN) == "1. April 2026, 00:05 Uhr (Europe/Berlin)"
    assert GERMAN.date(AT, ZoneInfo("UTC")) == "31. März 2026"


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_a_name_of_its_own(month: int) -> None:
    at = datetime(2026, month, 5, tzinfo=UTC)

    assert ENGLISH.date(at, UTC) == f"{at:5 %B %Y}".strip()
    assert all(len(set(words.months)) == 12 for words in LANGUAGES.values())


@pytest.mark.parametrize(
    ("delay", "english", "german"),
    [
        (Delay(1, IntervalType.DAY), "1 day", "1 Tag"),
        (Delay(30, IntervalType.DAY), "30 days", "30 Tagen"),
        (Delay(2, IntervalType.MONTH), "2 months", "2 Monaten"),
        (Delay(1, IntervalType.WEEK), "1 week", "1 Woche"),
    ],
)
def test_delay_is_written_in_words(delay: Delay, english: str, german: str) -> None:
    assert (ENGLISH.delay(delay), GERMAN.delay(delay)) == (english, german)


def test_every_unit_of_time_has_its_words() -> None:
    assert all(set(each.units) == set(IntervalType) for each in LANGUAGES.values())


@pytest.mark.parametrize("does", STEPS)
def test_every_step_has_its_german_words(does: str) -> None:
    assert ENGLISH.step(does) == does
    assert GERMAN.step(does) not in ("", does)


def test_no_german_words_are_of_a_step_that_is_gone() -> None:
    assert set(GERMAN.steps) == set(STEPS)
