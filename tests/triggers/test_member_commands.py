"""What becomes of what operators tell the runs of people."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import wiring
from clients.errors import NotPermitted, Rejected, Unavailable
from clients.tables import Tables
from lifecycle.stages import Phase
from tests.triggers.members_world import ADA, ADAS, BOB, IN_OKTA, NOW, RUN, World, answering

EXTENDED = {"until": (NOW + timedelta(days=60)).isoformat()}


@pytest.fixture
def world(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tables, monkeypatch)


@pytest.mark.parametrize(
    ("phase", "command"),
    [
        (Phase.GRACE_PERIOD, "keep"),
        (Phase.GRACE_PERIOD, "remove-now"),
        (Phase.HELD, "release"),
        (Phase.HELD, "discard"),
        (Phase.NEEDS_ATTENTION, "discard"),
        (Phase.NEEDS_ATTENTION, "retry"),
        (Phase.NEEDS_ATTENTION, "skip"),
    ],
)
async def test_command_is_raised_as_the_event_that_the_run_awaits(world: World, phase: Phase, command: str) -> None:
    await world.put(replace(ADA, phase=phase, awaiting_command="command-7"))

    answer = await world.tell(ADA.login, command)

    assert answer == (202, {"instance": RUN, "command": command})
    assert world.client.raised == [(RUN, "command-7", {"command": command, "until": None})]


async def test_extend_carries_its_instant_in_utc(world: World) -> None:
    await world.put(ADA)
    until = (NOW + timedelta(days=60)).replace(microsecond=0)

    status, _ = await world.tell(ADA.login, "extend", {"until": f"{until:%Y-%m-%dT%H:%M:%S}+02:00"})

    assert status == 202
    in_utc = (until - timedelta(hours=2)).isoformat()
    assert world.client.raised == [(RUN, "command-1", {"command": "extend", "until": in_utc})]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[" * 100_000,
        {},
        {"until": None},
        {"until": 4_000_000_000},
        {"until": "4000000000"},
        {"until": "2030-01-01"},
        {"until": "2030-01-01T00:00:00"},
        {"until": "tomorrow"},
        {"until": "2020-01-01T00:00:00Z"},
        {"until": "2999-01-01T00:00:00Z"},
        {"until": "9999-12-31T23:59:59-23:59"},
        {"until": "0001-01-01T00:00:00+23:59"},
        EXTENDED | {"command": "keep"},
    ],
)
async def test_extend_without_a_good_instant_is_refused(world: World, body: Any) -> None:
    await world.put(ADA)

    status, answer = await world.tell(ADA.login, "extend", body)

    assert (status, world.client.raised, await world.audited()) == (400, [], [])
    assert answer["detail"]


@pytest.mark.parametrize("body", [b"nonsense", {"until": "2030-01-01T00:00:00Z"}, [], b" " * 5000])
@pytest.mark.parametrize("command", ["keep", "deactivate"])
async def test_command_without_arguments_takes_none(world: World, command: str, body: Any) -> None:
    await world.put(ADA)

    status, _ = await world.tell(ADA.login, command, body)

    assert (status, world.client.raised, world.client.inputs) == (400, [], {})


@pytest.mark.parametrize("command", ["destroy", "KEEP", "", "x" * 10_000, "\x00"])
async def test_unknown_command_is_a_404_that_names_the_known_ones(world: World, command: str) -> None:
    await world.put(ADA)

    status, answer = await world.tell(ADA.login, command)

    assert status == 404
    assert "remove-now, extend, deactivate, activate" in answer["detail"]
    assert len(answer["detail"]) < 500


@pytest.mark.parametrize(
    ("differing", "command", "reason"),
    [
        ({"phase": Phase.UNLICENSED}, "keep", "keep is for a person in grace_period; ada@contoso.com is in unlicensed"),
        ({}, "retry", "retry is for a person in needs_attention"),
        ({}, "discard", "discard is for a person in held, needs_attention"),
        ({"awaiting_command": None}, "keep", "awaits no command just now"),
        (
            {"phase": Phase.NEEDS_ATTENTION, "awaiting_command": None, "reason": "no free seat of E3"},
            "retry",
            "no free seat of E3",
        ),
    ],
)
async def test_command_that_nobody_would_hear_is_a_409_with_the_reason(
    world: World, differing: dict[str, Any], command: str, reason: str
) -> None:
    await world.put(replace(ADA, **differing))

    status, answer = await world.tell(ADA.login, command)

    assert (status, world.client.raised, await world.audited()) == (409, [], [])
    assert reason in answer["detail"]


async def test_command_that_comes_when_the_date_of_the_account_is_over_is_a_409(world: World) -> None:
    await world.put(ADA)
    await world.put_account(replace(ADAS, due_at=NOW - timedelta(minutes=1)))

    status, answer = await world.tell(ADA.login, "keep")

    assert (status, world.client.raised) == (409, [])
    assert "the grace period ended on" in answer["detail"]


async def test_command_is_written_down_with_the_run_and_the_time(world: World) -> None:
    await world.put(ADA)

    await world.tell(ADA.login, "extend", EXTENDED)

    (entry,) = await world.audited()
    assert (entry.act, entry.outcome, entry.instance) == ("operator_command", "asked", RUN)
    assert entry.detail.startswith("extend until 2")
    assert (entry.login, entry.event_uuid) == (ADA.login, ADA.event_uuid)
    assert abs(entry.at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(("command", "flow"), [("deactivate", "staged_deactivation"), ("activate", "activation")])
async def test_flow_starts_as_if_an_event_had_come_now(world: World, command: str, flow: str) -> None:
    await world.put(BOB)

    status, answer = await world.tell(BOB.okta_user_id, command)

    ((instance, event),) = world.events().items()
    assert (status, answer) == (202, {"instance": instance, "command": command})
    assert instance == f"{flow}-{event.uuid}"
    assert (event.okta_user_id, event.login) == (BOB.okta_user_id, BOB.login)
    assert (event.event_type, event.group_id, event.group_name) == (f"operator.{command}", None, None)
    assert abs(event.published - datetime.now(UTC)) < timedelta(minutes=1)
    (entry,) = await world.audited(BOB.okta_user_id)
    assert (entry.instance, entry.detail, entry.event_uuid) == (instance, command, event.uuid)


@pytest.mark.parametrize("user", [IN_OKTA.id, IN_OKTA.login])
async def test_user_whom_only_okta_knows_is_deactivated_too(world: World, user: str) -> None:
    status, _ = await world.tell(user, "deactivate")

    (event,) = world.events().values()
    assert (status, event.okta_user_id, event.login) == (202, IN_OKTA.id, IN_OKTA.login)


async def test_person_who_is_gone_from_okta_is_known_by_the_row(world: World) -> None:
    await world.put(ADA)

    status, _ = await world.tell(ADA.login, "deactivate")

    assert (status, len(world.client.inputs)) == (202, 1)


async def test_login_that_okta_gave_to_somebody_else_is_refused(world: World) -> None:
    await world.put(ADA)
    world.okta.users[ADA.login] = replace(IN_OKTA, login=ADA.login)

    status, answer = await world.tell(ADA.login, "deactivate")

    assert (status, world.client.inputs) == (409, {})
    assert "00u1ada, 00u3cyd" in answer["detail"]


async def test_flow_of_an_operator_is_newer_than_what_owns_the_person_whatever_the_clocks_say(world: World) -> None:
    ahead = NOW + timedelta(hours=3)
    await world.put(replace(BOB, published=datetime.max.replace(tzinfo=UTC)))
    assert (await world.tell(BOB.okta_user_id, "activate"))[0] == 202
    await world.put(replace(ADA, published=ahead))
    world.okta.users["new.login@contoso.com"] = replace(IN_OKTA, id=ADA.okta_user_id)

    for user in (ADA.okta_user_id, "new.login@contoso.com"):
        await world.tell(user, "activate")

    assert all(event.published > ahead for event in world.events().values())


async def test_two_deactivations_are_two_flows(world: World) -> None:
    await world.put(ADA)

    for _ in range(2):
        await world.tell(ADA.login, "deactivate")

    assert len(world.client.inputs) == 2


async def test_flow_that_a_host_that_is_down_cannot_start_is_a_503(world: World) -> None:
    await world.put(ADA)
    world.client.broken = True

    status, answer = await world.tell(ADA.login, "deactivate")

    assert status == 503
    assert "ask again" in answer["detail"]


@pytest.mark.parametrize("fault", [Unavailable("okta", "read"), NotPermitted("okta", "read", status=403)])
async def test_okta_that_gives_no_answer_is_a_503(world: World, fault: Exception) -> None:
    world.okta.fault = fault

    assert (await world.tell(IN_OKTA.login, "deactivate"))[0] == 503
    assert world.client.inputs == {}


async def test_name_that_okta_refuses_is_nobodys(world: World) -> None:
    world.okta.fault = Rejected("okta", "read", status=400, code="E0000001")

    assert (await world.tell("not a login", "deactivate"))[0] == 404


async def test_tables_that_are_down_are_a_503_and_nothing_is_raised(
    world: World, tables_connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Tables(connection_string=re.sub(r":\d+/", ":1/", tables_connection))
    monkeypatch.setattr(wiring, "tables", answering(nowhere))

    statuses = [(await world.listed())[0], (await world.shown(ADA.okta_user_id))[0]]
    statuses += [(await world.tell(ADA.okta_user_id, command))[0] for command in ("keep", "activate")]

    assert (statuses, world.client.raised, world.client.inputs) == ([503] * 4, [], {})
    await nowhere.close()


async def test_tables_that_refuse_the_app_are_named_with_what_to_check(
    world: World, tables_connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    former_key = "AccountKey=" + "c2VjcmV0" * 8
    refusing = Tables(connection_string=re.sub(r"AccountKey=[^;]+", former_key, tables_connection))
    monkeypatch.setattr(wiring, "tables", answering(refusing))

    status, answer = await world.tell(ADA.okta_user_id, "keep")

    assert status == 503
    assert "Storage Table Data Contributor" in answer["detail"]
    await refusing.close()


async def test_nothing_personal_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "offstage")
    await world.put(ADA)

    await world.tell(ADA.login, "keep")
    await world.tell(ADA.login, "activate")
    world.client.broken = True
    await world.tell(ADA.login, "keep")

    assert RUN in caplog.text
    assert "@" not in caplog.text
