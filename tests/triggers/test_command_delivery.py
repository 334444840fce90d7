"""A command that was accepted stands in the row until its run has taken it, and is raised until then."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.errors import Conflict, Unavailable
from clients.tables import Tables
from lifecycle.commands import end_wait
from lifecycle.members import Member
from lifecycle.orders import Command, GivenCommand, Order, Outcome
from lifecycle.stages import Phase
from rows import audit
from rows import members as member_rows
from tests.triggers.members_world import ADA, BOB, NOW, RUN, World
from triggers.command_delivery import A_RUN_TAKES_AT_MOST, TRIES, repeat_commands

KEEP, RETRY = Order(Command.KEEP, by="key"), Order(Command.RETRY, by="key")
GIVEN = GivenCommand(RUN, "command-1", KEEP, NOW - timedelta(minutes=2))
PARKED = replace(ADA, phase=Phase.NEEDS_ATTENTION)
RAISED = [(RUN, "command-1", {"command": "keep", "until": None})]


@pytest.fixture
def world(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tables, monkeypatch)


async def row(world: World, known: Member = ADA) -> Member:
    stored = await member_rows.find(world.tables, known.okta_user_id)
    assert stored is not None
    return stored.record


async def minute(world: World) -> None:
    function: Any = repeat_commands._function.get_user_function()
    await getattr(function, "client_function", function)(None, world.client)


async def outcomes(world: World) -> list[str]:
    return [entry.outcome for entry in await world.audited()]


def before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, happens: Callable[[], Awaitable[None]]) -> None:
    """Let something happen the next time when this function of a module of rows is called."""
    function = getattr(module, name)

    async def call(*arguments: Any) -> Any:
        monkeypatch.setattr(module, name, function)
        await happens()
        return await function(*arguments)

    monkeypatch.setattr(module, name, call)


async def test_accepted_command_stands_in_the_row_of_the_person(world: World) -> None:
    await world.put(ADA)

    await world.tell(ADA.login, "keep")

    given = (await row(world)).command
    assert given is not None
    assert replace(given, at=GIVEN.at) == GIVEN
    (entry,) = await world.audited()
    assert (entry.outcome, entry.at) == ("asked", given.at)


async def test_second_command_is_refused_until_the_run_awaits_another(world: World) -> None:
    await world.put(PARKED)
    assert (await world.tell(ADA.login, "retry"))[0] == 202

    outstanding = await world.tell(ADA.login, "discard")
    taken = end_wait(await row(world), "command-1", None).member
    assert taken is not None
    await world.put(taken)
    at_work = await world.tell(ADA.login, "discard")
    await world.put(replace(taken, phase=Phase.NEEDS_ATTENTION, awaiting_command="command-2"))
    parked_again = await world.tell(ADA.login, "discard")

    assert [status for status, _ in (outstanding, at_work, parked_again)] == [409, 409, 202]
    assert "an operator (key) said retry at" in outstanding[1]["detail"]
    assert at_work[1]["detail"] == "the run awaits no command just now: it goes on by itself"
    assert [(event, data["command"]) for _, event, data in world.client.raised] == [
        ("command-1", "retry"),
        ("command-2", "discard"),
    ]


async def test_commands_that_a_person_is_shown_to_take_are_none_while_one_is_outstanding(world: World) -> None:
    await world.put(ADA)

    await world.tell(ADA.login, "keep")

    assert (await world.shown(ADA.okta_user_id))[1]["commands"] == []


async def test_of_two_operators_in_the_same_moment_one_is_heard(world: World) -> None:
    await world.put(ADA)

    answers = await asyncio.gather(*(world.tell(ADA.login, word) for word in ("keep", "remove-now")))

    assert sorted(status for status, _ in answers) == [202, 409]
    (accepted,) = [answer["command"] for status, answer in answers if status == 202]
    assert [data["command"] for _, _, data in world.client.raised] == [accepted]
    assert [entry.detail for entry in await world.audited()] == [accepted]


async def test_row_that_the_run_writes_in_the_same_moment_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.put(ADA)
    before(monkeypatch, member_rows, "replace", lambda: world.put(replace(ADA, manager_mail="iris@contoso.com")))

    assert (await world.tell(ADA.login, "keep"))[0] == 202

    member = await row(world)
    assert (member.manager_mail, member.command is not None) == ("iris@contoso.com", True)


async def test_wait_that_ends_in_the_same_moment_refuses_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.put(ADA)
    before(monkeypatch, member_rows, "replace", lambda: world.put(replace(ADA, awaiting_command=None)))

    assert (await world.tell(ADA.login, "keep"))[0] == 409

    assert (world.client.raised, await world.audited()) == ([], [])


async def test_row_that_changes_each_time_is_a_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.put(ADA)
    tried: list[Member] = []

    async def replace_too_late(tables: Tables, member: Member, etag: str) -> None:
        tried.append(member)
        raise Conflict("tables", "replace")

    monkeypatch.setattr(member_rows, "replace", replace_too_late)

    assert (await world.tell(ADA.login, "keep"))[0] == 503

    assert len(tried) == TRIES
    assert (world.client.raised, await world.audited()) == ([], [])


@pytest.mark.parametrize("instances", [{}, {RUN: "Completed"}])
async def test_command_to_a_run_that_has_ended_is_a_409_and_is_taken_back(
    world: World, instances: dict[str, str]
) -> None:
    await world.put(ADA)
    world.client.instances = instances

    status, answer = await world.tell(ADA.login, "keep")

    assert status == 409
    assert f"{RUN} has ended" in answer["detail"]
    assert await row(world) == ADA
    assert await outcomes(world) == ["asked", "refused: the run has ended"]


async def test_command_that_the_run_took_from_the_row_before_it_ended_is_a_202(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.put(ADA)

    async def take_and_end() -> None:
        taken = end_wait(await row(world), "command-1", None).member
        assert taken is not None
        await world.put(taken)
        world.client.instances = {RUN: "Completed"}

    before(monkeypatch, audit, "append", take_and_end)

    assert (await world.tell(ADA.login, "keep"))[0] == 202
    assert await outcomes(world) == ["asked"]


async def test_command_whose_run_was_displaced_and_ended_is_a_409_in_the_name_of_the_new_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.put(ADA)

    async def displace() -> None:
        known = await row(world)
        assert known.command is not None
        lost = replace(known.command, outcome=Outcome.NOT_CARRIED_OUT)
        await world.put(replace(known, instance="activation-2", awaiting_command=None, command=lost))
        world.client.instances = {RUN: "Completed"}

    before(monkeypatch, audit, "append", displace)

    status, answer = await world.tell(ADA.login, "keep")

    assert (status, answer["detail"]) == (409, "activation-2 has taken the person over")


async def test_command_that_cannot_be_raised_just_now_is_accepted_and_raised_later(world: World) -> None:
    await world.put(ADA)
    world.client.broken = True
    assert (await world.tell(ADA.login, "keep"))[0] == 202
    world.client.broken = False
    given = (await row(world)).command
    assert given is not None
    await world.put(replace(ADA, command=replace(given, at=given.at - A_RUN_TAKES_AT_MOST)))

    await minute(world)

    assert world.client.raised == RAISED


async def test_command_is_raised_again_every_minute_until_the_run_has_taken_it(world: World) -> None:
    await world.put(replace(ADA, command=GIVEN))

    for _ in range(2):
        await minute(world)
    await world.put(replace(ADA, awaiting_command=None, command=replace(GIVEN, outcome=Outcome.CARRIED_OUT)))
    await minute(world)

    assert world.client.raised == RAISED * 2


@pytest.mark.parametrize(
    "member",
    [
        ADA,
        replace(ADA, command=replace(GIVEN, at=datetime.now(UTC) + timedelta(hours=1))),
        replace(ADA, command=GIVEN, awaiting_command="command-2"),
        replace(ADA, command=replace(GIVEN, instance="staged_deactivation-0")),
        replace(ADA, command=replace(GIVEN, outcome=Outcome.NOT_CARRIED_OUT)),
    ],
    ids=["none", "accepted a moment ago", "for a wait that is not the present one", "of a run before", "displaced"],
)
async def test_nothing_else_is_raised_again(world: World, member: Member) -> None:
    await world.put(member)

    await minute(world)

    assert world.client.raised == []


async def test_command_to_a_run_that_was_terminated_meanwhile_is_taken_back(world: World) -> None:
    await world.put(replace(ADA, command=GIVEN))
    world.client.instances = {RUN: "Terminated"}

    for _ in range(2):
        await minute(world)

    assert await row(world) == ADA
    assert await outcomes(world) == ["refused: the run has ended"]


async def test_command_to_one_run_that_cannot_be_reached_does_not_hold_up_the_others(world: World) -> None:
    """Both are raised again a minute later."""
    bobs = replace(BOB, phase=Phase.GRACE_PERIOD, instance="staged_deactivation-bob", awaiting_command="command-1")
    await world.put(replace(ADA, command=GIVEN), replace(bobs, command=replace(GIVEN, instance=bobs.instance)))
    world.client.broken = True
    await minute(world)
    world.client.broken = False
    world.client.instances[bobs.instance] = "Running"

    await minute(world)

    assert [instance for instance, _, _ in world.client.raised] == [RUN, bobs.instance]


async def test_tables_that_are_down_leave_it_to_the_next_minute(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def down() -> None:
        raise Unavailable("tables", "query")

    monkeypatch.setattr("wiring.tables", down)

    await minute(world)

    assert "raised again in a minute" in caplog.text
