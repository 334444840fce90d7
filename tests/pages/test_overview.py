"""The first page, made from facts."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.catalog import CatalogEntry
from lifecycle.health import failed, ok, warning
from lifecycle.members import Member
from lifecycle.stages import Phase
from pages.frame import Frame
from pages.overview import ComingRemovals, Facts, Listing, headline, overview, seats_of

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
FRAME = Frame(NOW, "iris@contoso.com", "token")
E3, VISIO = "05e9a617-0261-4cee-bb44-138d3ef5d965", "c5928f49-12ba-48f7-ada3-0d743a3601d5"
PARKED = Member(
    "00u1",
    "a@contoso.com",
    "run-1",
    "e",
    NOW,
    Phase.NEEDS_ATTENTION,
    reason="refused",
    updated_at=NOW,
    awaiting_command="c-1",
)
WAITING = replace(PARKED, okta_user_id="00u2", tries_again=True, reason=f"no free seat of {VISIO}")
HELD = replace(PARKED, okta_user_id="00u3", phase=Phase.HELD)
GOOD = ok("Catch-up", "everything has been read")
NOTHING = Facts(Listing(()), Listing(()), ComingRemovals(()), (), Counter(), (), (GOOD,))


def entry(sku_id: str, name: str, enabled: int, used: int, state: str = "Enabled") -> CatalogEntry:
    return CatalogEntry("00g1", "Office", sku_id, name, name, "User", state, enabled, used, NOW)


@pytest.mark.parametrize(
    ("facts", "words", "kind"),
    [
        (NOTHING, "Nothing needs you.", "good"),
        (replace(NOTHING, attention=Listing((PARKED,))), "1 person needs a decision.", "bad"),
        (replace(NOTHING, attention=Listing((WAITING,))), "Nothing needs you.", "good"),
        (replace(NOTHING, held=Listing((HELD,))), "1 is held by the brake.", "warn"),
        (
            replace(NOTHING, attention=Listing((PARKED, PARKED)), held=Listing((HELD, HELD))),
            "2 people need a decision and 2 are held by the brake.",
            "bad",
        ),
        (
            replace(NOTHING, attention=Listing((PARKED,) * 1000, more=True), held=Listing((HELD,) * 1000, more=True)),
            "More than 1,000 people need a decision and more than 1,000 are held by the brake.",
            "bad",
        ),
        (replace(NOTHING, checks=(warning("Drift check", "none yet", "wait"),)), "Nothing needs you.", "good"),
        (
            replace(NOTHING, checks=(failed("Catch-up", "stands", "x"), failed("Drift check", "old", "y"))),
            "Nobody waits for you, but look at Catch-up and Drift check.",
            "warn",
        ),
    ],
)
def test_first_line_says_whether_anything_needs_me(facts: Facts, words: str, kind: str) -> None:
    assert (headline(facts).word, headline(facts).kind) == (words, kind)


def test_what_nobody_has_yet_says_what_would_be_there() -> None:
    page = overview(NOTHING, FRAME, {})

    for words in (
        "Nobody&#39;s licenses",
        "Nobody. A run that cannot go on",
        "Nobody. When many people",
        "Nothing yet",
    ):
        assert words in page or words.replace("&#39;", "'") in page


def test_licenses_somebody_waits_for_come_first_and_then_the_scarce_ones() -> None:
    catalog = [entry(E3, "E3", 100, 98), entry(VISIO, "Visio", 10, 10), entry("p", "Power BI", 5, 5)]

    seats = seats_of(catalog, [WAITING, PARKED], Counter({"E3": 7}))

    assert [(each.name, each.free, each.waiting, each.freed) for each in seats] == [
        ("Visio", 0, 1, 0),
        ("Power BI", 0, 0, 0),
        ("E3", 2, 0, 7),
    ]


def test_license_that_is_in_several_groups_or_gone_is_not_counted_twice() -> None:
    catalog = [
        entry(E3, "E3", 100, 98),
        replace(entry(E3, "E3", 100, 99), group_id="00g2", stored_at=NOW + timedelta(hours=1)),
        entry("x", "Gone", 0, 0, "Vanished"),
    ]

    assert [(each.name, each.used) for each in seats_of(catalog, (), Counter())] == [("E3", 99)]


def test_people_who_need_a_decision_come_before_those_whose_run_tries_again() -> None:
    page = overview(replace(NOTHING, attention=Listing((WAITING, PARKED))), FRAME, {})

    assert page.index("00u1/retry") < page.index("00u2/retry")


def test_every_bar_says_what_it_stands_for_and_a_table_says_the_same() -> None:
    due = [NOW + timedelta(days=2), NOW + timedelta(days=2), NOW - timedelta(hours=1)]

    page = overview(replace(NOTHING, removals=ComingRemovals(due)), FRAME, {})

    assert page.count('aria-label="2 removals on Saturday, 28 November"') == 2  # the wide picture and the narrow one
    table = page.partition('<table class="plain">')[2].partition("</table>")[0]
    assert "Saturday, 28 November" in table
    assert "Thursday, 26 November" in table


def test_list_that_is_cut_says_so_and_where_the_rest_is() -> None:
    held = [replace(HELD, okta_user_id=f"00u{at}") for at in range(60)]

    page = overview(replace(NOTHING, held=Listing(held)), FRAME, {})

    assert page.count('type="checkbox"') == 10
    assert '<a href="/api/dashboard/people?phase=held">All 60</a>' in page
