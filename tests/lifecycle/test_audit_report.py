"""What a period comes to: people, minutes from event to disable, licenses freed, by SKU."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.audit import AuditEntry
from lifecycle.audit_report import Minutes, Report, SkuUse, Tally
from lifecycle.catalog import CatalogEntry

AT = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
DISABLED = AuditEntry(
    AT, "disable_account", "done", "i", "u", dry_run=False, okta_user_id="00u1", published=AT - timedelta(minutes=2)
)
REMOVED = replace(DISABLED, act="remove_licenses", licenses=("Microsoft 365 E3", "Visio Plan 2"))
NOTHING = Report(0, 0, Minutes(None, None, None), 0, 0, ())


def report(acts: Iterable[AuditEntry]) -> Report:
    tally = Tally()
    for act in acts:
        tally.add(act)
    return tally.report()


def disabled_after(*minutes: float) -> list[AuditEntry]:
    return [replace(DISABLED, published=AT - timedelta(minutes=each)) for each in minutes]


def test_period_without_acts_comes_to_nothing() -> None:
    assert report([]) == NOTHING


def test_people_accounts_and_licenses_are_counted() -> None:
    other = replace(DISABLED, okta_user_id="00u2")
    visio = replace(REMOVED, act="remove_license-c5928f49", okta_user_id="00u2", licenses=("Visio Plan 2",))
    back = replace(REMOVED, act="assign_licenses", okta_user_id="00u3", licenses=("Microsoft 365 E3",))

    assert report([DISABLED, REMOVED, other, visio, back]) == Report(
        people=3,
        disabled=2,
        minutes_to_disable=Minutes(2, 2, 2),
        licenses_freed=3,
        licenses_given=1,
        skus=(SkuUse("Microsoft 365 E3", 1, 1), SkuUse("Visio Plan 2", 2, 0)),
    )


def test_units_are_those_of_the_catalog_each_license_once() -> None:
    entry = CatalogEntry(
        "00g1", "Sales", "05e9a617", "Microsoft 365 E3", "SPE_E3", "User", "Enabled", 25, 20, AT, row_number=1
    )
    tally = Tally()
    tally.add(REMOVED)

    assert tally.report([entry, replace(entry, group_id="00g2")]).skus == (
        SkuUse("Microsoft 365 E3", 1, 0, 25, 20),
        SkuUse("Visio Plan 2", 1, 0, None, None),
    )


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([7], Minutes(7, 7, 7)),
        ([3, 1], Minutes(1, 3, 3)),
        ([5, 1, 3], Minutes(3, 5, 5)),
        (list(range(100, 0, -1)), Minutes(50, 95, 100)),
        ([1] * 95 + [60] * 5, Minutes(1, 1, 60)),
    ],
)
def test_minutes_are_the_smallest_that_so_many_do_not_exceed(minutes: list[float], expected: Minutes) -> None:
    assert report(disabled_after(*minutes)).minutes_to_disable == expected


@pytest.mark.parametrize(
    "differing",
    [
        {"outcome": "failed: no answer"},
        {"outcome": "already so"},
        {"dry_run": True},
        {"okta_user_id": ""},
    ],
)
def test_what_was_not_really_done_to_anybody_does_not_count(differing: dict[str, str | bool]) -> None:
    assert report([replace(act, **differing) for act in (DISABLED, REMOVED)]) == NOTHING  # type: ignore[arg-type]


def test_account_that_was_disabled_without_an_event_counts_and_has_no_minutes() -> None:
    found = report([replace(DISABLED, published=None)])

    assert (found.disabled, found.minutes_to_disable) == (1, Minutes(None, None, None))
