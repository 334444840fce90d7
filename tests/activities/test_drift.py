"""Reading, comparing and mending: never on half a reading, never twice, and nobody who is just being worked on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import wiring
from activities import drift, drift_rows, records
from activities.drift import compare_with_tenant, find_groups_to_check, forget_readings, list_first_findings, read_group
from clients.errors import Unavailable
from clients.tables import Tables
from lifecycle.stages import Phase
from tests.activities.drift_world import (
    BEGAN_AT,
    LONG_AGO,
    OFFICE,
    PROTECTED,
    RUN,
    VISIO,
    DriftWorld,
    account,
    login,
    member,
    okta_user,
    perform,
)

GROUP = {"id": OFFICE.id, "name": OFFICE.name}
DISABLED, ENABLED = "entitled_but_disabled", "not_entitled_but_enabled"
ACTIVATION, DEACTIVATION = "activation", "staged_deactivation"


@pytest.fixture
def world(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> DriftWorld:
    world = DriftWorld(tables)
    for module, table in ((records, "MEMBERS"), (drift_rows, "READINGS"), (drift_rows, "DRIFT")):
        monkeypatch.setattr(module, table, f"T{uuid4().hex}")

    def giving(client: object) -> Any:
        async def give() -> object:
            return client

        return give

    for name, client in (("okta", world), ("graph", world), ("tables", tables)):
        monkeypatch.setattr(wiring, name, giving(client))
    monkeypatch.setattr(wiring, "settings", lambda: world.settings)
    monkeypatch.setattr(wiring, "durable", lambda client: client)
    return world


async def mend(world: DriftWorld, first: int = 0, end: int = 50) -> Any:
    return await perform(drift.start_mending, client=world.durable, first=first, end=end)


async def test_managed_groups_are_found_by_name_and_by_id(world: DriftWorld) -> None:
    assert await perform(find_groups_to_check) == [GROUP, {"id": VISIO.id, "name": VISIO.name}]


async def test_managed_group_that_is_gone_ends_the_check(world: DriftWorld) -> None:
    del world.members_of[VISIO.id]

    failure = await perform(find_groups_to_check)

    assert failure["permanent"]
    assert f"there is no group '{VISIO.id}'" in failure["reason"]


async def test_deactivated_members_do_not_count_as_entitled(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1), okta_user(2, "DEPROVISIONED"), okta_user(3, "SUSPENDED")]

    read = await perform(read_group, group=GROUP)

    assert read == {"parts": 1, "members": 3, "entitled": 2}
    assert list(await drift_rows.read_people(RUN, [GROUP | read])) == ["00u1", "00u3"]


async def test_status_nobody_knows_ends_the_check(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1, "FROZEN")]

    failure = await perform(read_group, group=GROUP)

    assert failure["permanent"]
    assert "'FROZEN'" in failure["reason"]
    assert await world.readings() == []


async def test_page_that_fails_leaves_nothing_of_the_group_behind(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(700)]
    world.broken_after, world.failure = 600, Unavailable("okta", "GET members", status=503)

    assert not (await perform(read_group, group=GROUP))["permanent"]
    assert await world.readings() == []


async def test_reading_that_is_not_whole_is_not_compared(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(700)]
    groups = await world.read_all()
    await world.tables.delete(drift_rows.READINGS, RUN, f"{OFFICE.id}-000001")

    failure = await world.compare(groups)

    assert failure["permanent"]
    assert "what was read from Okta is not there any more" in failure["reason"]


async def test_tenant_that_cannot_be_read_to_the_end_stores_no_finding(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1)]
    world.accounts = [account(1, enabled=False), account(2)]
    world.broken_after, world.failure = 1, Unavailable("graph", "list the users", status=503)

    assert not (await world.compare())["permanent"]
    assert await world.rows() == []


async def test_both_directions_are_found_and_counted(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1), okta_user(2)]
    world.members_of[VISIO.id] = [okta_user(2), okta_user(5)]
    world.accounts = [account(1), account(2, enabled=False), account(3), account(4)]
    await world.remember(member(1), member(3))

    counts = await world.compare()

    assert await world.found() == [(ENABLED, login(3), DEACTIVATION), (DISABLED, login(2), ACTIVATION)]
    assert (counts["entitled"], counts["known"], counts["without_account"], counts["findings"]) == (3, 2, 1, 2)
    assert (await world.rows())[1][
        "Finding"
    ] == "is in Office 365 Assignments, Visio Users, but the account is disabled"


async def test_comparison_that_is_repeated_leaves_what_it_found_last(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(3)]
    world.accounts = [account(number, enabled=False) for number in range(3)]
    groups = await world.read_all()
    await world.compare(groups)
    world.accounts = [account(0), account(1, enabled=False), account(2)]

    await world.compare(groups)

    assert await world.found() == [(DISABLED, login(1), ACTIVATION)]


async def test_living_run_is_no_drift_and_a_dead_one_is(world: DriftWorld) -> None:
    waiting = {"phase": Phase.NEEDS_ATTENTION, "due_at": BEGAN_AT + timedelta(days=9)}
    world.accounts = [account(1), account(2)]
    await world.remember(member(1, **waiting), member(2, **waiting))
    world.durable.living = {"activation-1"}

    await world.compare()

    assert await world.found() == [("no_living_instance", login(2), DEACTIVATION)]


@pytest.mark.parametrize(
    "changes",
    [
        {"instance": "staged_deactivation-9", "updated_at": BEGAN_AT + timedelta(minutes=1)},
        {"phase": Phase.UNLICENSED, "due_at": None, "updated_at": BEGAN_AT + timedelta(minutes=1)},
    ],
)
async def test_run_that_ends_or_makes_way_while_it_is_looked_at_is_no_drift(world: DriftWorld, changes: Any) -> None:
    held = member(1, phase=Phase.GRACE_PERIOD, due_at=BEGAN_AT + timedelta(days=9))
    world.accounts = [account(1, enabled=False)]
    await world.remember(held)

    async def change() -> None:
        await world.remember(replace(held, **changes))

    world.durable.before_answer = change

    await world.compare()

    assert await world.found() == []


async def test_protected_accounts_and_the_mail_sender_are_reported_and_not_mended(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [replace(okta_user(1), email=PROTECTED), okta_user(2)]
    sender = replace(account(2, enabled=False), mail="Offboarding@contoso.com")
    world.accounts = [replace(account(1, enabled=False), user_principal_name=PROTECTED), sender]

    await world.compare()

    assert [row.get("Flow") for row in await world.rows()] == [None, None]
    assert ["PROTECTED_LOGINS" in row["NotStarted"] for row in await world.rows()] == [True, False]
    assert await mend(world) == 0
    assert world.durable.started == []


async def test_mending_starts_each_flow_once_and_writes_down_which(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(3)]
    world.accounts = [account(number, enabled=False) for number in range(3)]
    await world.compare()

    assert await mend(world, 0, 2) == 2
    assert await mend(world, 0, 2) == 2
    assert await mend(world, 2, 4) == 1

    assert len(world.durable.started) == 3
    assert [row["StartedInstanceId"] for row in await world.rows()] == [each.instance for each in world.durable.started]
    first = world.durable.started[0]
    assert (first.flow, first.input["published"]) == (ACTIVATION, BEGAN_AT.isoformat())


async def test_whoever_is_taken_up_between_comparing_and_mending_is_left_alone(world: DriftWorld) -> None:
    world.accounts = [account(1), account(2)]
    await world.remember(member(1), member(2))
    await world.compare()
    await world.remember(member(1, instance=f"{ACTIVATION}-new", updated_at=BEGAN_AT + timedelta(minutes=1)))

    assert await mend(world) == 1

    alone, started = await world.rows()
    assert "begun to act" in alone["NotStarted"]
    assert started["StartedInstanceId"].startswith(DEACTIVATION)


async def test_mending_that_is_repeated_knows_the_run_it_started_itself(world: DriftWorld) -> None:
    world.accounts = [account(1)]
    await world.remember(member(1))
    await world.compare()
    await mend(world)
    own = world.durable.started[0].instance
    await world.remember(member(1, instance=own, updated_at=BEGAN_AT + timedelta(minutes=1)))

    await mend(world)

    assert (await world.rows())[0]["StartedInstanceId"] == own
    assert "NotStarted" not in (await world.rows())[0]


async def test_output_shows_the_first_hundred_and_the_table_has_all(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(120)]
    world.accounts = [account(number, enabled=False) for number in range(120)]

    assert (await world.compare())["findings"] == 120

    shown = await perform(list_first_findings)
    assert len(shown) == 100
    assert set(shown[0]) == {"kind", "okta_user_id", "login", "started", "not_started", "finding", "flow"}
    assert len(await world.rows()) == 120


async def test_what_was_read_is_forgotten_with_the_check_and_what_others_left_after_a_week(world: DriftWorld) -> None:
    people = [{"id": "00u1", "login": login(1), "email": None}]
    for run, read_at in ((RUN, BEGAN_AT), ("another", LONG_AGO), ("dead", BEGAN_AT - timedelta(days=8))):
        await drift_rows.store_people(run, OFFICE.id, people, read_at)

    assert await perform(forget_readings) == 2

    assert [row.values["PartitionKey"] for row in await world.readings()] == ["another"]


async def test_snapshot_that_cannot_be_read_ends_the_check(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1)]
    world.accounts = [account(1)]
    await world.remember(member(1, snapshot="{}"))

    failure = await perform(compare_with_tenant, client=world.durable, groups=await world.read_all())

    assert failure["permanent"]
    assert "snapshot" in failure["reason"]
