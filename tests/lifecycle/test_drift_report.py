"""What a drift check leaves behind: its output, events, and one mail."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from lifecycle.drift_evidence import DriftCounts, Finding, Kind
from lifecycle.drift_report import (
    FIRST_IN_MAIL,
    DriftReport,
    as_json,
    count_kinds,
    in_order,
    mail_start,
    mending_start,
)
from lifecycle.events import Flow, parse_log_event
from lifecycle.inputs import EventInput, NoticeInput, read_input
from lifecycle.mail_rendering import Letterhead, Mail
from lifecycle.operator_mails import notice_mail

NOW = datetime(2026, 9, 14, 3, 25, tzinfo=UTC)
LOGIN = "maya.lin@contoso.com"
OFFICE = ("00g2m365", "Office 365 Assignments")
RUN = "reconcile_members-1"
ENABLED = Finding(
    Kind.NOT_ENTITLED_BUT_ENABLED,
    "00u7new3",
    LOGIN,
    "is not entitled to Microsoft 365 any more, but the account is enabled",
    Flow.DEACTIVATION,
    *OFFICE,
    entra_user_id="5b0f3a52",
)
DISABLED = Finding(Kind.ENTITLED_BUT_DISABLED, "00u8", "ana@contoso.com", "is in Sales, but …", Flow.ACTIVATION)


def test_findings_come_gravest_first_and_every_kind_is_counted() -> None:
    past = replace(ENABLED, kind=Kind.PAST_DUE)

    assert in_order([past, DISABLED, ENABLED]) == [ENABLED, DISABLED, past]
    assert count_kinds([past, past, ENABLED]) == {
        "not_entitled_but_enabled": 1,
        "entitled_but_disabled": 0,
        "disabled_by_others": 0,
        "licenses_owed": 0,
        "past_due": 2,
        "no_progress": 0,
        "no_living_instance": 0,
        "left_unseen": 0,
    }


def test_finding_is_shown_with_who_what_and_what_became_of_it() -> None:
    assert as_json(replace(ENABLED, started="staged_deactivation-1")) == {
        "kind": "not_entitled_but_enabled",
        "okta_user_id": "00u7new3",
        "login": LOGIN,
        "finding": ENABLED.words,
        "flow": "staged_deactivation",
        "started": "staged_deactivation-1",
        "not_started": None,
    }
    assert as_json(replace(ENABLED, flow=None, not_started="protected"))["flow"] is None


def test_output_of_a_check_has_its_counts_beside_those_of_each_kind() -> None:
    counts = DriftCounts(entitled=5000, known=70, without_account=3, findings=1, kinds=count_kinds([ENABLED]))

    report = DriftReport(RUN, applied=True, reason=None, counts=counts, findings=(ENABLED,)).as_json()

    assert report == {
        "run": RUN,
        "apply": True,
        "reason": None,
        "counts": {
            "entitled": 5000,
            "known": 70,
            "without_account": 3,
            "findings": 1,
            "not_entitled_but_enabled": 1,
            "entitled_but_disabled": 0,
            "disabled_by_others": 0,
            "licenses_owed": 0,
            "past_due": 0,
            "no_progress": 0,
            "no_living_instance": 0,
            "left_unseen": 0,
        },
        "findings": [as_json(ENABLED)],
    }
    assert json.loads(json.dumps(report)) == report


def test_mending_is_started_once_per_check_and_person_by_an_event_as_old_as_the_reading() -> None:
    finding = ENABLED

    start, again = mending_start(finding, RUN, NOW), mending_start(finding, RUN, NOW)

    assert start is not None
    assert start == again
    event = read_input(EventInput, start.flow, start.input)
    assert (start.flow, event.event_type) == ("staged_deactivation", "drift.deactivate")
    assert start.instance == f"staged_deactivation-{event.uuid}"
    assert (event.published, event.group_id, event.okta_user_id) == (NOW, OFFICE[0], finding.okta_user_id)
    other = mending_start(finding, "reconcile_members-2", NOW)
    assert other is not None
    assert other.instance != start.instance
    assert parse_log_event({**start.input, "eventType": "user.lifecycle.deactivate"}) is None  # nobody can deliver it
    assert mending_start(replace(finding, flow=None), RUN, NOW) is None


def mail_about(*findings: Finding, count: int | None = None, applied: bool = False, reason: str | None = None) -> Mail:
    total = len(findings) if count is None else count
    start = mail_start(RUN, applied=applied, count=total, findings=findings, reason=reason)
    assert start.instance == f"drift_checked-{RUN}"
    return notice_mail(Letterhead(), read_input(NoticeInput, start.flow, start.input).notice)


def test_mail_names_everybody_what_is_wrong_and_how_to_mend_it() -> None:
    protected = replace(DISABLED, flow=None, not_started="the account is listed")

    mail = mail_about(ENABLED, protected)

    assert mail.subject == "Offstage found drift: 2 people"
    for text in (mail.html, mail.text):
        assert LOGIN in text
        assert "but the account is enabled" in " ".join(text.split())
        assert "Left alone: the account is listed" in " ".join(text.split())
        assert RUN in text
    assert 'POST /api/members/reconcile {"apply": true}' in mail.text


def test_mail_after_apply_says_that_runs_were_started() -> None:
    mail = mail_about(ENABLED, applied=True)

    assert "POST" not in mail.text
    assert "a run was to be started" in mail.text


def test_mail_stays_short_however_much_is_found() -> None:
    mail = mail_about(*[ENABLED] * FIRST_IN_MAIL, count=5000)

    assert f"And {5000 - FIRST_IN_MAIL} more." in mail.text
    assert len(mail.html) < 20_000


def test_mail_of_an_incomplete_check_says_why_and_that_nothing_was_done() -> None:
    mail = mail_about(reason="Okta was asked to GET /api/v1/groups and answered 403.")

    assert mail.subject == "Offstage could not finish the drift check"
    assert "answered 403" in mail.text
    assert "nothing was changed" in " ".join(mail.text.split())


def test_names_from_okta_cannot_put_markup_into_the_mail() -> None:
    evil = replace(ENABLED, login='<script>alert("x")</script>@contoso.com')

    assert "<script" not in mail_about(evil).html
