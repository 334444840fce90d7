"""Reading, comparing and mending: never on half a reading, never twice, and nobody who is just being worked on."""

from dataclasses import replace
from datetime import timedelta

import pytest

import wiring
from activities.drift import (
    compare_with_tenant,
    find_groups_to_check,
    forget_readings,
    list_first_findings,
    read_group,
    store_roster,
)
from clients.errors import Unavailable
from clients.tables import Tables
from lifecycle.drift_evidence import GroupMember, Kind, ReadGroup
from lifecycle.drift_report import as_json
from lifecycle.events import Flow
from lifecycle.inputs import EventInput, ReconcileInput, read_input
from lifecycle.members import Member
from lifecycle.stages import Phase
from rows import drift, members, roster
from tests.activities.drift_world import (
    BEGAN_AT,
    LONG_AGO,
    OFFICE,
    PROTECTED,
    RUN,
    VISIO,
    DriftWorld,
    account,
    known_account,
    login,
    member,
    okta_user,
    perform,
    refusal,
)
from tests.activities.wire import stand_in

SINCE = BEGAN_AT + timedelta(minutes=1)


@pytest.fixture
def world(own_tables: Tables, monkeypatch: pytest.MonkeyPatch) -> DriftWorld:
    world = DriftWorld(own_tables)
    stand_in(monkeypatch, lambda: world.settings, tables=own_tables, okta=world, graph=world)
    monkeypatch.setattr(wiring, "durable", lambda client: world.durable)
    return world


async def test_managed_groups_are_found_by_name_and_by_id(world: DriftWorld) -> None:
    assert await perform(find_groups_to_check) == (OFFICE, VISIO)


async def test_managed_group_that_is_gone_ends_the_check(world: DriftWorld) -> None:
    del world.members_of[VISIO.id]

    failure = await refusal(find_groups_to_check)

    assert failure.permanent
    assert f"there is no group '{VISIO.id}'" in failure.reason


async def test_deactivated_members_do_not_count_as_entitled(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1), okta_user(2, "DEPROVISIONED"), okta_user(3, "SUSPENDED")]

    read = await perform(read_group, group=OFFICE)

    assert read == ReadGroup(OFFICE.id, OFFICE.name, parts=1, members=3, entitled=2)
    assert list(await drift.read_entitled(world.tables, RUN, [read])) == ["00u1", "00u3"]


async def test_status_nobody_knows_ends_the_check(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1, "FROZEN")]

    failure = await refusal(read_group, group=OFFICE)

    assert failure.permanent
    assert "'FROZEN'" in failure.reason
    assert await world.readings() == []


async def test_page_that_fails_leaves_nothing_of_the_group_behind(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(700)]
    world.broken_after, world.failure = 600, Unavailable("okta", "GET members", status=503)

    assert not (await refusal(read_group, group=OFFICE)).permanent
    assert await world.readings() == []


async def test_reading_that_is_not_whole_is_not_compared(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(700)]
    groups = await world.read_all()
    *_, last = await world.readings()
    await world.tables.delete(drift.READINGS, last.values["PartitionKey"], last.values["RowKey"])

    failure = await refusal(compare_with_tenant, groups=groups, began_at=BEGAN_AT)

    assert failure.permanent
    assert "what was read from Okta is not there any more" in failure.reason


async def test_tenant_that_cannot_be_read_to_the_end_stores_no_finding(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1)]
    world.accounts = [account(1, enabled=False), account(2)]
    world.broken_after, world.failure = 1, Unavailable("graph", "list the users", status=503)

    assert not (await world.fail_to_compare()).permanent
    assert await world.findings() == []


async def test_both_directions_are_found_and_counted(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1), okta_user(2)]
    world.members_of[VISIO.id] = [okta_user(2), okta_user(5)]
    world.accounts = [account(1), account(2, enabled=False), account(3), account(4)]
    await world.remember(member(1), member(3))
    await world.remember_accounts(known_account(2))

    counts = await world.compare()

    assert await world.found() == [
        (Kind.NOT_ENTITLED_BUT_ENABLED, login(3), Flow.DEACTIVATION),
        (Kind.ENTITLED_BUT_DISABLED, login(2), Flow.ACTIVATION),
    ]
    assert (counts.entitled, counts.known, counts.without_account, counts.findings) == (3, 2, 1, 2)
    assert (await world.findings())[1].words == (
        "is in Office 365 Assignments, Visio Users, but the account is disabled"
    )


async def test_comparison_that_is_repeated_leaves_what_it_found_last(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(3)]
    world.accounts = [account(number, enabled=False) for number in range(3)]
    await world.remember_accounts(*map(known_account, range(3)))
    await world.compare()
    world.accounts = [account(0), account(1, enabled=False), account(2)]

    await world.compare()

    assert await world.found() == [(Kind.ENTITLED_BUT_DISABLED, login(1), Flow.ACTIVATION)]


