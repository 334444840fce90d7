"""Small mistakes that no other test of this room would notice."""

from dataclasses import replace
from datetime import timedelta

import pytest

import wiring
from activities.mail import mail_account_disabled
from activities.members import claim_member, start_grace_period
from activities.removal import prepare_removal, prepare_removal_for_left_group, remove_licenses
from lifecycle.entitlement import Cause
from lifecycle.events import Flow
from lifecycle.inputs import EventInput
from lifecycle.licenses import from_json
from lifecycle.members import LeftGroup
from lifecycle.stages import Phase
from tests.activities.person_world import E3, ENTRA_ID, MAYA, MEMBER, NOW, OKTA_ID, VISIO, PersonWorld, by, perform
from tests.activities.test_left_groups import DRAWING, OFFICE, give

LEFT = EventInput(
    uuid="e-2",
    published=NOW,
    event_type="group.user_membership.remove",
    okta_user_id=OKTA_ID,
    login=MEMBER.login,
    group_id=DRAWING.group_id,
    group_name="renamed since",
)


class LivingHost:
    async def is_finished(self, instance: str) -> bool:
        return False


@pytest.fixture
def alive(person: PersonWorld, monkeypatch: pytest.MonkeyPatch) -> PersonWorld:
    monkeypatch.setattr(wiring, "durable", lambda client: LivingHost())
    return person


async def test_delay_of_a_group_may_be_set_by_its_id(alive: PersonWorld) -> None:
    alive.set(GROUP_DELAYS=f'{{"{DRAWING.group_id}": "1 week"}}', OFFICE_GROUP=f'["{DRAWING.group_id}"]')

    await by("staged_deactivation-2").perform(claim_member, event=LEFT, flow=Flow.DEACTIVATION)
    assert (await alive.member()).left_groups[-1].due_at == NOW + timedelta(weeks=1)

    await alive.remember(replace(MEMBER, group_id=DRAWING.group_id, group_name="renamed since"))
    fixed = await perform(start_grace_period, awaiting_command="command-1")
    assert fixed is not None
    assert fixed.due_at == NOW + timedelta(weeks=1)


async def test_person_who_is_claimed_in_a_trial_is_not_acted_on_for_real(alive: PersonWorld) -> None:
    alive.set(DRY_RUN="true")

    await by("staged_deactivation-2").perform(claim_member, event=LEFT, flow=Flow.DEACTIVATION)

    assert (await alive.member()).dry_run


async def test_run_that_takes_a_person_over_does_not_try_again_what_the_former_one_tried(alive: PersonWorld) -> None:
    await alive.remember(replace(MEMBER, phase=Phase.NEEDS_ATTENTION, tries_again=True))

    await by("staged_deactivation-2").perform(claim_member, event=LEFT, flow=Flow.DEACTIVATION)

    assert not (await alive.member()).tries_again


async def test_what_is_owed_from_before_stays_owed_when_a_group_is_left(person: PersonWorld) -> None:
    plan = await perform(prepare_removal)
    await perform(remove_licenses, remove=plan.remove)
    person.graph.users[ENTRA_ID] = replace(MAYA, licenses=())
    await give(person, DRAWING.group_id, VISIO)

    left = LeftGroup(DRAWING.group_id, DRAWING.name, NOW, NOW)
    await perform(prepare_removal_for_left_group, left_group=left, remaining=(OFFICE,))

    snapshot = from_json((await person.account()).snapshot)
    assert {entry.license.sku_id for entry in snapshot if entry.taken} == {E3, VISIO}


async def test_mail_that_is_only_recorded_is_on_record(person: PersonWorld) -> None:
    person.set(MAIL_SENDER="")
    await person.remember(replace(MEMBER, manager_mail="iris@contoso.com"))

    await perform(mail_account_disabled, due_at=NOW, cause=Cause.NO_GROUP)

    assert await person.acts() == [("mail_account_disabled", "recorded, not sent (MAIL_SENDER is empty)")]
