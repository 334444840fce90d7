"""How a run takes a person over, what the row says while it lasts, and what is left when it ends."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

import wiring
from activities.activity import Call
from activities.members import (
    DRY_RUN_ENDED,
    change_due_at,
    claim_member,
    end_grace_period,
    finish_keeping_licenses,
    finish_member,
    mark_held,
    mark_needs_attention,
    pass_over,
    start_grace_period,
    supersede,
)
from clients.tables import Tables
from lifecycle.accounts import AccountClaim, FormerGroup
from lifecycle.events import Flow
from lifecycle.inputs import EventInput
from lifecycle.members import Claim, GracePeriod, JoinedGroup, LeftGroup
from lifecycle.stages import Phase
from rows import members
from tests.activities.person_world import (
    ACCOUNT,
    INSTANCE,
    MEMBER,
    NOW,
    OKTA_ID,
    BusyHost,
    PersonWorld,
    after,
    by,
    perform,
    refusal,
)
from tests.activities.wire import Run, stand_in

DUE_AT = NOW + timedelta(days=30)
VISIO = LeftGroup("00gVisio", "Visio Users", NOW + timedelta(days=3), NOW)
PROJECT = LeftGroup("00gProject", "Project Users", NOW + timedelta(days=9), NOW - timedelta(seconds=1))
IN_GRACE_PERIOD = replace(
    MEMBER,
    phase=Phase.GRACE_PERIOD,
    pending=(Flow.DEACTIVATION,),
    left_groups=(VISIO, PROJECT),
    awaiting_command="command-1",
)
DUE = replace(ACCOUNT, due_at=DUE_AT)
EVENT = EventInput(
    uuid="e-2",
    published=NOW,
    event_type="group.user_membership.add",
    okta_user_id=OKTA_ID,
    login=MEMBER.login,
    group_id="00gSales",
    group_name="Sales",
)


class FakeDurable:
    """A durable host with one run, which ends when it is told to for the second time."""

    def __init__(self) -> None:
        self.raised: list[tuple[str, str]] = []

    async def raise_event(self, instance: str, event: str) -> bool:
        self.raised.append((instance, event))
        return True

    async def is_finished(self, instance: str) -> bool:
        return len(self.raised) > 1


def reminded(due_at: datetime) -> GracePeriod:
    """A long delay, of which the manager is reminded three days before its end."""
    return GracePeriod(due_at, due_at - timedelta(days=3))


async def test_sooner_date_that_an_operator_asked_for_holds_for_the_next_run_too(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, left_groups=(replace(VISIO, due_at=DUE_AT), replace(PROJECT, due_at=NOW))))
    await perform(start_grace_period, awaiting_command="command-1")
    sooner = NOW + timedelta(days=10)

    await perform(change_due_at, due_at=sooner, awaiting_command="command-2")

    await person.hand_over("staged_deactivation-2")
    next_run = by("staged_deactivation-2")
    assert await next_run.perform(start_grace_period, awaiting_command="command-1") == reminded(sooner)
    assert [group.due_at for group in (await person.member()).left_groups] == [sooner, NOW]


async def test_whoever_claims_owns_the_person_and_learns_whom_it_displaced_and_what_is_under_way(
    person: PersonWorld,
) -> None:
    await person.remember(IN_GRACE_PERIOD)

    claim = await by("activation-2").perform(claim_member, event=EVENT, flow=Flow.ACTIVATION)

    assert claim == Claim(INSTANCE, (Flow.DEACTIVATION, Flow.ACTIVATION))
    assert (await person.member()).instance == "activation-2"
    assert (await refusal(mark_held, reason="a wave", awaiting_command="command-1")).superseded


async def test_claim_that_is_repeated_answers_the_same(person: PersonWorld) -> None:
    run = by("activation-2")
    first = await run.perform(claim_member, event=EVENT, flow=Flow.ACTIVATION)

    assert await run.after(minutes=1).perform(claim_member, event=EVENT, flow=Flow.ACTIVATION) == first


async def test_copy_of_a_claim_that_outlives_its_run_displaces_nobody(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that claimed after it has waited for its end, and forgotten its claim."""
    await by("activation-2").perform(claim_member, event=EVENT, flow=Flow.ACTIVATION)
    await by("activation-3").perform(claim_member, event=EVENT, flow=Flow.ACTIVATION)
    await by("activation-3").perform(mark_held, reason="a wave", awaiting_command="command-1")
    monkeypatch.setattr(wiring, "durable", lambda client: BusyHost("activation-2"))

    refused = await by("activation-2").refusal(claim_member, event=EVENT, flow=Flow.ACTIVATION)

    assert refused.superseded
    assert (await person.member()).instance == "activation-3"


