"""Licenses taken and given back: what is stored before, what happens when the tenant is late, or says no."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

import wiring
from activities.giving_back import assign_licenses, assign_refused_licenses, prepare_assignment, settle_snapshot
from activities.removal import prepare_removal, record_snapshot, remove_licenses, remove_refused_licenses
from clients.errors import NotAssigned, PlanConflict
from clients.records import EntraUser, LicenseAssignment, OktaGroup, OktaUser
from clients.tables import Tables
from lifecycle.accounts import Account
from lifecycle.licenses import Assignment, Removal, RemovalPlan, Snapshot, WantedLicense, from_json
from lifecycle.retries import Failure
from rows import accounts
from tests.activities.person_world import (
    E3,
    ENTRA_ID,
    MAYA,
    MEMBER,
    VISIO,
    PersonWorld,
    after,
    no_seat,
    perform,
    refusal,
)

BOTH = (E3, VISIO)
OFFICE = OktaGroup("00g2m365Abc9Qwe15d7", "Office 365 Assignments")


async def stored(person: PersonWorld) -> Snapshot:
    return from_json((await person.account()).snapshot)


async def planned() -> RemovalPlan:
    return await perform(prepare_removal)


def asked_to_assign(person: PersonWorld) -> list[str]:
    return [asked for asked in person.graph.asked if asked.startswith("assign")]


async def test_snapshot_holds_every_license_with_its_disabled_plans(person: PersonWorld) -> None:
    await perform(record_snapshot)

    assert [(entry.license.sku_id, entry.license.disabled_plans, entry.taken) for entry in await stored(person)] == [
        (E3, ("sway",), False),
        (VISIO, (), False),
    ]


async def test_what_is_about_to_go_is_stored_as_taken_before_it_goes(person: PersonWorld) -> None:
    plan = await planned()

    assert plan.remove == BOTH
    assert [(entry.license.sku_id, entry.taken) for entry in await stored(person)] == [(E3, True), (VISIO, True)]
    assert asked_to_assign(person) == []


@pytest.mark.parametrize(
    "storing",
    [lambda: refusal(record_snapshot), lambda: refusal(prepare_removal)],
    ids=["before the account is disabled", "before licenses are removed"],
)
async def test_snapshot_that_does_not_read_back_as_it_was_stored_ends_the_step(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch, storing: Callable[[], Awaitable[Failure]]
) -> None:
    store = accounts.replace

    async def lose_the_snapshot(tables: Tables, account: Account, etag: str) -> str:
        return await store(tables, replace(account, snapshot=None), etag)

    monkeypatch.setattr(accounts, "replace", lose_the_snapshot)

    failure = await storing()

    assert not failure.permanent
    assert "did not read back" in failure.reason


async def test_second_deactivation_does_not_overwrite_what_has_to_be_given_back(person: PersonWorld) -> None:
    plan = await planned()
    await perform(remove_licenses, remove=plan.remove)

    await perform(record_snapshot)
    await perform(prepare_removal)

    assert {entry.license.sku_id for entry in await stored(person) if entry.taken} == set(BOTH)


async def test_licenses_are_removed_in_one_request(person: PersonWorld) -> None:
    assert await perform(remove_licenses, remove=BOTH) == Removal(BOTH, {})
    assert asked_to_assign(person) == [f"assign_license {E3} {VISIO}"]


async def test_licenses_that_went_are_on_record_by_name(person: PersonWorld) -> None:
    plan = await planned()

    await perform(remove_licenses, remove=plan.remove)

    (entry,) = [entry for entry in await person.audit() if entry.act.startswith("remove_license")]
    assert set(entry.licenses) == {wiring.sku_names()[sku_id] for sku_id in plan.remove}


async def test_license_of_a_person_who_is_entitled_at_this_moment_is_not_removed(person: PersonWorld) -> None:
    person.okta.groups = [OFFICE]

    assert (await refusal(remove_licenses, remove=BOTH)).look_again
    assert (await refusal(remove_refused_licenses, remove=BOTH)).look_again

    assert person.graph.users[ENTRA_ID] == MAYA


async def test_license_of_one_left_group_goes_although_another_group_remains(person: PersonWorld) -> None:
    person.okta.groups = [OFFICE]

    assert (await perform(remove_licenses, remove=(VISIO,), left_group_id="00gVisio")).removed == (VISIO,)
    assert (await refusal(remove_licenses, remove=(E3,), left_group_id=OFFICE.id)).look_again


async def test_removal_that_runs_twice_answers_the_same(person: PersonWorld) -> None:
    first = await perform(remove_licenses, remove=BOTH)

    assert await after(minutes=1).perform(remove_licenses, remove=BOTH) == first


async def test_license_that_was_gone_already_does_not_hold_up_the_others(person: PersonWorld) -> None:
    person.graph.fail["assign_license"] = [NotAssigned("graph", "remove"), NotAssigned("graph", "remove")]

    failure = await refusal(remove_licenses, remove=BOTH)

    assert failure.permanent is False  # the first one still reads as assigned, so it is looked at again
    assert (await after(minutes=1).perform(remove_licenses, remove=BOTH)).removed == BOTH


async def test_refused_license_is_named_with_its_reason_and_the_others_go(person: PersonWorld) -> None:
    conflict = PlanConflict("graph", "remove licenses", status=400, detail="depends on")
    person.graph.fail["assign_license"] = [conflict, conflict]

    removal = await perform(remove_licenses, remove=BOTH)

    assert removal.removed == (VISIO,)
    assert "depends on" in removal.refused[E3]


async def test_license_refused_again_needs_a_person(person: PersonWorld) -> None:
    conflict = PlanConflict("graph", "remove licenses", status=400, detail="depends on")
    person.graph.fail["assign_license"] = [conflict]

    assert (await refusal(remove_refused_licenses, remove=(E3,))).permanent

    await after(minutes=1).perform(remove_refused_licenses, remove=(E3,))
    assert [each.sku_id for each in person.graph.users[ENTRA_ID].licenses] == [VISIO]


async def test_removal_that_settles_late_is_read_again_later(person: PersonWorld) -> None:
    person.graph.stale_reads = 1

    assert (await refusal(remove_licenses, remove=BOTH)).permanent is False


async def test_licenses_of_an_account_that_was_deleted_went_with_it_and_are_owed(person: PersonWorld) -> None:
    await perform(record_snapshot)
    del person.graph.users[ENTRA_ID]

    plan = await planned()
    removal = await perform(remove_licenses, remove=plan.remove)

    assert removal == Removal((), {}, account_deleted=True)
    assert await person.acts() == [("remove_licenses", "nothing left to remove: the account was deleted")]
    assert {entry.license.sku_id for entry in await stored(person) if entry.taken} == set(BOTH)
    assert asked_to_assign(person) == []


async def test_account_that_is_deleted_while_the_tenant_refuses_needs_nobody(person: PersonWorld) -> None:
    del person.graph.users[ENTRA_ID]

    await perform(remove_refused_licenses, remove=BOTH)

    assert asked_to_assign(person) == []


async def test_account_made_again_is_not_taken_for_the_one_that_was_disabled(person: PersonWorld) -> None:
    person.graph.users = {"again": replace(MAYA, id="entra-again")}

    assert (await refusal(prepare_removal)).look_again


@pytest.mark.parametrize(
    "users", [{}, {"rehired": OktaUser("00uNew", "ACTIVE", MEMBER.login)}], ids=["gone", "rehired"]
)
async def test_account_of_that_name_is_not_the_leavers_made_again_once_the_leaver_is_gone_from_okta(
    person: PersonWorld, users: dict[str, OktaUser]
) -> None:
    await perform(record_snapshot)
    person.okta.users = users
    person.graph.users = {"again": replace(MAYA, id="entra-again")}

    assert (await planned()).remove == BOTH
    assert (await perform(remove_licenses, remove=BOTH)).account_deleted
    assert person.graph.users["again"].licenses == MAYA.licenses


async def test_inherited_license_is_named_and_left_alone(person: PersonWorld) -> None:
    inherited = LicenseAssignment(VISIO, (), "group-1")
    person.graph.users[ENTRA_ID] = replace(MAYA, licenses=(LicenseAssignment(E3), inherited))

    plan = await planned()

    assert (plan.remove, plan.inherited) == ((E3,), (VISIO,))


async def test_dry_run_says_what_would_go_and_takes_nothing(person: PersonWorld) -> None:
    person.set(DRY_RUN="true")
    await person.remember(replace(await person.member(), dry_run=True))

    assert (await perform(remove_licenses, remove=BOTH)).removed == BOTH
    assert person.graph.users[ENTRA_ID] == MAYA


async def read_user_as_before(person: PersonWorld) -> EntraUser | None:
    """What a replica answers that does not know of any license yet."""
    return replace(person.graph.users[ENTRA_ID], licenses=())


async def taken(person: PersonWorld) -> tuple[WantedLicense, ...]:
    """Take everything, and plan to give it back."""
    plan = await planned()
    await perform(remove_licenses, remove=plan.remove)
    assert person.graph.users[ENTRA_ID].licenses == ()
    return await perform(prepare_assignment, groups=())


async def test_exactly_what_was_taken_is_given_back_and_then_forgotten(person: PersonWorld) -> None:
    wanted = await taken(person)

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted)
    await perform(settle_snapshot, given=assignment.given, group_ids=(OFFICE.id,))

    assert assignment == Assignment(given=BOTH, no_seat=(), refused={})
    assert set(person.graph.users[ENTRA_ID].licenses) == set(MAYA.licenses)
    assert (await person.account()).snapshot is None


async def test_giving_back_twice_answers_the_same(person: PersonWorld) -> None:
    wanted = await taken(person)
    first = await after(minutes=1).perform(assign_licenses, wanted=wanted)

    assert await after(minutes=2).perform(assign_licenses, wanted=wanted) == first


async def test_tenant_without_a_free_seat_gives_nothing_and_owes_everything(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.seats = {E3: 5, VISIO: 5}

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted)
    await perform(settle_snapshot, given=assignment.given, group_ids=(OFFICE.id,))

    assert assignment.no_seat == BOTH
    assert {entry.license.sku_id for entry in await stored(person) if entry.taken} == set(BOTH)


async def test_only_what_this_run_gave_is_settled_whatever_a_reading_shows(person: PersonWorld) -> None:
    """A replica shows the licenses still that were removed a moment ago."""
    await taken(person)
    person.graph.users[ENTRA_ID] = MAYA

    await perform(settle_snapshot, given=(E3,), group_ids=(OFFICE.id,))

    assert [entry.license.sku_id for entry in await stored(person) if entry.taken] == [VISIO]


async def test_license_that_reads_as_assigned_is_assigned_once_more_since_that_may_be_old(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.former, person.graph.stale_reads = MAYA, 1
    person.graph.asked.clear()

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted)

    assert assignment.given == BOTH
    assert asked_to_assign(person) == [f"assign_license {E3} {VISIO}"]
    assert set(person.graph.users[ENTRA_ID].licenses) == set(MAYA.licenses)


async def test_assignment_that_does_not_read_so_yet_is_looked_at_again_before_it_counts(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = await taken(person)
    read_user = person.graph.read_user
    monkeypatch.setattr(person.graph, "read_user", lambda _: read_user_as_before(person))

    assert not (await after(minutes=1).refusal(assign_licenses, wanted=wanted)).permanent

    monkeypatch.setattr(person.graph, "read_user", read_user)
    assert (await after(minutes=2).perform(assign_licenses, wanted=wanted)).given == BOTH


async def test_license_that_another_run_took_after_the_account_was_handed_over_is_not_settled(
    person: PersonWorld,
) -> None:
    wanted = await taken(person)
    await person.remember_account(replace(await person.account(), run="staged_deactivation-of-another"))

    assert (await refusal(assign_licenses, wanted=wanted)).superseded
    assert (await refusal(settle_snapshot, given=BOTH, group_ids=(OFFICE.id,))).superseded
    assert {entry.license.sku_id for entry in await stored(person) if entry.taken} == set(BOTH)


async def test_seat_that_goes_between_check_and_assignment_costs_only_its_own_license(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.fail["assign_license"] = [no_seat(VISIO)]

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted)

    assert assignment == Assignment(given=(E3,), no_seat=(VISIO,), refused={})


async def test_seats_of_a_subscription_in_its_days_of_grace_are_seats(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.seats, person.graph.warning_seats = {E3: 0, VISIO: 0}, 25
    person.graph.asked.clear()

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted)

    assert assignment == Assignment(given=BOTH, no_seat=(), refused={})
    assert asked_to_assign(person) == [f"assign_license {E3} {VISIO}"]


async def test_tenant_is_asked_for_a_seat_that_the_numbers_do_not_show(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.seats[VISIO], person.graph.uncounted = 5, {VISIO}

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted)

    assert assignment == Assignment(given=BOTH, no_seat=(), refused={})


async def test_look_for_a_seat_takes_one_request_and_leaves_nothing_in_the_audit(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.seats = {E3: 5, VISIO: 5}
    person.graph.asked.clear()
    acts = await person.acts()

    for hour in range(1, 5):
        assignment = await after(minutes=60 * hour).perform(assign_licenses, wanted=wanted)
        assert assignment == Assignment(given=(), no_seat=BOTH, refused={})
        assert len(asked_to_assign(person)) == hour

    assert await person.acts() == acts
    assert set(asked_to_assign(person)) == {f"assign_license {E3}", f"assign_license {VISIO}"}


async def test_each_license_without_a_seat_has_its_turn(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.seats, person.graph.uncounted = {E3: 5, VISIO: 5}, {VISIO}

    given = [(await after(minutes=60 * hour).perform(assign_licenses, wanted=wanted)).given for hour in (1, 2)]

    assert (VISIO,) in given


async def test_license_alone_is_refused_once_and_not_asked_for_again(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.fail["assign_license"] = [PlanConflict("graph", "assign", status=400), no_seat(E3)]
    person.graph.asked.clear()

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted[:1])

    assert set(assignment.refused) == {E3}
    assert asked_to_assign(person) == [f"assign_license {E3}"]


async def test_refused_license_is_named_and_the_others_are_given(person: PersonWorld) -> None:
    wanted = await taken(person)
    conflict = PlanConflict("graph", "assign licenses", status=400, detail="mutually exclusive")
    person.graph.fail["assign_license"] = [conflict, conflict]

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted)

    assert assignment.given == (VISIO,)
    assert "mutually exclusive" in assignment.refused[E3]


async def test_plan_that_the_sku_has_no_longer_does_not_keep_the_license_from_being_given_back(
    person: PersonWorld,
) -> None:
    both_off = LicenseAssignment(E3, ("sway", "yammer"))
    person.graph.users[ENTRA_ID] = replace(MAYA, licenses=(both_off,))
    wanted = await taken(person)
    person.graph.plans[E3] = ("yammer",)

    assignment = await after(minutes=1).perform(assign_licenses, wanted=wanted)

    assert assignment == Assignment(given=(E3,), no_seat=(), refused={})
    assert person.graph.users[ENTRA_ID].licenses == (LicenseAssignment(E3, ("yammer",)),)


async def test_plans_stay_off_that_an_answer_without_any_plans_does_not_name(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.tells_plans = False

    await after(minutes=1).perform(assign_licenses, wanted=wanted)

    assert set(person.graph.users[ENTRA_ID].licenses) == set(MAYA.licenses)


async def test_license_that_was_refused_is_tried_again_with_the_plans_its_sku_has_then(person: PersonWorld) -> None:
    wanted = await taken(person)
    person.graph.plans[E3] = ("teams",)

    await after(minutes=1).perform(assign_refused_licenses, wanted=wanted)

    assert set(person.graph.users[ENTRA_ID].licenses) == {LicenseAssignment(E3), LicenseAssignment(VISIO)}
