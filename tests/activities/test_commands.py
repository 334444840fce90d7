"""The end of a wait for a command: one order is taken out of the row, and what became of it stands in the audit."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from activities.commands import take_order
from activities.members import claim_member, finish_member, mark_needs_attention
from lifecycle.commands import awaited_commands
from lifecycle.events import Flow
from lifecycle.orders import Command, GivenCommand, Order, Outcome
from lifecycle.stages import Phase
from rows import members
from tests.activities.person_world import INSTANCE, MEMBER, NOW, PersonWorld, after, by, perform, refusal
from tests.activities.test_members import DUE, DUE_AT, EVENT, IN_GRACE_PERIOD, PROJECT, VISIO

KEEP, REMOVE_NOW = Order(Command.KEEP, by="ana@contoso.com"), Order(Command.REMOVE_NOW)
GIVEN = GivenCommand(INSTANCE, "command-1", KEEP, NOW)
TOLD = replace(IN_GRACE_PERIOD, command=GIVEN)
CARRIED_OUT = [("operator_command", "carried out")]


async def test_order_of_the_row_is_taken_once_and_the_wait_is_over(person: PersonWorld) -> None:
    await person.remember(TOLD)

    assert await perform(take_order, event="command-1", raised=None) == KEEP

    member = await person.member()
    assert (member.awaiting_command, member.command) == (None, replace(GIVEN, outcome=Outcome.CARRIED_OUT))
    (entry,) = await person.audit()
    assert (entry.act, entry.outcome, entry.detail, entry.instance) == (*CARRIED_OUT[0], "keep", INSTANCE)
    assert entry.actor == "operator: ana@contoso.com"


async def test_order_is_answered_again_when_the_answer_got_lost(person: PersonWorld) -> None:
    await person.remember(TOLD)

    for _ in range(2):
        assert await perform(take_order, event="command-1", raised=None) == KEEP

    assert await person.acts() == CARRIED_OUT


async def test_order_raised_past_the_route_is_on_record_too(person: PersonWorld) -> None:
    await person.remember(IN_GRACE_PERIOD)

    assert await perform(take_order, event="command-1", raised=REMOVE_NOW) == REMOVE_NOW

    assert (await person.member()).awaiting_command is None
    assert [(entry.act, entry.outcome) for entry in await person.audit()] == [("change_due_at", "done"), *CARRIED_OUT]
    assert {entry.actor for entry in await person.audit()} == {"operator: system key"}


async def test_wait_that_ends_without_a_word_takes_no_more_commands(person: PersonWorld) -> None:
    await person.remember(IN_GRACE_PERIOD)

    assert await perform(take_order, event="command-1", raised=None) is None

    assert (await person.member()).awaiting_command is None
    assert await person.acts() == []


async def test_command_for_one_wait_is_no_answer_to_another(person: PersonWorld) -> None:
    await person.remember(replace(TOLD, awaiting_command="command-2"))

    assert await perform(take_order, event="command-2", raised=None) is None

    assert (await person.member()).command == GIVEN


async def test_run_that_was_displaced_takes_nothing(person: PersonWorld) -> None:
    await person.remember(TOLD)

    assert (await by("activation-2").refusal(take_order, event="command-1", raised=KEEP)).superseded

    assert await person.member() == TOLD
    assert await person.acts() == []


async def test_command_that_is_accepted_in_the_moment_the_wait_ends_is_taken(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await person.remember(IN_GRACE_PERIOD)
    find = members.find

    async def find_and_accept(*arguments: Any) -> Any:
        """An operator is faster than the run."""
        found = await find(*arguments)
        monkeypatch.setattr(members, "find", find)
        await person.remember(TOLD)
        return found

    monkeypatch.setattr(members, "find", find_and_accept)

    refused = await refusal(take_order, event="command-1", raised=None)

    assert not refused.permanent
    assert await after(minutes=1).perform(take_order, event="command-1", raised=None) == KEEP


async def test_person_whose_run_tries_again_is_not_shown_as_in_need_of_somebody(person: PersonWorld) -> None:
    await perform(mark_needs_attention, reason="refused", awaiting_command="command-1")

    await perform(take_order, event="command-1", raised=Order(Command.RETRY))

    member = await person.member()
    assert (member.phase, member.reason) == (Phase.CLAIMED, None)


async def test_announcement_that_is_repeated_late_does_not_open_the_wait_again(person: PersonWorld) -> None:
    parked = replace(MEMBER, phase=Phase.NEEDS_ATTENTION, awaiting_command="command-1")
    await person.remember(replace(parked, command=replace(GIVEN, order=Order(Command.RETRY))))
    await perform(take_order, event="command-1", raised=None)

    await perform(mark_needs_attention, reason="refused", awaiting_command="command-1")

    assert awaited_commands(await person.member()) == frozenset()


async def test_order_of_a_dry_run_is_marked_as_such(person: PersonWorld) -> None:
    await person.remember(replace(TOLD, dry_run=True))

    assert await perform(take_order, event="command-1", raised=None) == KEEP

    assert [entry.dry_run for entry in await person.audit()] == [True]


async def test_command_outstanding_at_a_take_over_is_said_not_to_be_carried_out_once(person: PersonWorld) -> None:
    await person.remember(TOLD)

    for _ in range(2):
        await by("activation-2").perform(claim_member, event=EVENT, flow=Flow.ACTIVATION)

    (entry,) = await person.audit()
    assert (entry.act, entry.detail, entry.login) == ("operator_command", "keep", MEMBER.login)
    assert entry.outcome == "not carried out: activation-2 has taken the person over"
    assert (await person.member()).command == replace(GIVEN, outcome=Outcome.NOT_CARRIED_OUT)


async def test_command_taken_before_a_take_over_is_not_spoken_of_again(person: PersonWorld) -> None:
    await person.remember(TOLD)
    await perform(take_order, event="command-1", raised=None)

    await by("activation-2").perform(claim_member, event=EVENT, flow=Flow.ACTIVATION)

    assert await person.acts() == CARRIED_OUT


async def test_end_of_a_run_keeps_in_the_row_what_its_last_command_came_to(person: PersonWorld) -> None:
    await person.remember(TOLD)
    await perform(take_order, event="command-1", raised=None)

    await perform(finish_member, phase=Phase.NOT_CURRENT, reason="discarded")

    member = await person.member()
    assert member.command == replace(GIVEN, outcome=Outcome.CARRIED_OUT)


SOONER, LATER = NOW + timedelta(days=1), NOW + timedelta(days=90)


@pytest.mark.parametrize(
    ("order", "kept", "due_at", "left"),
    [
        (KEEP, True, DUE_AT, [VISIO.due_at, PROJECT.due_at]),
        (REMOVE_NOW, False, NOW, [NOW, NOW]),
        (Order(Command.EXTEND, SOONER), False, SOONER, [SOONER, SOONER]),
        (Order(Command.EXTEND, LATER), False, LATER, [VISIO.due_at, PROJECT.due_at]),
    ],
    ids=["keep", "remove-now", "a sooner date", "a later date"],
)
async def test_decision_holds_for_whichever_run_comes_next(
    person: PersonWorld, order: Order, kept: bool, due_at: datetime, left: list[datetime]
) -> None:
    """The run may be displaced as soon as it has taken the command, which is on record as carried out by then."""
    await person.remember(replace(TOLD, command=replace(GIVEN, order=order)))
    await person.remember_account(DUE)

    await perform(take_order, event="command-1", raised=None)

    account, member = await person.account(), await person.member()
    assert (account.kept, account.due_at) == (kept, due_at)
    assert [group.due_at for group in member.left_groups] == left
    dates = [entry.detail for entry in await person.audit() if entry.act == "change_due_at"]
    assert dates == ([] if due_at == DUE_AT else [f"the licenses go on {due_at.isoformat()}"])


async def test_word_that_is_for_another_wait_decides_nothing(person: PersonWorld) -> None:
    await person.remember(replace(IN_GRACE_PERIOD, phase=Phase.NEEDS_ATTENTION))
    await person.remember_account(DUE)

    await perform(take_order, event="command-1", raised=KEEP)

    assert await person.account() == DUE


async def test_row_of_the_person_is_as_it_was_until_the_decision_stands(person: PersonWorld) -> None:
    await person.remember(TOLD)
    await person.remember_account(replace(DUE, run="activation-later"))

    assert (await refusal(take_order, event="command-1", raised=None)).superseded

    assert (await person.member()).command == GIVEN