async def test_first_claim_of_a_person_makes_the_row(person: PersonWorld) -> None:
    newcomer = replace(EVENT, okta_user_id="00uNew", login="new@contoso.com")
    run = Run(Call("activation-2", "00uNew", "e-2", NOW))

    assert await run.perform(claim_member, event=newcomer, flow=Flow.ACTIVATION) == Claim(None, (Flow.ACTIVATION,))

    known = await members.find(person.tables, "00uNew")
    assert known is not None
    assert (known.record.login, known.record.joined) == ("new@contoso.com", (JoinedGroup("00gSales", NOW),))


async def test_predecessor_is_told_to_stop_each_time_it_is_asked_for(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable = FakeDurable()
    monkeypatch.setattr(wiring, "durable", lambda client: durable)

    assert [await perform(supersede, predecessor="activation-1") for _ in range(2)] == [False, True]
    assert durable.raised == [("activation-1", "superseded")] * 2


async def test_grace_period_lasts_as_long_as_the_settings_say(person: PersonWorld) -> None:
    assert await perform(start_grace_period, awaiting_command="command-1") == reminded(DUE_AT)

    member = await person.member()
    assert (member.phase, member.awaiting_command) == (Phase.GRACE_PERIOD, "command-1")
    assert (await person.account()).due_at == DUE_AT


@pytest.mark.parametrize("settings", [{"REMIND_BEFORE_DAYS": "0"}, {"DELAY_INTEGER": "6"}])
async def test_nobody_is_reminded_in_a_short_delay_or_where_it_is_switched_off(
    person: PersonWorld, settings: dict[str, str]
) -> None:
    person.set(**settings)

    grace = await perform(start_grace_period, awaiting_command="command-1")

    assert grace is not None
    assert grace.remind_at is None


async def test_date_that_an_earlier_run_fixed_for_this_leave_stays(person: PersonWorld) -> None:
    await person.remember(IN_GRACE_PERIOD)
    await person.remember_account(DUE)

    grace = await after(minutes=60).perform(start_grace_period, awaiting_command="command-2")

    assert grace == reminded(DUE_AT)


async def test_who_left_several_groups_has_the_latest_of_their_dates_and_they_count_as_former(
    person: PersonWorld,
) -> None:
    late = replace(VISIO, due_at=DUE_AT + timedelta(days=3))
    await person.remember(replace(IN_GRACE_PERIOD, left_groups=(PROJECT, late)))

    assert await perform(start_grace_period, awaiting_command="command-1") == reminded(late.due_at)
    assert (await person.account()).former_groups == (
        FormerGroup(PROJECT.group_id, PROJECT.left_at),
        FormerGroup(VISIO.group_id, VISIO.left_at),
    )


async def test_date_is_nobodys_to_fix_once_another_run_has_claimed_the_account(person: PersonWorld) -> None:
    await person.remember_account(replace(DUE, run="activation-of-the-rehired"))

    assert (await refusal(start_grace_period, awaiting_command="command-1")).superseded
    assert (await refusal(change_due_at, due_at=NOW, awaiting_command="command-2")).superseded
    assert (await refusal(end_grace_period, group_ids=())).superseded
    assert (await person.account()).due_at == DUE_AT


async def test_account_row_that_is_gone_needs_a_person(person: PersonWorld) -> None:
    await person.forget_account()

    failure = await refusal(start_grace_period, awaiting_command="command-1")

    assert failure.permanent
    assert "is gone from the table" in failure.reason


async def test_claims_before_the_one_that_stands_are_forgotten_when_its_run_has_outwaited_them(
    person: PersonWorld,
) -> None:
    own, later = AccountClaim(INSTANCE, OKTA_ID, "activation-0"), AccountClaim("activation-2", OKTA_ID, INSTANCE)
    await person.remember_account(replace(DUE, claims=(AccountClaim("activation-0", OKTA_ID, None), own, later)))

    await perform(start_grace_period, awaiting_command="command-1")

    assert (await person.account()).claims == (own, later)


async def test_date_is_changed_as_an_operator_asked_and_that_is_on_record_once(person: PersonWorld) -> None:
    await person.remember(IN_GRACE_PERIOD)
    await person.remember_account(DUE)
    later = DUE_AT + timedelta(days=7)

    for minutes in (1, 2):
        run = after(minutes=minutes)
        assert await run.perform(change_due_at, due_at=later, awaiting_command="command-2") == reminded(later)

    assert (await person.member()).awaiting_command == "command-2"
    assert (await person.account()).due_at == later
    assert await person.acts() == [("change_due_at", "done")]


async def test_who_is_entitled_again_has_no_date_and_only_the_groups_still_left(person: PersonWorld) -> None:
    await person.remember(IN_GRACE_PERIOD)
    await person.remember_account(replace(DUE, kept=True))

    await perform(end_grace_period, group_ids=(VISIO.group_id,))

    account = await person.account()
    assert (account.due_at, account.kept) == (None, False)
    assert (await person.member()).left_groups == (PROJECT,)


@pytest.mark.parametrize("known_since", [NOW - timedelta(days=1), NOW + timedelta(days=1)], ids=["before", "after"])
async def test_groups_that_were_left_count_as_former_from_when_they_were_left_first(
    person: PersonWorld, known_since: datetime
) -> None:
    """Whichever leave the log told of first."""
    await person.remember(IN_GRACE_PERIOD)
    await person.remember_account(replace(DUE, former_groups=(FormerGroup(VISIO.group_id, known_since),)))

    await perform(end_grace_period, group_ids=(VISIO.group_id,))

    assert (await person.account()).former_groups == (
        FormerGroup(VISIO.group_id, min(known_since, VISIO.left_at)),
        FormerGroup(PROJECT.group_id, PROJECT.left_at),
    )


async def test_row_remembers_a_leave_of_somebody_who_is_not_known_to_be_under_management(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, pending=(Flow.DEACTIVATION,)))

    await perform(pass_over, reason="not under management")
    passed_over = await person.member()
    await perform(finish_member, phase=Phase.NOT_CURRENT, reason="it is over")

    assert (passed_over.phase, passed_over.pending, passed_over.passed_over) == (Phase.NOT_CURRENT, (), True)
    assert not (await person.member()).passed_over


