"""What is asked of Okta's log when hundreds of runs look for their events, and what each of them is told."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import NoneType
from typing import Any

import pytest

from activities import log_readings
from activities.activity import Call, StepFailed
from activities.log_readings import LogReadings
from activities.members import claim_member
from activities.system_log import find_in_log, report_unseen
from clients.errors import Throttled
from clients.records import LogPage
from lifecycle.events import Flow, instance_id, parse_log_event
from lifecycle.inputs import EventInput, start_of
from lifecycle.retries import Failure
from lifecycle.system_log import FILTER
from rows import state
from tests.activities.person_world import NOW, OKTA_ID, PersonWorld
from tests.activities.wire import Run

BUSY = Throttled("okta", "read the log", status=429, retry_after=30)


def entry(number: int, **more: Any) -> dict[str, Any]:
    """A leave, `number` tenths of a second after the first one."""
    published = NOW.replace(second=0) + timedelta(milliseconds=100 * number)
    user = {"type": "User", "id": f"00u{number:05}", "alternateId": f"p{number}@contoso.com"}
    group = {"type": "UserGroup", "id": "00gOffice", "displayName": "Office 365 Assignments"}
    event = {"uuid": f"uuid-{number}", "published": published.isoformat(), "eventType": "group.user_membership.remove"}
    return {**event, "target": [user, group], **more}


def delivered(number: int) -> EventInput:
    event = parse_log_event(entry(number))
    assert event is not None
    return EventInput.of(event)


class FakeLog:
    """An org's log of entries, in pages of a thousand; each answer takes a while."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self.questions: list[dict[str, Any]] = []
        self.fault: Exception | None = None
        self.page_size = 1000

    async def list_log_events(self, **question: Any) -> LogPage:
        self.questions.append(question)
        entries = self._asked_for(question)
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        at = int(question.get("next_link", 0))
        end = at + self.page_size
        return LogPage(entries[at:end], str(end) if end < len(entries) else None)

    def _asked_for(self, question: dict[str, Any]) -> list[Any]:
        if "next_link" in question:
            return list(self.entries)
        since, until = (datetime.fromisoformat(question[name]) for name in ("since", "until"))
        asked = [each for each in self.entries if since <= datetime.fromisoformat(each["published"]) < until]
        if question["filter"] == FILTER:
            return asked
        return [each for each in asked if question["filter"] == f'uuid eq "{each["uuid"]}"']


@pytest.fixture
def log(person: PersonWorld, monkeypatch: pytest.MonkeyPatch) -> FakeLog:
    """The log of the person's org, which no run has read yet."""
    made = FakeLog()
    monkeypatch.setattr(person.okta, "list_log_events", made.list_log_events, raising=False)
    monkeypatch.setattr(log_readings, "readings", LogReadings())
    return made


def run_of(event: EventInput, flow: Flow = Flow.DEACTIVATION, *, after: float = 0.0) -> Run:
    at = NOW + timedelta(seconds=after)
    return Run(Call(instance_id(flow, event.event), event.okta_user_id, event.uuid, at))


async def look(
    event: EventInput, flow: Flow = Flow.DEACTIVATION, *, exact: bool = False, after: float = 0.0
) -> EventInput | None:
    return await run_of(event, flow, after=after).perform(find_in_log, event=event, flow=flow, exact=exact)


async def refused(event: EventInput, *, exact: bool = False, after: float = 0.0) -> Failure:
    run = run_of(event, after=after)
    return await run.refusal(find_in_log, event=event, flow=Flow.DEACTIVATION, exact=exact)


async def look_all(numbers: Sequence[int], *, after: float = 0.0) -> list[EventInput | None]:
    return await asyncio.gather(*(look(delivered(number), after=after) for number in numbers))


def found(number: int) -> EventInput:
    return replace(delivered(number), found=True)


async def test_three_hundred_events_of_one_moment_cost_one_request(log: FakeLog) -> None:
    log.entries = [entry(number) for number in range(300)]

    assert await look_all(range(300)) == [found(number) for number in range(300)]
    assert len(log.questions) == 1


async def test_window_is_asked_for_with_both_its_ends_and_the_types_that_concern_us(log: FakeLog) -> None:
    await look(delivered(0))

    assert log.questions == [{"since": "2026-09-14T10:37:59Z", "until": "2026-09-14T10:39:01Z", "filter": FILTER}]


async def test_full_page_is_paged_on(log: FakeLog) -> None:
    log.entries, log.page_size = [entry(number) for number in range(25)], 10

    assert await look(delivered(24)) == found(24)
    assert [question.get("next_link") for question in log.questions] == [None, "10", "20"]


async def test_what_is_there_is_known_for_ever_and_what_is_not_for_some_seconds(log: FakeLog) -> None:
    log.entries = [entry(1)]
    await look(delivered(1))
    log.entries.append(entry(2))

    assert await look(delivered(2), after=4) is None
    assert await look(delivered(1), after=3000) == found(1)
    assert len(log.questions) == 1
    assert await look(delivered(2), after=5) == found(2)
    assert len(log.questions) == 2


