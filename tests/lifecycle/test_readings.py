"""A reading that contradicts what the log said a moment ago is made again."""

from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.entitlement import Entitlement, Group
from lifecycle.members import NewestEvent
from lifecycle.readings import FRESH, contradicts, is_doubtful

AT = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
OFFICE = Group("00g1office", "Office 365 Assignments")
IN_OFFICE = Entitlement(True, "the user is in Office 365 Assignments", (OFFICE,), "ACTIVE")
IN_NONE = Entitlement(False, "the user is in no managed group", (), "ACTIVE")
DEACTIVATED = Entitlement(False, "the user is deactivated in Okta", (OFFICE,), "DEPROVISIONED")
GONE = Entitlement(False, "the user no longer exists in Okta")
SUSPENDED = Entitlement(True, "the user is in Office 365 Assignments", (OFFICE,), "SUSPENDED")


@pytest.mark.parametrize(
    ("event_type", "agrees", "disagrees"),
    [
        ("group.user_membership.remove", (IN_NONE, GONE), (IN_OFFICE, DEACTIVATED)),
        ("group.user_membership.add", (IN_OFFICE, DEACTIVATED), (IN_NONE, GONE)),
        ("user.lifecycle.deactivate", (DEACTIVATED, GONE), (IN_OFFICE, IN_NONE, SUSPENDED)),
        ("user.lifecycle.delete.initiated", (DEACTIVATED, GONE), (IN_OFFICE, IN_NONE)),
        ("user.lifecycle.activate", (IN_OFFICE, IN_NONE, SUSPENDED), (DEACTIVATED, GONE)),
        ("user.lifecycle.reactivate", (IN_OFFICE, IN_NONE), (DEACTIVATED, GONE)),
        ("user.lifecycle.suspend", (SUSPENDED,), (IN_OFFICE, DEACTIVATED)),
        ("user.lifecycle.unsuspend", (IN_OFFICE, DEACTIVATED), (SUSPENDED,)),
        ("operator.deactivate", (IN_NONE, DEACTIVATED, GONE), (IN_OFFICE, SUSPENDED)),
        ("operator.activate", (IN_OFFICE, SUSPENDED), (IN_NONE, DEACTIVATED, GONE)),
        ("operator.enable", (IN_OFFICE, IN_NONE, GONE), ()),
        ("drift.activate", (IN_OFFICE, IN_NONE, GONE), ()),
    ],
)
def test_reading_is_held_against_the_newest_event(
    event_type: str, agrees: tuple[Entitlement, ...], disagrees: tuple[Entitlement, ...]
) -> None:
    newest = NewestEvent(AT, event_type, OFFICE.id)

    assert not any(contradicts(reading, newest) for reading in agrees)
    assert all(contradicts(reading, newest) for reading in disagrees)


def test_membership_of_another_group_contradicts_nothing() -> None:
    left = NewestEvent(AT, "group.user_membership.remove", "00g2other")

    assert not contradicts(IN_OFFICE, left)


@pytest.mark.parametrize(
    ("age", "doubtful"),
    [
        (timedelta(), True),
        (FRESH - timedelta(seconds=1), True),
        (FRESH, False),
        (timedelta(days=1), False),
        (-timedelta(minutes=1), True),
    ],
    ids=["now", "a moment younger", "ten minutes", "a day", "of a clock that is ahead"],
)
def test_contradiction_is_doubtful_while_the_event_is_young(age: timedelta, doubtful: bool) -> None:
    newest = NewestEvent(AT - age, "group.user_membership.remove", OFFICE.id)

    assert is_doubtful(IN_OFFICE, newest, AT) is doubtful
    assert not is_doubtful(IN_NONE, newest, AT)


def test_reading_of_somebody_without_an_event_is_believed() -> None:
    assert not is_doubtful(IN_OFFICE, None, AT)