async def test_row_says_who_is_held_and_who_needs_a_person(person: PersonWorld) -> None:
    await perform(mark_held, reason="a wave", awaiting_command="command-1")
    held = await person.member()
    await perform(mark_needs_attention, reason="the tenant refuses", awaiting_command="command-2")
    parked = await person.member()
    await perform(mark_needs_attention, reason="no free seat", awaiting_command="command-3", tries_again=True)
    seatless = await person.member()

    rows = (held, parked, seatless)
    assert [(each.phase, each.reason, each.awaiting_command, each.tries_again) for each in rows] == [
        (Phase.HELD, "a wave", "command-1", False),
        (Phase.NEEDS_ATTENTION, "the tenant refuses", "command-2", False),
        (Phase.NEEDS_ATTENTION, "no free seat", "command-3", True),
    ]


@pytest.mark.parametrize("phase", [Phase.UNLICENSED, Phase.ACTIVE, Phase.NOT_CURRENT])
async def test_run_that_ends_leaves_no_date_and_nothing_under_way(person: PersonWorld, phase: Phase) -> None:
    await person.remember(replace(IN_GRACE_PERIOD, held=True))
    await person.remember_account(DUE)

    await perform(finish_member, phase=phase, reason="it is over")

    ended = replace(await person.member(), left_groups=(), updated_at=None)
    assert ended == replace(MEMBER, phase=phase, reason="it is over")
    assert (await person.account()).due_at is None


