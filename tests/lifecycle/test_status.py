"""The custom status that a person reads, within what a host takes."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lifecycle.status import LONGEST_TEXT, Status, shortened

HOST_TAKES = 16 * 1024  # bytes of UTF-16
LONGEST_LOGIN = 512


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status("claiming", "maya.lin@contoso.com"), {"stage": "claiming", "user": "maya.lin@contoso.com"}),
        (
            Status("storing_licenses", None, about="Sales"),
            {"stage": "storing_licenses", "user": None, "about": "Sales"},
        ),
        (
            Status("grace_period", "m@x.y", due_at=datetime(2026, 10, 14, 10, 38, tzinfo=timezone(timedelta(hours=2)))),
            {"stage": "grace_period", "user": "m@x.y", "due_at": "2026-10-14T10:38:00+02:00"},
        ),
        (
            Status("needs_attention", "m@x.y", reason="no free seat", due_at=datetime(2026, 10, 14, tzinfo=UTC)),
            {
                "stage": "needs_attention",
                "user": "m@x.y",
                "due_at": "2026-10-14T00:00:00+00:00",
                "reason": "no free seat",
            },
        ),
        (Status("finishing", "m@x.y", about="", reason=""), {"stage": "finishing", "user": "m@x.y"}),
    ],
    ids=["person", "nobody in particular", "due", "all of a person", "empty texts"],
)
def test_status_says_what_is_known_and_nothing_else(status: Status, expected: dict[str, str | None]) -> None:
    assert status.as_json() == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (None, None),
        ("", ""),
        ("x" * LONGEST_TEXT, "x" * LONGEST_TEXT),
        ("x" * (LONGEST_TEXT + 1), "x" * (LONGEST_TEXT - 1) + "…"),
    ],
)
def test_reason_is_cut_where_it_is_too_long(reason: str | None, expected: str | None) -> None:
    assert shortened(reason) == expected


@pytest.mark.parametrize("character", ["x", "ä", "\u202e", "😀", "\U0010ffff"])
def test_status_is_far_below_what_a_host_takes_whatever_it_is_made_of(character: str) -> None:
    """Compact JSON, its texts not escaped: so the host measures it."""
    worst = Status(
        "needs_attention", character * LONGEST_LOGIN, due_at=datetime.max.replace(tzinfo=UTC), reason=character * 50_000
    )

    written = json.dumps(worst.as_json(), ensure_ascii=False, separators=(",", ":"))

    assert len(written.encode("utf-16-le")) < HOST_TAKES * 3 / 4