async def test_living_run_is_no_drift_and_a_dead_one_is(world: DriftWorld) -> None:
    def waiting(number: int) -> Member:
        return replace(member(number), phase=Phase.NEEDS_ATTENTION, awaiting_command="command-1")

    world.accounts = [account(1), account(2)]
    await world.remember(waiting(1), waiting(2))
    world.durable.living = {member(1).instance}

    await world.compare()

    assert await world.found() == [(Kind.NO_LIVING_INSTANCE, login(2), Flow.DEACTIVATION)]


async def test_living_run_that_does_nothing_for_a_day_is_found_and_left_alone(world: DriftWorld) -> None:
    world.accounts = [account(1)]
    await world.remember(replace(member(1), phase=Phase.CLAIMED, pending=(Flow.DEACTIVATION,)))
    world.durable.living = {member(1).instance}

    await world.compare()

    assert await world.found() == [(Kind.NO_PROGRESS, login(1), None)]
    assert await world.mend() == 0
    assert world.durable.started == []


IN_GRACE_PERIOD = replace(member(1), phase=Phase.GRACE_PERIOD)


@pytest.mark.parametrize(
    "changed",
    [
        replace(IN_GRACE_PERIOD, instance="staged_deactivation-9", updated_at=SINCE),
        replace(IN_GRACE_PERIOD, phase=Phase.UNLICENSED, updated_at=SINCE),
    ],
    ids=["makes way", "ends"],
)
async def test_run_that_ends_or_makes_way_while_it_is_looked_at_is_no_drift(world: DriftWorld, changed: Member) -> None:
    world.accounts = [account(1, enabled=False)]
    await world.remember(IN_GRACE_PERIOD)
    world.durable.before_answer = lambda: world.remember(changed)

    await world.compare()

    assert await world.found() == []


async def test_person_who_is_forgotten_while_the_run_is_looked_at_is_no_drift(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1)]
    world.accounts = [account(1, enabled=False)]
    await world.remember(IN_GRACE_PERIOD)
    world.durable.before_answer = lambda: world.tables.delete(
        members.TABLE, members.PARTITION, IN_GRACE_PERIOD.okta_user_id
    )

    await world.compare()

    assert await world.found() == []


async def test_protected_accounts_and_the_mail_sender_are_reported_and_not_mended(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [replace(okta_user(1), email=PROTECTED), okta_user(2)]
    sender = replace(account(2, enabled=False), mail="Offboarding@contoso.com")
    world.accounts = [replace(account(1, enabled=False), user_principal_name=PROTECTED), sender]

    await world.compare()

    listed, sending = await world.findings()
    assert (listed.flow, sending.flow) == (None, None)
    assert "PROTECTED_LOGINS" in str(listed.not_started)
    assert "MAIL_SENDER" in str(sending.not_started)
    assert await world.mend() == 0
    assert world.durable.started == []


async def test_mending_starts_each_flow_once_and_writes_down_which(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(3)]
    world.accounts = [account(number, enabled=False) for number in range(3)]
    await world.remember_accounts(*map(known_account, range(3)))
    await world.compare()

    assert await world.mend(0, 2) == 2
    assert await world.mend(0, 2) == 2
    assert await world.mend(2, 4) == 1

    assert len(world.durable.started) == 3
    assert [each.started for each in await world.findings()] == [each.instance for each in world.durable.started]
    first = world.durable.started[0]
    event = read_input(EventInput, first.flow, first.input)
    assert (first.flow, event.published) == (Flow.ACTIVATION, BEGAN_AT)


async def test_whoever_is_taken_up_between_comparing_and_mending_is_left_alone(world: DriftWorld) -> None:
    world.accounts = [account(1), account(2)]
    await world.remember(member(1), member(2))
    await world.compare()
    await world.remember(replace(member(1), instance="activation-new", updated_at=SINCE))

    assert await world.mend() == 1

    alone, started = await world.findings()
    assert "begun to act" in str(alone.not_started)
    assert str(started.started).startswith(Flow.DEACTIVATION)


async def test_mending_that_is_repeated_knows_the_run_it_started_itself(world: DriftWorld) -> None:
    world.accounts = [account(1)]
    await world.remember(member(1))
    await world.compare()
    await world.mend()
    own = world.durable.started[0].instance
    await world.remember(replace(member(1), instance=own, updated_at=SINCE))

    await world.mend()

    [finding] = await world.findings()
    assert (finding.started, finding.not_started) == (own, None)


async def test_output_shows_the_first_hundred_and_the_table_has_all(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(number) for number in range(120)]
    world.accounts = [account(number, enabled=False) for number in range(120)]

    assert (await world.compare()).findings == 120

    shown = await perform(list_first_findings)
    stored = await world.findings()
    assert list(shown) == stored[:100]
    assert set(as_json(shown[0])) == {"kind", "okta_user_id", "login", "started", "not_started", "finding", "flow"}
    assert len(stored) == 120


async def test_what_was_read_is_forgotten_with_the_check_and_what_others_left_after_a_week(world: DriftWorld) -> None:
    people = [GroupMember("00u1", login(1), None)]
    for run, read_at in ((RUN, BEGAN_AT), ("another", LONG_AGO), ("dead", BEGAN_AT - timedelta(days=8))):
        await drift.store_group_members(world.tables, run, OFFICE.id, people, read_at)

    assert await perform(forget_readings) == 2

    assert len(await world.readings()) == 1
    whole = ReadGroup(OFFICE.id, OFFICE.name, parts=1, members=1, entitled=1)
    assert list(await drift.read_entitled(world.tables, "another", [whole])) == ["00u1"]


async def test_snapshot_that_cannot_be_read_ends_the_check(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1)]
    world.accounts = [account(1)]
    await world.remember(member(1))
    await world.remember_accounts(replace(known_account(1), snapshot="{}"))

    failure = await world.fail_to_compare()

    assert failure.permanent
    assert "snapshot" in failure.reason


