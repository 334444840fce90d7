"""Who may pass the brake, and who stays held."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from activities.brake import TRIES, pass_brake
from activities.commands import take_order
from activities.members import (
    claim_member,
    end_grace_period,
    finish_keeping_licenses,
    finish_member,
    start_grace_period,
)
from clients.errors import Conflict
from clients.tables import Tables
from lifecycle.brake import Counts
from lifecycle.events import Flow
from lifecycle.found_account import FoundAccount
from lifecycle.orders import Command, Order
from lifecycle.ownership import MINE
from lifecycle.stages import Phase
from rows import state
from tests.activities.person_world import (
    ENTRA_ID,
    LOGIN,
    MEMBER,
    NOW,
    OKTA_ID,
    PersonWorld,
    after,
    by,
    perform,
    refusal,
)
from tests.activities.test_members import EVENT

AN_HOUR_AND_MORE = 62  # minutes
FOUND = FoundAccount(
    ENTRA_ID,
    LOGIN,
    MINE,
    OKTA_ID,
    is_intended_disabled=False,
    is_known=False,
    is_synced=False,
    found_at=NOW,
)


async def passed(person: PersonWorld, number: int, minutes: int = 0) -> bool:
    """Whether the deactivation of another account passes, by a run of its own."""
    instance = f"staged_deactivation-{number}"
    await person.remember(replace(MEMBER, instance=instance))
    found = replace(FOUND, entra_user_id=f"entra-{number}")
    return await by(instance).after(minutes=minutes).perform(pass_brake, found=found)


async def test_as_many_pass_within_an_hour_as_are_allowed(person: PersonWorld) -> None:
    person.set(MAX_DEACTIVATIONS_PER_HOUR="3")

    assert [await passed(person, number) for number in range(5)] == [True, True, True, False, False]
    assert await passed(person, 5, minutes=AN_HOUR_AND_MORE)


async def test_run_that_asks_again_is_counted_once(person: PersonWorld) -> None:
    for _ in range(2):
        assert await perform(pass_brake, found=FOUND)

    counts = await state.find_counts(person.tables)
    assert counts is not None
    assert sum(counts.record.values()) == 1


async def test_account_is_counted_once_however_many_runs_displace_each_other(person: PersonWorld) -> None:
    """Between the brake and the date, and also when the account is another Okta user's by then."""
    person.set(MAX_DEACTIVATIONS_PER_HOUR="2")

    for number in range(3):
        await person.hand_over(f"staged_deactivation-{number}")
        assert await by(f"staged_deactivation-{number}").after(minutes=number).perform(pass_brake, found=FOUND)

    assert [await passed(person, number, minutes=5) for number in range(2)] == [True, False]


async def test_account_that_is_meant_to_be_disabled_already_passes_and_is_not_counted(person: PersonWorld) -> None:
    person.set(MAX_DEACTIVATIONS_PER_HOUR="1")
    assert await passed(person, 1)
    await person.remember(MEMBER)

    assert await perform(pass_brake, found=replace(FOUND, is_intended_disabled=True))
    assert not await perform(pass_brake, found=FOUND)


class CrowdedRow:
    """The row of the brake, into which others write first for so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, conflicts: int) -> None:
        self._store = state.store_counts
        self.conflicts = conflicts
        monkeypatch.setattr(state, "store_counts", self.store)

    async def store(self, tables: Tables, counts: Counts, etag: str | None) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise Conflict("tables", "replace a row", status=412)
        await self._store(tables, counts, etag)


async def test_runs_of_a_wave_that_meet_at_the_row_count_again(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    CrowdedRow(monkeypatch, conflicts=TRIES - 1)

    assert await perform(pass_brake, found=FOUND)


async def test_run_that_never_gets_to_the_row_comes_back_later(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = CrowdedRow(monkeypatch, conflicts=TRIES + 1)

    assert not (await refusal(pass_brake, found=FOUND)).permanent
    assert row.conflicts == 1


async def test_who_was_held_is_held_by_later_events_too_although_the_hour_is_over(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, held=True))

    assert await after(minutes=AN_HOUR_AND_MORE).perform(pass_brake, found=FOUND) is False


async def test_who_was_released_is_held_by_no_later_event(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, phase=Phase.HELD, awaiting_command="command-1"))

    await perform(take_order, event="command-1", raised=Order(Command.RELEASE))
    later = replace(EVENT, uuid="2")
    await by("staged_deactivation-2").perform(claim_member, event=later, flow=Flow.DEACTIVATION)

    assert await by("staged_deactivation-2").perform(pass_brake, found=FOUND)


@pytest.mark.parametrize(
    "act",
    [
        lambda: perform(start_grace_period, awaiting_command="command-1"),
        lambda: perform(end_grace_period, group_ids=()),
        lambda: perform(finish_member, phase=Phase.NOT_CURRENT, reason=None),
        lambda: perform(finish_keeping_licenses, reason="an operator said keep"),
    ],
    ids=["released and disabled", "entitled again", "discarded", "kept"],
)
async def test_who_was_released_returned_or_discarded_is_held_no_longer(
    person: PersonWorld, act: Callable[[], Awaitable[object]]
) -> None:
    await person.remember(replace(MEMBER, held=True, released=True))

    await act()

    member = await person.member()
    assert not member.held
    assert not member.released


async def test_no_date_is_fixed_for_licenses_an_operator_kept_until_the_person_is_entitled_again(
    person: PersonWorld,
) -> None:
    await perform(finish_keeping_licenses, reason="an operator said keep")

    assert await perform(start_grace_period, awaiting_command="command-1") is None
    await perform(end_grace_period, group_ids=())
    assert await perform(start_grace_period, awaiting_command="command-1") is not None
