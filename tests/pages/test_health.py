"""The health checks on a page."""

from datetime import UTC, datetime

import pytest

from lifecycle.health import Check, failed, ok, warning
from pages.frame import Frame
from pages.health import headline, health, shown_checks

GOOD, ODD, BAD = ok("Okta", "answers"), warning("Drift", "none yet", "wait a night"), failed("Graph", "403", "grant it")
FRAME = Frame(datetime(2026, 11, 26, 9, 0, tzinfo=UTC), "iris@contoso.com", "token")


@pytest.mark.parametrize(
    ("checks", "words", "kind"),
    [
        ([GOOD], "Everything is in order.", "good"),
        ([GOOD, ODD], "Nothing failed; look at 1 thing.", "warn"),
        ([GOOD, ODD, BAD, BAD], "2 checks failed.", "bad"),
    ],
)
def test_first_line_says_how_it_stands(checks: list[Check], words: str, kind: str) -> None:
    assert (headline(checks).word, headline(checks).kind) == (words, kind)


def test_worst_comes_first_with_what_to_do_about_it() -> None:
    assert [each.name for each in shown_checks([GOOD, ODD, BAD])] == ["Graph", "Drift", "Okta"]
    page = health([GOOD, ODD, BAD], FRAME)
    assert "grant it" in page
    assert "wait a night" in page
