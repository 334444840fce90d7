"""What the checks say where all is well, and how they are asked. tests/local/admin/test_doctor.py breaks things."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import azure.functions as func
import pytest

import wiring
from lifecycle.health import Check, Outcome
from local.stand_in.sample_people import MANAGED_GROUP_NAME
from rows import state
from tests.triggers.health_breakages import no_client, no_hook
from tests.triggers.health_scene import HERE, ROLES, HealthScene, healthy, private_key
from triggers import health_checks as module
from triggers.health_checks import check_everything, health_checks
from triggers.health_details import show_health


@pytest.fixture
async def scene(tables_connection: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HealthScene]:
    async with healthy(tables_connection, monkeypatch) as made:
        yield made


async def told() -> dict[str, Check]:
    """What the checks do not find in order, by name."""
    checks = await check_everything(f"{HERE}/api/health/details?code=key")
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks if check.outcome is not Outcome.OK}


async def test_where_all_is_well_every_check_says_what_it_saw_and_nothing_has_to_be_done(scene: HealthScene) -> None:
    checks = await health_checks(HERE)

    assert [(check.outcome, check.cure) for check in checks] == [(Outcome.OK, None)] * len(checks)
    assert {check.name for check in checks} == {
        "Okta",
        "Okta permission okta.users.read",
        "Okta permission okta.groups.read",
        "Okta permission okta.logs.read",
        "Clock, against Okta",
        f"Managed group {MANAGED_GROUP_NAME}",
        "Okta event hook",
        "Microsoft Graph",
        *(f"Graph permission {role}" for role in ROLES if role != "Mail.Send"),
        "Clock, against Microsoft Graph",
        "Sender's mailbox",
        "Tables",
        "Catch-up",
        "Drift check",
    }


async def test_tables_that_cannot_be_reached_are_all_that_is_said_of_them(scene: HealthScene) -> None:
    gone = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", scene.values["TABLES_CONNECTION"])
    await scene.reads(TABLES_CONNECTION=gone)

    assert list(await told()) == ["Tables"]


async def test_a_hook_by_the_other_name_of_this_machine_leads_here(scene: HealthScene) -> None:
    scene.hook.channel.config.uri = "http://127.0.0.1:7071/api/okta/events"

    checks = await health_checks("http://localhost:7071")

    assert {check.outcome for check in checks} == {Outcome.OK}


async def answered() -> tuple[int, dict[str, object]]:
    function = show_health._function.get_user_function()
    response = await function(func.HttpRequest("GET", f"{HERE}/api/health/details", body=b""))
    return response.status_code, json.loads(response.get_body())


async def test_who_asks_again_within_seconds_gets_the_same_answer_and_okta_is_not_asked(scene: HealthScene) -> None:
    first = await health_checks(HERE)
    await no_hook(scene)
    scene.org.controls.requests.clear()

    one, other = await asyncio.gather(health_checks(HERE), health_checks(HERE))
    assert one == other == first
    assert scene.org.controls.requests.since(0) == []


async def test_what_was_found_a_while_ago_is_looked_at_anew(
    scene: HealthScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await health_checks(HERE)
    await no_hook(scene)
    monkeypatch.setattr(module, "FRESH_FOR", -1.0)

    assert {check.outcome for check in await health_checks(HERE)} == {Outcome.OK, Outcome.FAILED}


async def test_the_route_answers_200_while_no_check_fails(scene: HealthScene) -> None:
    await scene.reads(DRY_RUN="true")

    status, body = await answered()

    assert (status, body["outcome"]) == (200, "warning")


async def test_the_route_answers_503_when_a_check_fails_with_all_of_them(scene: HealthScene) -> None:
    await no_hook(scene)

    status, body = await answered()

    checks = body["checks"]
    assert isinstance(checks, list)
    assert (status, body["outcome"]) == (503, "failed")
    assert {"ok", "failed"} == {check["outcome"] for check in checks}
    assert all(set(check) == {"name", "outcome", "found", "cure"} for check in checks)


async def test_no_secret_is_in_an_answer_whatever_is_broken(scene: HealthScene) -> None:
    await no_client(scene)
    await scene.reads(GRAPH_ACCESS_TOKEN="a-token-that-nobody-may-see")

    text = json.dumps((await answered())[1])

    for secret in (
        "00-revoked",
        "a-token-that-nobody",
        "a-secret-of-the-event-hook",
        "AccountKey",
        private_key()[40:60],
    ):
        assert secret not in text


async def test_what_is_written_to_try_the_tables_is_read_by_nobody_else(scene: HealthScene) -> None:
    await health_checks()

    tables = await wiring.tables()
    assert [start async for start in state.every_noted(tables)] == []
    assert await state.find_counts(tables) is None
