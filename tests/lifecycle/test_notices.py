"""What operators are told that concerns no one person: it survives JSON, and is told once."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from lifecycle.notices import DriftChecked, FoundDrift, GroupDeleted, GroupMissing, LogGap, Notice, notice_key

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
GAP = LogGap(AT, AT + timedelta(days=1))
FOUND = FoundDrift("maya.lin@contoso.com", "is in Sales, but …", None)
DRIFT = DriftChecked("reconcile_members-1", False, 7, (FOUND,), None)
NOTICES: list[Notice] = [
    GroupDeleted("Sales"),
    GroupDeleted("Legal"),
    GroupMissing("Sales", None),
    GroupMissing("Sales", "Sales "),
    GAP,
    replace(GAP, resumed_at=AT),
    LogGap(read_to=GAP.resumed_at, resumed_at=GAP.read_to),
    DRIFT,
    replace(DRIFT, run="reconcile_members-2"),
    replace(DRIFT, applied=True),
    replace(DRIFT, count=8),
    replace(DRIFT, findings=()),
    replace(DRIFT, findings=(replace(FOUND, not_started="protected"),)),
    replace(DRIFT, reason="Okta gave no answer"),
]
ADAPTER: TypeAdapter[Notice] = TypeAdapter(Notice)


def through_json(notice: Notice) -> Notice:
    """As a host keeps it."""
    return ADAPTER.validate_python(json.loads(json.dumps(ADAPTER.dump_python(notice, mode="json"))))


@pytest.mark.parametrize("notice", NOTICES)
def test_notice_comes_out_of_the_history_as_it_went_in(notice: Notice) -> None:
    assert through_json(notice) == notice


@pytest.mark.parametrize("notice", NOTICES)
def test_same_facts_have_the_same_key_also_after_a_history(notice: Notice) -> None:
    assert notice_key(through_json(notice)) == notice_key(replace(notice)) == notice_key(notice)
    assert notice_key(notice).startswith(f"{notice.kind}-")


def test_other_facts_have_another_key() -> None:
    assert len({notice_key(notice) for notice in NOTICES}) == len(NOTICES)


@pytest.mark.parametrize("data", [{}, {"kind": "party"}, {"kind": "log_gap"}, {"group_name": "Sales"}])
def test_what_is_no_notice_is_refused(data: object) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(data)
