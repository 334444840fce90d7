"""Who may pass the brake, and who stays held."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from activities import brake
from activities.brake import pass_brake
from activities.members import end_grace_period, mark_member, start_grace_period
from tests.activities.person_world import MEMBER, NOW, PersonWorld, perform

AN_HOUR_AND_MORE = 62  # minutes


@pytest.fixture(autouse=True)
def counts_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "STATE", f"T{uuid4().hex}")


async def passed(person: PersonWorld, number: int, minutes: int = 0) -> bool:
    """Whether the next deactivation passes, by a run of its own."""
    instance = f"staged_deactivation-{number}"
    await person.remember(replace(MEMBER, instance=instance))
    answer: bool = await perform(pass_brake, minutes=minutes, instance=instance)
    return answer


async def test_as_many_pass_within_an_hour_as_are_allowed(person: PersonWorld) -> None:
    person.set(MAX_DEACTIVATIONS_PER_HOUR="3")

    assert [await passed(person, number) for number in range(5)] == [True, True, True, False, False]
    assert await passed(person, 5, minutes=AN_HOUR_AND_MORE)


async def test_run_that_asks_again_is_counted_once(person: PersonWorld) -> None:
    for _ in range(2):
        assert await perform(pass_brake)

    row = await person.tables.get(brake.STATE, *brake.KEYS.values())
    assert row is not None
    assert sum(json.loads(row.values["Counts"]).values()) == 1


async def test_who_was_held_is_held_by_later_events_too_although_the_hour_is_over(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, held=True))

    assert await perform(pass_brake, minutes=AN_HOUR_AND_MORE) is False


async def test_who_is_in_the_grace_period_already_passes(person: PersonWorld) -> None:
    person.set(MAX_DEACTIVATIONS_PER_HOUR="1")
    assert await passed(person, 1)
    await person.remember(replace(MEMBER, due_at=NOW + timedelta(days=3)))

    assert await perform(pass_brake)


@pytest.mark.parametrize(
    ("activity", "details"),
    [
        (start_grace_period, {"awaiting_command": "command-1"}),
        (end_grace_period, {"group_ids": []}),
        (mark_member, {"phase": "not_current", "over": True}),
    ],
    ids=["released and disabled", "entitled again", "discarded"],
)
async def test_who_was_released_returned_or_discarded_is_held_no_longer(
    person: PersonWorld, activity: object, details: dict[str, object]
) -> None:
    await person.remember(replace(MEMBER, held=True))

    await perform(activity, **details)

    assert not (await person.member()).held


async def test_no_date_is_fixed_for_licenses_an_operator_kept_until_the_person_is_entitled_again(
    person: PersonWorld,
) -> None:
    await perform(mark_member, phase="not_current", over=True, kept=True)

    assert await perform(start_grace_period, awaiting_command="command-1") == {"kept": True}
    await perform(end_grace_period, group_ids=[])
    assert set(await perform(start_grace_period, awaiting_command="command-1")) == {"due_at"}