async def test_run_that_ends_leaves_the_date_of_an_account_that_another_run_has_claimed(person: PersonWorld) -> None:
    taken = replace(DUE, owner="00uRehired", run="activation-of-the-rehired")
    await person.remember_account(taken)

    await perform(finish_member, phase=Phase.NOT_CURRENT, reason="the account belongs to somebody else")
    await perform(finish_keeping_licenses, reason="an operator said keep")

    assert await person.account() == taken


async def test_whoever_ends_without_licenses_has_left_no_group_whose_licenses_are_still_to_go(
    person: PersonWorld,
) -> None:
    await person.remember(IN_GRACE_PERIOD)

    await perform(finish_member, phase=Phase.UNLICENSED, reason=None)

    assert (await person.member()).left_groups == ()


@pytest.mark.parametrize("phase", [Phase.ACTIVE, Phase.NOT_CURRENT])
async def test_whoever_ends_otherwise_is_still_to_lose_the_licenses_of_the_groups_that_were_left(
    person: PersonWorld, phase: Phase
) -> None:
    await person.remember(IN_GRACE_PERIOD)

    await perform(finish_member, phase=phase, reason=None)

    assert (await person.member()).left_groups == (VISIO, PROJECT)


async def test_operator_who_keeps_the_licenses_does_so_for_later_leaves_too(person: PersonWorld) -> None:
    await person.remember(IN_GRACE_PERIOD)
    await person.remember_account(DUE)

    await perform(finish_keeping_licenses, reason="an operator said keep")

    member, account = await person.member(), await person.account()
    assert (member.phase, member.pending) == (Phase.NOT_CURRENT, ())
    assert (account.kept, account.due_at) == (True, None)


@pytest.mark.parametrize(
    ("reason", "shown"), [(None, DRY_RUN_ENDED), ("the user is back", f"{DRY_RUN_ENDED}; the user is back")]
)
async def test_end_of_a_dry_run_says_that_nothing_was_changed(
    person: PersonWorld, reason: str | None, shown: str
) -> None:
    await person.remember(replace(IN_GRACE_PERIOD, dry_run=True))

    await perform(finish_member, phase=Phase.UNLICENSED, reason=reason)

    assert (await person.member()).reason == shown


async def test_reason_of_any_length_is_put_on_record(person: PersonWorld) -> None:
    await perform(mark_needs_attention, reason="refused because of " + "x" * 100_000, awaiting_command="command-1")

    member = await person.member()
    assert (member.phase, member.awaiting_command) == (Phase.NEEDS_ATTENTION, "command-1")
    assert str(member.reason).startswith("refused because of x")


@pytest.fixture
async def refusing_tables(
    person: PersonWorld, tables_connection: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Tables]:
    """The account's key is being changed: what the app has is refused."""
    former_key = "AccountKey=" + "c2VjcmV0" * 8
    refusing = Tables(connection_string=re.sub(r"AccountKey=[^;]+", former_key, tables_connection))
    stand_in(monkeypatch, lambda: person.settings, tables=refusing)
    yield refusing
    await refusing.close()


@pytest.mark.usefixtures("refusing_tables")
async def test_tables_that_refuse_the_app_are_tried_again_since_a_parked_run_could_not_be_seen() -> None:
    refusals = [
        await refusal(claim_member, event=EVENT, flow=Flow.ACTIVATION),
        await refusal(mark_needs_attention, reason="no account", awaiting_command="command-1"),
        await refusal(finish_member, phase=Phase.ACTIVE, reason=None),
    ]

    assert [failure.permanent for failure in refusals] == [False] * 3
    assert all("TABLES_CONNECTION" in failure.reason for failure in refusals)
