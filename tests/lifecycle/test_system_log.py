"""How the System Log is read on, and what is done when the place in it is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle import system_log
from lifecycle.events import EVENT_TYPES, LogEvent
from lifecycle.inputs import NoticeInput, read_input
from lifecycle.mail_rendering import Letterhead
from lifecycle.notices import LogGap
from lifecycle.operator_mails import notice_mail
from lifecycle.system_log import ParsedPage, Place, Question

NOW = datetime(2026, 9, 14, 8, 21, 7, tzinfo=UTC)
LINK = "https://contoso.okta.com/api/v1/logs?after=1627500044869_1"
PLACE = Place(LINK, read_to=NOW - timedelta(minutes=5), polled_at=NOW - timedelta(minutes=5))


def event(minutes_ago: int) -> LogEvent:
    return LogEvent("d41c7e80", NOW - timedelta(minutes=minutes_ago), "user.lifecycle.deactivate")


def gap_without_link(place: Place, now: datetime) -> LogGap:
    gap = system_log.gap_of(system_log.question_without_link(place, now))
    assert gap is not None
    return gap


def test_first_run_begins_an_hour_ago() -> None:
    assert system_log.first_question(None, NOW) == Question(since=NOW - timedelta(hours=1))


@pytest.mark.parametrize("age", [timedelta(minutes=5), timedelta(days=1), timedelta(days=90)])
def test_stored_link_is_followed_for_as_long_as_okta_keeps_the_log(age: timedelta) -> None:
    place = replace(PLACE, read_to=NOW - age)

    assert system_log.first_question(place, NOW) == Question(next_link=LINK)


def test_place_that_is_older_than_the_log_is_lost_and_reading_resumes_where_the_log_begins() -> None:
    place = replace(PLACE, read_to=NOW - timedelta(days=90, seconds=1))

    assert system_log.first_question(place, NOW) == Question(since=NOW - timedelta(days=90), lost=place)


def test_place_whose_link_okta_refuses_resumes_a_little_before_what_was_read() -> None:
    assert system_log.question_without_link(PLACE, NOW) == Question(
        since=PLACE.read_to - timedelta(hours=1), lost=PLACE
    )


def test_place_in_a_backlog_counts_from_the_events_that_were_read_and_not_from_the_last_poll() -> None:
    place = replace(PLACE, read_to=NOW - timedelta(days=100))

    assert system_log.first_question(place, NOW).lost == place


def test_link_that_asks_for_other_event_types_is_left_and_nothing_counts_as_lost() -> None:
    place = replace(PLACE, filter='eventType eq "user.lifecycle.deactivate"')

    assert system_log.first_question(place, NOW) == Question(since=PLACE.read_to - timedelta(hours=1))


def test_every_event_type_that_may_concern_us_is_asked_for() -> None:
    assert system_log.FILTER.count(" or ") == len(EVENT_TYPES) - 1
    assert all(f'eventType eq "{event_type}"' in system_log.FILTER for event_type in EVENT_TYPES)


def test_empty_page_says_that_everything_up_to_now_was_read() -> None:
    assert system_log.place_after(PLACE, (), LINK, NOW) == Place(LINK, read_to=NOW, polled_at=NOW)


def test_page_with_events_was_read_to_its_newest() -> None:
    place = system_log.place_after(None, (event(30), event(10), event(20)), LINK, NOW)

    assert (place.read_to, place.polled_at) == (NOW - timedelta(minutes=10), NOW)


def test_events_that_are_read_once_more_do_not_move_the_place_back() -> None:
    assert system_log.place_after(PLACE, (event(30),), LINK, NOW).read_to == PLACE.read_to


def test_entries_that_are_no_event_are_counted_and_the_others_read() -> None:
    good = {"uuid": "u-1", "published": "2026-09-14T08:00:00Z", "eventType": "user.lifecycle.deactivate"}

    page = system_log.parse_page([good, {}, None, {**good, "uuid": None}, "text", [good]], LINK)

    assert ([each.uuid for each in page.events], page.unreadable, page.next_link) == (["u-1"], 5, LINK)


def test_empty_answer_is_an_empty_page() -> None:
    assert system_log.parse_page([], None) == ParsedPage((), 0, None)


def test_same_gap_has_the_same_instance_and_another_gap_another() -> None:
    first, again, other = (
        system_log.gap_start(gap_without_link(place, now)).instance
        for place, now in [(PLACE, NOW), (PLACE, NOW + timedelta(hours=3)), (replace(PLACE, read_to=NOW), NOW)]
    )

    assert first == again == "log_gap-20260914T081607.000000Z"
    assert other != first


def test_gap_is_told_to_the_operators() -> None:
    gap = gap_without_link(PLACE, NOW)

    start = system_log.gap_start(gap)

    assert start.flow == "tell_operators"
    assert read_input(NoticeInput, start.flow, start.input) == NoticeInput(notice=gap, about="Okta's System Log")


def test_nothing_is_told_when_nothing_was_lost() -> None:
    assert system_log.gap_of(system_log.first_question(PLACE, NOW)) is None
    assert system_log.gap_of(system_log.first_question(None, NOW)) is None


def test_notice_becomes_a_mail_that_says_what_is_missing() -> None:
    gap = system_log.gap_of(system_log.first_question(replace(PLACE, read_to=NOW - timedelta(days=100)), NOW))

    assert gap is not None
    mail = notice_mail(Letterhead(), gap)
    assert mail.subject == "Offstage missed part of Okta's System Log"
    assert "up to 6 June 2026, 08:21 UTC" in " ".join(mail.text.split())
    assert "from 16 June 2026, 08:21 UTC" in " ".join(mail.text.split())
    assert "drift check" in mail.html


def test_notice_of_a_link_that_was_refused_says_that_nothing_is_missing() -> None:
    mail = notice_mail(Letterhead(), gap_without_link(PLACE, NOW))

    assert "found it again" in mail.subject
    assert "Nothing was missed" in mail.html


def test_runs_are_forgotten_when_their_days_are_over() -> None:
    assert system_log.forget_before(PLACE, NOW, 30) == NOW - timedelta(days=30)
    assert system_log.forget_before(None, NOW, 30) == NOW - timedelta(days=30)


def test_no_run_is_forgotten_whose_event_the_log_may_still_bring() -> None:
    place = replace(PLACE, read_to=NOW - timedelta(days=60))

    assert system_log.forget_before(place, NOW, 30) == NOW - timedelta(days=60, hours=1)
