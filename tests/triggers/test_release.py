"""A wave is let go by one request: everybody, or those named, in the order in which they were held."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.tables import Tables
from lifecycle.members import Member
from lifecycle.orders import Command, GivenCommand, Order
from lifecycle.stages import Phase
from rows import members as rows
from tests.triggers.members_world import ADA, NOW, Answer, World, send
from triggers import members, release

HELD = replace(ADA, phase=Phase.HELD, held=True)


@pytest.fixture
async def world(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tables, monkeypatch)


def held(number: int, **differing: Any) -> Member:
    """Held the earlier, the higher the number: not in the order of the ids."""
    instance = f"staged_deactivation-{number}"
    known: dict[str, Any] = {"okta_user_id": f"00u{number}", "login": f"p{number}@contoso.com", "instance": instance}
    return replace(HELD, **known, updated_at=NOW - timedelta(minutes=number), **differing)


async def hold(world: World, *people: Member) -> None:
    await world.put(*people)
    world.client.instances |= {member.instance: "Running" for member in people}


async def ask(world: World, body: Any = b"") -> Answer:
    return await send(members.release_held, world.client, body=body)


def told(world: World) -> list[tuple[str, str]]:
    return [(instance, data["command"]) for instance, _, data in world.client.raised]


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_everybody_is_released_in_the_order_in_which_they_were_held(world: World, body: bytes) -> None:
    people = [held(number) for number in range(25)]
    await hold(world, *people, replace(ADA, okta_user_id="00uX", instance="staged_deactivation-x"))

    status, answer = await ask(world, body)

    assert status == 202
    assert [person["login"] for person in answer["released"]] == [member.login for member in reversed(people)]
    assert (answer["not_released"], answer["still_held"]) == ([], 0)
    assert sorted(told(world)) == sorted((member.instance, "release") for member in people)
    times = [[act.at for act in await world.audited(member.okta_user_id)] for member in reversed(people)]
    assert [len(each) for each in times] == [1] * 25
    assert times == sorted(times)


async def test_nobody_is_held_is_an_answer_too(world: World) -> None:
    assert await ask(world) == (202, {"released": [], "not_released": [], "still_held": 0})


async def test_only_those_named_are_released_by_id_or_login(world: World) -> None:
    await hold(world, held(1), held(2), held(3))

    status, answer = await ask(world, {"members": ["00u1", "P3@Contoso.com", "p3@contoso.com"]})

    assert status == 202
    assert [person["okta_user_id"] for person in answer["released"]] == ["00u3", "00u1"]
    assert sorted(told(world)) == [("staged_deactivation-1", "release"), ("staged_deactivation-3", "release")]


async def test_nobody_is_released_when_somebody_named_is_not_held(world: World) -> None:
    await hold(world, held(1), replace(held(2), phase=Phase.GRACE_PERIOD))

    status, answer = await ask(world, {"members": ["00u1", "p2@contoso.com", "nobody@contoso.com"]})

    assert status == 409
    assert "nobody@contoso.com, p2@contoso.com; nobody was released" in answer["detail"]
    assert "00u1" not in answer["detail"]
    assert told(world) == []


async def test_login_that_two_held_people_have_is_refused_with_both_ids(world: World) -> None:
    await hold(world, held(1), replace(held(2), login="p1@contoso.com"))

    status, answer = await ask(world, {"members": ["p1@contoso.com"]})

    assert (status, "00u1" in answer["detail"], "00u2" in answer["detail"]) == (409, True, True)
    assert told(world) == []


async def test_second_request_meanwhile_releases_nobody_twice(world: World) -> None:
    await hold(world, held(1), held(2))
    await ask(world)

    again = await ask(world)
    named = await ask(world, {"members": ["00u1"]})

    assert again == (202, {"released": [], "not_released": [], "still_held": 0})
    assert named[0] == 409
    assert len(told(world)) == 2


async def test_person_whom_somebody_else_has_just_released_is_named_with_the_reason(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hold(world, held(1), held(2))
    stale = await release.held()
    given = GivenCommand("staged_deactivation-1", "command-1", Order(Command.RELEASE, by="bob@contoso.com"), NOW)
    await world.put(held(1, command=given))

    async def as_it_was() -> list[Member]:
        return stale

    monkeypatch.setattr(release, "held", as_it_was)
    _, answer = await ask(world)

    assert [person["okta_user_id"] for person in answer["released"]] == ["00u2"]
    assert [person["okta_user_id"] for person in answer["not_released"]] == ["00u1"]
    assert "an operator (bob@contoso.com) said release" in answer["not_released"][0]["reason"]


async def test_wave_that_is_too_large_for_one_request_is_released_in_part(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hold(world, *(held(number) for number in range(15)))
    clock = iter([datetime.now(UTC) + minutes * release.LONGEST for minutes in (0, 0, 0, 2)])

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return next(clock)

    monkeypatch.setattr(release, "datetime", Clock)
    _, first = await ask(world)
    monkeypatch.undo()
    still_held = first["still_held"]

    assert (len(first["released"]), still_held) == (10, 5)


async def test_run_that_cannot_be_woken_just_now_keeps_what_it_was_told(world: World) -> None:
    await hold(world, held(1))
    world.client.broken = True

    status, answer = await ask(world)

    assert (status, len(answer["released"])) == (202, 1)
    stored = await rows.find(world.tables, "00u1")
    assert stored is not None
    assert stored.record.command is not None
    assert stored.record.command.order == Order(Command.RELEASE, by="key")


@pytest.mark.parametrize("body", [{"members": []}, {"members": [""]}, {"members": "00u1"}, {"member": ["00u1"]}, b"["])
async def test_malformed_body_is_refused_and_releases_nobody(world: World, body: Any) -> None:
    await hold(world, held(1))

    status, answer = await ask(world, body)

    assert (status, "expected {} for everybody" in answer["detail"]) == (400, True)
    assert told(world) == []
