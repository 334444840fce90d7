"""What catch-up reads, starts and remembers, and what it does when something goes wrong."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.errors import Conflict, NotPermitted, Rejected, Throttled, Unavailable
from clients.records import LogPage
from clients.tables import Tables
from lifecycle import system_log
from lifecycle.inputs import EventInput, NoticeInput
from lifecycle.notices import GroupDeleted, LogGap
from rows import audit, state
from tests.triggers.catch_up_scene import REMOVAL, Scene, removal, run_of, scene_of
from triggers import catch_up

REFUSED = Rejected("okta", "GET /api/v1/logs", status=400, code="E0000001")


@pytest.fixture
def scene(tables: Tables, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Scene:
    return scene_of(tables, monkeypatch, caplog)


async def test_first_run_reads_from_an_hour_ago_until_a_page_is_empty_and_keeps_the_link(scene: Scene) -> None:
    scene.okta.pages = [[removal(1)], [removal(2)]]

    await scene.tick()

    since = datetime.fromisoformat(scene.okta.asked[0].removeprefix("since "))
    assert timedelta(minutes=59) < datetime.now(UTC) - since < timedelta(minutes=61)
    assert scene.okta.asked[1:] == ["1", "2"]
    assert list(scene.client.instances) == [run_of(1), run_of(2)]
    place = await scene.stored()
    assert place is not None
    assert place.next_link == "2"
    assert datetime.now(UTC) - place.read_to < timedelta(minutes=1)


async def test_next_run_goes_on_where_the_last_one_ended(scene: Scene) -> None:
    scene.okta.pages = [[removal(1)]]
    await scene.tick()
    scene.okta.pages.append([removal(2)])
    scene.okta.asked.clear()

    await scene.tick()

    assert scene.okta.asked == ["1", "2"]
    assert list(scene.client.instances) == [run_of(1), run_of(2)]


async def test_event_that_was_delivered_is_a_duplicate(scene: Scene) -> None:
    scene.okta.pages = [[removal(1), removal(2)]]
    scene.client.instances[run_of(1)] = "Completed"

    await scene.tick()

    assert scene.client.instances == {run_of(1): "Completed", run_of(2): "Running"}


async def test_event_from_the_log_has_the_same_input_as_a_delivered_one_and_counts_as_found(scene: Scene) -> None:
    scene.okta.pages = [[REMOVAL]]

    await scene.tick()

    given = scene.client.input_of(f"staged_deactivation-{REMOVAL['uuid']}", EventInput)
    assert (given.okta_user_id, given.uuid, given.found) == ("00u7new3Zp5Rt6Vb15d7", REMOVAL["uuid"], True)


async def test_large_page_is_started_event_by_event_and_again_is_nothing_new(scene: Scene) -> None:
    scene.okta.pages = [[removal(number) for number in range(151)]]

    for _ in range(2):
        await scene.put()
        await scene.tick()

    assert list(scene.client.instances) == [run_of(number) for number in range(151)]
    assert scene.client.started == 151


async def test_deletion_of_a_managed_group_is_told(scene: Scene) -> None:
    group = {"type": "UserGroup", "id": "00gOffice", "displayName": "Office 365 Assignments"}
    scene.okta.pages = [[{**REMOVAL, "eventType": "group.lifecycle.delete", "target": [group]}]]

    for _ in range(2):
        await scene.put()
        await scene.tick()

    instance = f"group_deleted-{REMOVAL['uuid']}"
    assert scene.client.instances == {instance: "Running"}
    assert isinstance(scene.client.input_of(instance, NoticeInput).notice, GroupDeleted)
    assert await scene.noted() == []


async def test_run_reads_a_bounded_number_of_pages_and_the_next_one_the_rest(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "MOST_PAGES", 2)
    scene.okta.pages = [[removal(number)] for number in range(3)]

    await scene.tick()
    assert len(scene.client.instances) == 2

    await scene.tick()
    assert list(scene.client.instances) == [run_of(0), run_of(1), run_of(2)]


@pytest.mark.parametrize(
    "fault", [Unavailable("okta", "read", status=500), NotPermitted("okta", "read", status=403), REFUSED]
)
async def test_first_page_that_cannot_be_read_is_an_error_and_stores_nothing(scene: Scene, fault: Exception) -> None:
    scene.okta.pages, scene.okta.faults = [[removal(1)]], {1: fault}

    await scene.tick()

    assert await scene.stored() is None
    assert len(scene.errors) == 1
    await scene.tick()
    assert list(scene.client.instances) == [run_of(1)]


async def test_page_in_the_middle_that_fails_is_read_again_at_the_next_run(scene: Scene) -> None:
    scene.okta.pages = [[removal(1)], [removal(2)]]
    scene.okta.faults = {2: Unavailable("okta", "read")}

    await scene.tick()
    assert list(scene.client.instances) == [run_of(1)]

    await scene.tick()
    assert scene.okta.asked[1:] == ["1", "1", "2"]
    assert list(scene.client.instances) == [run_of(1), run_of(2)]


async def test_start_that_fails_leaves_the_place_where_it_was(scene: Scene) -> None:
    scene.okta.pages = [[removal(1)]]
    await scene.put()
    before = await scene.stored()
    scene.client.broken = True

    await scene.tick()
    assert await scene.stored() == before
    assert len(scene.errors) == 1

    scene.client.broken = False
    await scene.tick()
    assert list(scene.client.instances) == [run_of(1)]


async def test_event_about_two_users_is_logged_and_does_not_keep_the_log_from_being_read_on(scene: Scene) -> None:
    about_two = removal(1)
    about_two["target"].append({"id": "00uOther", "type": "User"})
    scene.okta.pages = [[about_two, removal(2)], [removal(3)]]

    await scene.tick()

    assert list(scene.client.instances) == [run_of(2), run_of(3)]
    assert [about_two["uuid"] in error for error in scene.errors] == [True]


@pytest.mark.parametrize("unreadable", [{}, "text", None, {"uuid": "no time"}])
async def test_entry_that_cannot_be_read_holds_the_place_but_not_the_events_beside_it(
    scene: Scene, unreadable: Any
) -> None:
    scene.okta.pages = [[removal(1), unreadable]]

    await scene.tick()

    assert await scene.stored() is None
    assert list(scene.client.instances) == [run_of(1)]
    assert "1 events without uuid, time or type" in scene.caplog.text


async def test_page_without_a_link_that_goes_on_holds_the_place(scene: Scene) -> None:
    scene.okta.pages, scene.okta.no_next = [[removal(1)]], True

    await scene.tick()

    assert await scene.stored() is None
    assert "no link that goes on" in scene.caplog.text


async def test_rate_limit_ends_the_run_quietly_and_keeps_what_was_read(scene: Scene) -> None:
    scene.okta.pages, scene.okta.faults = [[removal(1)]], {2: Throttled("okta", "read", status=429, retry_after=30)}

    await scene.tick()

    place = await scene.stored()
    assert place is not None
    assert place.next_link == "1"
    assert scene.errors == []


@pytest.mark.parametrize("fault", [REFUSED, Rejected("okta", "follow the link nonsense")])
async def test_link_that_is_refused_is_told_once_and_the_log_is_read_from_before_the_place(
    scene: Scene, fault: Exception
) -> None:
    read_to = datetime.now(UTC) - timedelta(days=2)
    scene.okta.pages, scene.okta.faults = [[removal(1)]], {1: fault}
    await scene.put(next_link="7", read_to=read_to)

    await scene.tick()

    told, run = scene.client.instances
    assert (told.partition("-")[0], run) == ("log_gap", run_of(1))
    assert isinstance(scene.client.input_of(told, NoticeInput).notice, LogGap)
    assert scene.okta.asked == ["7", f"since {system_log.since_text(read_to - timedelta(hours=1))}", "1"]


async def test_gap_is_told_once_although_the_run_after_it_fails(scene: Scene) -> None:
    scene.okta.pages = [[removal(1), "unreadable"]]
    await scene.put(read_to=datetime.now(UTC) - timedelta(days=100))

    for _ in range(2):
        await scene.tick()

    assert [name for name in scene.client.instances if name.startswith("log_gap")] == [
        next(iter(scene.client.instances))
    ]
    since = datetime.fromisoformat(scene.okta.asked[0].removeprefix("since "))
    assert timedelta(days=89) < datetime.now(UTC) - since < timedelta(days=91)


async def test_link_is_not_blamed_for_what_okta_refuses_altogether(scene: Scene) -> None:
    await scene.put()
    before = await scene.stored()
    scene.okta.faults = {1: REFUSED, 2: REFUSED}

    await scene.tick()

    assert (scene.client.instances, await scene.stored()) == ({}, before)
    assert len(scene.errors) == 1


async def test_run_that_was_overtaken_by_another_stops_without_an_error(scene: Scene) -> None:
    scene.okta.pages = [[removal(1)], [removal(2)]]
    await scene.put()
    ask = scene.okta.list_log_events

    async def overtaken(**arguments: Any) -> LogPage:
        scene.okta.list_log_events = ask  # type: ignore[method-assign]
        await scene.tick()
        return await ask(**arguments)

    scene.okta.list_log_events = overtaken  # type: ignore[method-assign]
    await scene.tick()

    place = await scene.stored()
    assert place is not None
    assert place.next_link == "2"
    assert list(scene.client.instances) == [run_of(1), run_of(2)]
    assert scene.errors == []


async def test_nothing_personal_is_logged(scene: Scene) -> None:
    scene.caplog.set_level(logging.DEBUG, "offstage")
    scene.okta.pages = [[removal(1), {"eventType": "secret@contoso.com"}]]

    await scene.tick()

    assert run_of(1) in scene.caplog.text
    assert "@" not in scene.caplog.text
    assert all(target["displayName"] not in scene.caplog.text for target in REMOVAL["target"])


async def test_operator_has_the_log_read_at_once(scene: Scene, audited: Tables) -> None:
    scene.okta.pages = [[removal(1)], [removal(2)]]

    assert await scene.ask() == (202, {"state": "read", "started": 2})

    assert list(scene.client.instances) == [run_of(1), run_of(2)]
    (act,) = await audit.newest(audited, 10)
    assert (act.act, act.detail, act.actor) == ("operator_command", "catch up", "operator: key")


async def test_request_reads_only_some_pages_and_the_timer_reads_on(scene: Scene, audited: Tables) -> None:
    scene.okta.pages = [[removal(number)] for number in range(catch_up.PAGES_OF_A_REQUEST + 1)]

    assert await scene.ask() == (202, {"state": "more to read", "started": catch_up.PAGES_OF_A_REQUEST})

    await scene.tick()
    assert len(scene.client.instances) == catch_up.PAGES_OF_A_REQUEST + 1


async def test_request_while_the_log_is_being_read_says_so(scene: Scene, audited: Tables) -> None:
    async with catch_up._being_read:
        assert await scene.ask() == (202, {"state": "under way", "started": 0})

    assert scene.okta.asked == []


async def test_request_that_another_process_overtakes_says_so(
    scene: Scene, audited: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overtaken(*arguments: Any) -> str:
        raise Conflict("tables", "replace system_log in State", status=412)

    monkeypatch.setattr(state, "store_place", overtaken)

    assert await scene.ask() == (202, {"state": "under way", "started": 0})


async def test_request_tells_of_okta_that_gives_no_answer(scene: Scene, audited: Tables) -> None:
    scene.okta.faults = {1: Unavailable("okta", "GET /api/v1/logs", status=500)}

    status, answer = await scene.ask()

    assert (status, answer["detail"]) == (503, "okta gave no answer just now; ask again")


async def test_request_tells_of_a_page_that_cannot_be_read(scene: Scene, audited: Tables) -> None:
    scene.okta.pages, scene.okta.no_next = [[removal(1)]], True

    status, answer = await scene.ask()

    assert (status, "no link that goes on" in answer["detail"]) == (503, True)