async def test_rehired_person_is_not_disabled_because_of_the_one_who_had_the_account_before(world: DriftWorld) -> None:
    """The same login, another Okta user; whether or not a run has claimed the account for the new one."""
    rehired = replace(okta_user(1), id="00u1rehired")
    world.members_of[OFFICE.id] = [rehired]
    world.accounts = [account(1)]
    await world.remember(replace(member(1), phase=Phase.UNLICENSED, entra_user_id="entra-1"))
    await world.remember_accounts(known_account(1))

    assert (await world.compare()).findings == 0

    await world.remember_accounts(replace(known_account(1), owner=rehired.id))
    assert (await world.compare()).findings == 0
    world.members_of[OFFICE.id] = []
    assert (await world.compare()).findings == 0


async def test_leaver_is_found_although_somebody_entitled_has_the_accounts_mail_address(world: DriftWorld) -> None:
    """Whoever sets the own mail address to that of a leaver would hide the leaver."""
    world.members_of[OFFICE.id] = [replace(okta_user(1), email=login(2))]
    world.accounts = [account(2)]
    await world.remember(member(2))

    await world.compare()

    assert await world.found() == [(Kind.NOT_ENTITLED_BUT_ENABLED, login(2), Flow.DEACTIVATION)]


async def test_rehired_person_with_another_login_has_the_account_that_a_run_has_claimed(world: DriftWorld) -> None:
    rehired = replace(okta_user(1), email=login(2))
    world.members_of[OFFICE.id] = [rehired]
    world.accounts = [account(2)]
    await world.remember(member(2))
    await world.remember_accounts(replace(known_account(2), owner=rehired.id))

    assert (await world.compare()).findings == 0


async def test_account_that_somebody_else_disabled_is_only_enabled_when_that_is_named(world: DriftWorld) -> None:
    world.members_of[OFFICE.id] = [okta_user(1)]
    world.accounts = [account(1, enabled=False)]
    await world.compare()

    assert await world.found() == [(Kind.DISABLED_BY_OTHERS, login(1), Flow.ACTIVATION)]
    assert await world.mend() == 0
    assert world.durable.started == []
    assert await world.mend(asked=ReconcileInput(apply=True, findings=(Kind.DISABLED_BY_OTHERS,))) == 1


async def test_only_whoever_was_asked_for_is_mended(world: DriftWorld) -> None:
    world.accounts = [account(1), account(2)]
    await world.remember(member(1), member(2))
    await world.compare()

    assert await world.mend(asked=ReconcileInput(apply=True, members=(login(2),))) == 1

    alone, started = await world.findings()
    assert (alone.started, alone.not_started) == (None, None)
    assert started.login == login(2)


async def test_whoever_was_in_a_group_last_night_and_left_without_any_event_is_found_until_mended(
    world: DriftWorld,
) -> None:
    world.members_of[OFFICE.id] = [okta_user(1), okta_user(2)]
    world.accounts = [account(1), account(2)]
    await world.compare()
    await perform(store_roster, groups=await world.read_all())
    world.members_of[OFFICE.id] = [okta_user(2)]

    for _ in range(2):
        await world.compare()
        assert await world.found() == [(Kind.LEFT_UNSEEN, login(1), Flow.DEACTIVATION)]
        await perform(store_roster, groups=await world.read_all())

    world.accounts = [account(1, enabled=False), account(2)]
    await world.compare()
    await perform(store_roster, groups=await world.read_all())
    assert [entry.login async for entry in roster.every(world.tables)] == [login(2)]


async def test_roster_writes_again_only_who_has_changed(world: DriftWorld) -> None:
    async def stored() -> dict[str, str]:
        rows = world.tables.query(roster.TABLE, "PartitionKey eq @all", {"all": roster.PARTITION})
        return {row.values["Login"]: row.etag async for row in rows}

    renamed = replace(okta_user(2), login="renamed@contoso.com")
    world.members_of[OFFICE.id] = [okta_user(1), okta_user(2)]
    await perform(store_roster, groups=await world.read_all())
    former = await stored()
    world.members_of[OFFICE.id] = [okta_user(1), renamed, okta_user(3)]

    await perform(store_roster, groups=await world.read_all())

    now = await stored()
    assert now.keys() == {login(1), renamed.login, login(3)}
    assert now[login(1)] == former[login(1)]