async def test_events_of_another_minute_are_another_request(log: FakeLog) -> None:
    log.entries = [entry(0), entry(600)]

    assert await look_all([0, 600]) == [found(0), found(600)]
    assert len(log.questions) == 2


async def test_reading_that_fails_is_told_to_whoever_waited_for_it_and_made_again(log: FakeLog) -> None:
    log.entries, log.fault = [entry(1), entry(2)], BUSY

    looks = [log_readings.readings.find(f"uuid-{number}", NOW, NOW) for number in (1, 2)]
    assert await asyncio.gather(*looks, return_exceptions=True) == [BUSY, BUSY]
    assert len(log.questions) == 1
    assert (await refused(delivered(1))).retry_after == 30

    log.fault = None
    assert await look(delivered(1)) == found(1)


async def test_entries_that_cannot_be_read_do_not_hide_those_beside_them(log: FakeLog) -> None:
    log.entries = [{"published": NOW.isoformat(), "uuid": "half of one"}, entry(1)]

    assert await look(delivered(1)) == found(1)


async def test_log_is_asked_only_so_often_in_a_minute_however_many_events_are_forged(log: FakeLog) -> None:
    forged = [replace(delivered(0), uuid=f"forged-{n}", published=NOW - timedelta(minutes=n)) for n in range(50)]
    looks = [log_readings.readings.find(event.uuid, event.published, NOW) for event in forged]

    outcomes = await asyncio.gather(*looks, return_exceptions=True)

    assert len(log.questions) == log_readings.MOST_REQUESTS_A_MINUTE == 30
    assert [type(outcome) for outcome in outcomes] == [NoneType] * 30 + [StepFailed] * 20
    assert not (await refused(forged[49])).permanent
    assert await look(forged[49], after=60) is None


async def test_only_so_many_readings_are_kept(log: FakeLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_readings, "MOST_READINGS", 2)
    log.entries = [entry(number) for number in (0, 600, 1200)]

    for number in (0, 600, 1200, 1200, 600, 0):
        assert await look(delivered(number)) == found(number)

    assert len(log.questions) == 4  # the oldest was forgotten


async def test_last_look_asks_for_this_event_alone_and_anew(log: FakeLog) -> None:
    await look(delivered(1))
    log.entries = [entry(1)]

    assert await look(delivered(1), exact=True, after=1) == found(1)
    assert log.questions[1] == {
        "since": "2026-09-14T09:38:00Z",
        "until": "2026-09-14T11:38:00Z",
        "filter": 'uuid eq "uuid-1"',
    }
    assert await look(delivered(2), exact=True) is None


async def test_answer_to_the_last_look_that_cannot_be_read_is_none(log: FakeLog) -> None:
    log.entries = [{**entry(1), "eventType": None}]

    assert not (await refused(delivered(1), exact=True)).permanent


async def test_entry_that_an_org_answers_without_being_asked_is_not_the_event(
    log: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.entries = [entry(2)]
    monkeypatch.setattr(log, "_asked_for", lambda question: log.entries)

    assert await look(delivered(1), exact=True) is None


async def test_nobody_is_asked_about_an_event_from_before_the_log(log: FakeLog) -> None:
    ancient = replace(delivered(1), published=NOW - timedelta(days=91))

    assert await look(ancient, exact=True) is None
    assert log.questions == []


@pytest.mark.parametrize("exact", [False, True])
async def test_user_and_group_are_those_of_the_log(log: FakeLog, exact: bool) -> None:
    log.entries = [entry(1)]
    lying = replace(delivered(1), okta_user_id="00uVictim", login="victim@contoso.com", group_id=None, group_name=None)

    assert await look(lying, exact=exact) == found(1)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("more", [{"eventType": "group.user_membership.add"}, {"outcome": {"result": "FAILURE"}}])
async def test_entry_that_would_not_start_this_flow_is_not_the_event(
    log: FakeLog, more: dict[str, Any], exact: bool
) -> None:
    log.entries = [entry(1, **more)]

    assert await look(delivered(1), exact=exact) is None


async def test_what_catch_up_has_noted_is_found_without_asking_until_the_claim_forgets_it(
    log: FakeLog, person: PersonWorld
) -> None:
    event = replace(delivered(1), okta_user_id=OKTA_ID)
    run, noted = run_of(event), replace(event, found=True)
    await state.note(person.tables, start_of(Flow.DEACTIVATION, run.call.instance, noted))
    log.fault = BUSY

    assert await look(event) == noted
    await run.perform(claim_member, event=noted, flow=Flow.DEACTIVATION)

    assert await state.find_noted(person.tables, run.call.instance) is None
    assert (await refused(event)).retry_after == 30


async def test_alarm_is_one_line_with_ids_and_no_names(log: FakeLog, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "offstage")

    await run_of(delivered(1)).perform(report_unseen, event=delivered(1))

    (line,) = [record for record in caplog.records if record.name.startswith("offstage")]
    assert line.levelno == logging.ERROR
    assert line.message == (
        "staged_deactivation-uuid-1 was delivered and is not in Okta's System Log: nothing was done"
        " (group.user_membership.remove of 00u00001, published at 2026-09-14T10:38:00.100000+00:00)"
    )
