"""Whose an account is, and how a run comes to write to it: rehired, renamed, with the mail address of another one."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

import wiring
from activities.accounts import claim_account, find_account, hand_to_owner, note_account
from activities.activity import Call
from activities.microsoft365 import disable_account, revoke_sign_in_sessions
from activities.okta import is_managed, read_entitlement
from activities.removal import remove_licenses, remove_refused_licenses
from clients.errors import Unavailable
from clients.records import EntraUser, OktaGroup, OktaUser
from lifecycle.accounts import AccountClaim, Intent
from lifecycle.drift_evidence import RosterEntry
from lifecycle.entitlement import Entitlement, Group
from lifecycle.events import parse_log_event
from lifecycle.found_account import FoundAccount, HeldClaim, Look
from lifecycle.inputs import EventInput, Start, read_input
from lifecycle.members import JoinedGroup, LeftGroup, NewestEvent
from lifecycle.ownership import MINE, Candidate, Verdict, Whose
from rows import accounts, roster
from tests.activities.person_world import (
    ACCOUNT,
    E3,
    ENTRA_ID,
    INSTANCE,
    LOGIN,
    MAYA,
    MEMBER,
    NOW,
    OKTA_ID,
    PersonWorld,
    by,
    perform,
    refusal,
)
from tests.activities.wire import Run

ADMIN = "adm-maya@contoso.com"
REHIRED = OktaUser("00uRehired", "ACTIVE", LOGIN, LOGIN)
COLLEAGUE = OktaUser("00uAda", "ACTIVE", "ada@contoso.com", LOGIN)
OFFICE = OktaGroup("00g2m365Abc9Qwe15d7", "Office 365 Assignments")
LEFT = Look(is_entitled=False, looked_at=NOW)


async def found() -> FoundAccount:
    account = await perform(find_account)
    assert account is not None
    return account


async def claim(instance: str = INSTANCE, *, by_operator: bool = False) -> HeldClaim:
    run = by(instance)
    account = await run.perform(find_account)
    assert account is not None
    return await run.perform(claim_account, found=account, by_operator=by_operator)


def deactivate(person: PersonWorld) -> None:
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], status="DEPROVISIONED")


def rehire(person: PersonWorld, *, entitled: bool) -> None:
    """The old user is deleted in Okta, and a new one has the login."""
    person.okta.users = {REHIRED.id: REHIRED}
    person.okta.groups_of[REHIRED.id] = [OFFICE] if entitled else []


async def test_account_is_found_by_the_email_when_the_login_names_none(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, entra_user_id=None, login="mlin"))
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], login="mlin")

    account = await found()

    assert (account.entra_user_id, account.verdict) == (ENTRA_ID, MINE)


async def test_to_find_an_account_writes_nothing_and_to_note_it_lets_the_row_point_to_it(person: PersonWorld) -> None:
    bare = replace(MEMBER, entra_user_id=None, user_principal_name=None)
    await person.remember(bare)

    account = await found()
    assert (await person.member(), await person.account()) == (bare, ACCOUNT)

    await perform(note_account, found=account)
    member = await person.member()
    assert (member.entra_user_id, member.user_principal_name) == (ENTRA_ID, LOGIN)


async def test_account_of_the_login_goes_before_the_one_the_email_names(person: PersonWorld) -> None:
    """A second user of an administrator: an account of its own, and the administrator's mail address."""
    await person.remember(replace(MEMBER, entra_user_id=None, login=ADMIN))
    person.okta.users = {
        "own": OktaUser("00uOwn", "ACTIVE", LOGIN, LOGIN),
        OKTA_ID: OktaUser(OKTA_ID, "ACTIVE", ADMIN, LOGIN),
    }
    person.graph.users["admin"] = replace(MAYA, id="entra-admin", user_principal_name=ADMIN, mail=None)

    account = await found()

    assert (account.entra_user_id, account.verdict) == ("entra-admin", MINE)


async def test_account_is_found_by_its_mail_address_when_neither_email_nor_login_is_its_name(
    person: PersonWorld,
) -> None:
    await person.remember(replace(MEMBER, entra_user_id=None))
    person.graph.users[ENTRA_ID] = replace(MAYA, user_principal_name="mlin@contoso.onmicrosoft.com")

    assert (await found()).entra_user_id == ENTRA_ID
    assert f"find {LOGIN}" in person.graph.asked


async def test_user_deleted_in_okta_is_found_by_the_login_of_the_event(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, entra_user_id=None))
    person.okta.users.clear()

    assert (await found()).entra_user_id == ENTRA_ID


async def test_known_account_that_is_gone_and_made_again_under_the_login_is_the_persons(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, entra_user_id="an-account-long-gone"))

    assert (await found()).entra_user_id == ENTRA_ID


async def test_where_there_is_no_account_none_is_found(person: PersonWorld) -> None:
    person.graph.users.clear()

    assert await perform(find_account) is None


@pytest.mark.parametrize("protected", [LOGIN, "maya.old@contoso.com", "maya.new@contoso.com"])
async def test_account_that_was_protected_while_its_run_waited_is_not_touched_from_then_on(
    person: PersonWorld, protected: str
) -> None:
    """As an operator does about a wave that is held, or before the licenses go."""
    await person.remember(replace(MEMBER, login="maya.old@contoso.com"))
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], login="maya.new@contoso.com")
    person.set(PROTECTED_LOGINS=protected)

    refusals = [
        await refusal(revoke_sign_in_sessions),
        await refusal(disable_account),
        await refusal(remove_licenses, remove=(E3,)),
        await refusal(remove_refused_licenses, remove=(E3,)),
    ]

    assert {failure.reason for failure in refusals} == {
        "the account is listed in PROTECTED_LOGINS; it is never touched"
    }
    assert all(failure.permanent for failure in refusals)
    assert person.graph.users[ENTRA_ID] == MAYA


@pytest.mark.parametrize("protected", [LOGIN.upper(), "other@contoso.com, " + LOGIN])
async def test_protected_account_is_never_touched(person: PersonWorld, protected: str) -> None:
    person.set(PROTECTED_LOGINS=protected)

    failure = await refusal(find_account)

    assert failure.permanent
    assert "PROTECTED_LOGINS" in failure.reason


@pytest.mark.parametrize("setting", ["PROTECTED_LOGINS", "MAIL_SENDER"])
async def test_nobody_is_protected_by_an_address_that_leads_to_no_account(person: PersonWorld, setting: str) -> None:
    """Whoever may edit the own mail address would keep the own account enabled by it."""
    person.set(**{setting: "break.glass@contoso.com"})
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], email="break.glass@contoso.com")

    assert (await found()).entra_user_id == ENTRA_ID


async def test_account_that_a_protected_address_leads_to_is_never_touched(person: PersonWorld) -> None:
    """One of its other addresses, which are not read."""
    person.set(PROTECTED_LOGINS=LOGIN)
    await person.remember(replace(MEMBER, entra_user_id=None, login="mlin"))
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], login="mlin")
    person.graph.users[ENTRA_ID] = replace(MAYA, user_principal_name="m.lin@contoso.com")

    assert "PROTECTED_LOGINS" in (await refusal(find_account)).reason


async def test_mailbox_that_sends_is_never_touched(person: PersonWorld) -> None:
    person.set(MAIL_SENDER=LOGIN)

    assert "MAIL_SENDER" in (await refusal(find_account)).reason


async def test_account_of_a_colleague_is_not_the_leavers_although_the_mail_address_points_at_it(
    person: PersonWorld,
) -> None:
    """A second user with the same address, or the account was renamed to somebody new."""
    await person.remember(replace(MEMBER, entra_user_id=None))
    person.okta.users["other"] = COLLEAGUE
    person.graph.users[ENTRA_ID] = replace(MAYA, user_principal_name=COLLEAGUE.login)

    account = await found()

    assert account.verdict == Verdict(Whose.THEIRS, (Candidate("00uAda", COLLEAGUE.login, is_living=True),))
    assert account.needs_second_look(OKTA_ID)
    held = await perform(claim_account, found=account, by_operator=False)
    assert (held.verdict.whose, await person.account()) == (Whose.THEIRS, ACCOUNT)


async def test_whoever_sets_the_mail_address_of_somebody_else_gets_nothing_and_hinders_nobody(
    person: PersonWorld,
) -> None:
    person.okta.users["other"] = COLLEAGUE
    person.okta.groups_of["00uAda"] = [OFFICE]
    assert (await found()).verdict == MINE

    deactivate(person)
    await person.remember_account(replace(ACCOUNT, owner=OKTA_ID))
    person.graph.users["ada"] = replace(MAYA, id="entra-ada", user_principal_name=COLLEAGUE.login, mail=None)
    assert (await found()).verdict == MINE  # the colleague has an account of her own by login


async def test_two_living_by_mail_alone_are_both_named(person: PersonWorld) -> None:
    await person.forget_account()
    person.graph.users[ENTRA_ID] = replace(MAYA, user_principal_name="shared@contoso.com")
    person.okta.users["other"] = COLLEAGUE

    assert (await found()).verdict.whose is Whose.UNCLEAR


@pytest.mark.parametrize("entitled", [True, False])
async def test_leaver_who_is_gone_yields_to_the_rehired_only_once_they_are_entitled(
    person: PersonWorld, entitled: bool
) -> None:
    rehire(person, entitled=entitled)

    account = await found()

    assert account.verdict.whose is (Whose.THEIRS if entitled else Whose.MINE)
    assert account.owner_in_row == OKTA_ID


async def test_nothing_is_disabled_for_somebody_who_is_gone_once_the_rehired_person_is_entitled(
    person: PersonWorld,
) -> None:
    rehire(person, entitled=True)

    assert (await refusal(disable_account)).look_again
    assert person.graph.users[ENTRA_ID].account_enabled


async def test_claim_takes_the_account_over_with_all_that_stands_in_its_row(person: PersonWorld) -> None:
    former = replace(ACCOUNT, owner="00uOld", run="staged_deactivation-old", snapshot="{}", intent=Intent.DISABLED)
    await person.remember_account(former)

    held = await claim()

    own = AccountClaim(INSTANCE, OKTA_ID, "staged_deactivation-old")
    assert held == HeldClaim(MINE, "staged_deactivation-old", look=LEFT)
    assert replace(await person.account(), updated_at=None) == replace(
        former, owner=OKTA_ID, run=INSTANCE, claims=(own,)
    )


async def test_first_claim_makes_the_row(person: PersonWorld) -> None:
    await person.forget_account()

    assert await claim() == HeldClaim(MINE, None, look=LEFT)
    assert (await person.account()).run == INSTANCE


async def test_claim_that_is_repeated_is_answered_by_the_row_without_deciding_again(person: PersonWorld) -> None:
    await person.remember_account(replace(ACCOUNT, run="activation-before"))
    account = await found()
    first = await perform(claim_account, found=account, by_operator=False)
    rehire(person, entitled=True)
    await person.hand_over("activation-later")

    assert await perform(claim_account, found=account, by_operator=False) == replace(first, look=None)
    assert (await person.account()).run == "activation-later"


async def test_claim_stands_although_its_answer_got_lost(person: PersonWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    await person.remember_account(replace(ACCOUNT, run="activation-before"))
    account, replace_row = await found(), accounts.replace

    async def lose_the_answer(*row: object) -> str:
        await replace_row(*row)  # type: ignore[arg-type]
        raise Unavailable("tables", "replace a row")

    monkeypatch.setattr(accounts, "replace", lose_the_answer)
    assert not (await refusal(claim_account, found=account, by_operator=False)).permanent
    monkeypatch.setattr(accounts, "replace", replace_row)

    held = await perform(claim_account, found=account, by_operator=False)

    assert (held.verdict, held.predecessor) == (MINE, "activation-before")
    assert len((await person.account()).claims) == 1


async def test_run_that_lost_the_person_claims_no_account(person: PersonWorld) -> None:
    await person.remember_account(replace(ACCOUNT, run="activation-before"))
    account = await found()
    await person.remember(replace(MEMBER, instance="activation-later"))

    assert (await refusal(claim_account, found=account, by_operator=False)).superseded
    assert (await person.account()).run == "activation-before"


async def test_claim_is_decided_again_when_the_row_was_claimed_since_it_was_read(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await person.remember_account(replace(ACCOUNT, run="activation-before"))
    account, read_user = await found(), person.okta.read_user

    async def claimed_meanwhile(id_or_login: str) -> OktaUser | None:
        await person.remember_account(replace(ACCOUNT, run="activation-meanwhile"))
        return await read_user(id_or_login)

    monkeypatch.setattr(person.okta, "read_user", claimed_meanwhile)
    assert not (await refusal(claim_account, found=account, by_operator=False)).permanent
    monkeypatch.setattr(person.okta, "read_user", read_user)

    held = await perform(claim_account, found=account, by_operator=False)

    assert held.predecessor == "activation-meanwhile"


@pytest.mark.parametrize(("seconds", "reads"), [(29, 0), (30, 1)])
async def test_account_that_was_found_a_moment_ago_need_not_be_read_again_to_be_claimed(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch, seconds: int, reads: int
) -> None:
    account, read_user = await found(), person.graph.read_user
    person.now += timedelta(seconds=seconds)
    asked: list[str] = []

    async def counted(id_or_upn: str) -> EntraUser | None:
        asked.append(id_or_upn)
        return await read_user(id_or_upn)

    monkeypatch.setattr(person.graph, "read_user", counted)

    assert (await perform(claim_account, found=account, by_operator=False)).verdict == MINE
    assert len(asked) == reads


@pytest.mark.parametrize(("seconds", "looks_again"), [(29, False), (30, True)])
async def test_look_by_which_the_account_was_claimed_counts_for_half_a_minute(
    person: PersonWorld, seconds: int, looks_again: bool
) -> None:
    await claim()
    person.okta.groups = [OFFICE]
    looked_at, person.now = person.now, person.now + timedelta(seconds=seconds)

    if looks_again:
        assert (await refusal(disable_account, looked_at=looked_at)).look_again
    else:
        await perform(disable_account, looked_at=looked_at)


async def test_account_that_is_gone_when_it_is_claimed_is_looked_for_anew(person: PersonWorld) -> None:
    """A run insists on its claim and is deaf meanwhile: it would wait for ever, and whoever comes after it too."""
    deactivate(person)
    account = await found()
    person.graph.users.clear()

    assert (await refusal(claim_account, found=account, by_operator=False)).look_again


async def test_what_an_operator_asks_for_ends_that_the_licenses_are_kept(person: PersonWorld) -> None:
    kept = replace(ACCOUNT, run="activation-before", kept=True)
    for by_operator in (False, True):
        await person.remember_account(kept)
        await claim(by_operator=by_operator)
        assert (await person.account()).kept is not by_operator


async def test_dry_run_claims_nothing(person: PersonWorld) -> None:
    await person.remember_account(replace(ACCOUNT, run="activation-before"))
    await person.remember(replace(MEMBER, dry_run=True))

    assert await claim() == HeldClaim(MINE, None, look=LEFT)
    assert (await person.account()).run == "activation-before"


class FakeDurable:
    def __init__(self) -> None:
        self.started: list[Start] = []

    async def start(self, start: Start) -> bool:
        self.started.append(start)
        return True


async def test_run_that_yields_starts_an_activation_for_the_rightful_owner(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable = FakeDurable()
    monkeypatch.setattr(wiring, "durable", lambda client: durable)
    rehire(person, entitled=True)

    await perform(hand_to_owner, found=await found())

    (start,) = durable.started
    assert start.instance == "activation-d41c7e80~for-00uRehired"
    event = read_input(EventInput, start.flow, start.input)
    assert (event.okta_user_id, event.login, event.event_type) == ("00uRehired", LOGIN, "account.handed_over")
    assert event.found  # no log has it, so a run that looked for it there would end without having acted


async def test_no_delivery_can_take_the_id_of_the_run_that_is_started_so(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would end as unseen, and the id would be known: nobody would act for the rightful owner."""
    durable = FakeDurable()
    monkeypatch.setattr(wiring, "durable", lambda client: durable)
    rehire(person, entitled=True)

    await perform(hand_to_owner, found=await found())

    (start,) = durable.started
    assert parse_log_event({**start.input, "eventType": "user.lifecycle.activate"}) is None
    assert parse_log_event({**start.input, "uuid": "d41c7e80", "eventType": "user.lifecycle.activate"}) is not None


async def test_run_that_was_started_so_names_the_next_one_no_longer_than_itself(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Durable Functions on Azure Storage takes instance ids of a hundred characters at the most."""
    durable = FakeDurable()
    monkeypatch.setattr(wiring, "durable", lambda client: durable)
    rehire(person, entitled=True)
    account, uuid = await found(), f"{UUID(int=7)}"

    for _ in range(4):
        call = Call(f"activation-{uuid}", OKTA_ID, uuid, NOW)
        await person.remember(replace(MEMBER, instance=call.instance))
        await Run(call).perform(hand_to_owner, found=account)
        uuid = durable.started[-1].instance.removeprefix("activation-")

    assert len({start.instance for start in durable.started}) == 4
    assert max(len(start.instance) for start in durable.started) <= 100


GROUP = Group(OFFICE.id, OFFICE.name)
OUTSIDE = Entitlement(False, "the user is in no managed group", (), "ACTIVE")
GONE = Entitlement(False, "the user no longer exists in Okta")


async def test_person_of_whom_nothing_is_known_is_none_of_our_business(person: PersonWorld) -> None:
    """A forged leave, or a partner who is deactivated in Okta."""
    assert not await perform(is_managed, entitlement=OUTSIDE)


async def test_person_who_is_gone_and_of_whom_nothing_is_known_needs_a_person(person: PersonWorld) -> None:
    failure = await refusal(is_managed, entitlement=GONE)

    assert failure.permanent
    assert "gone from Okta" in failure.reason


async def test_member_of_a_managed_group_is_managed_also_when_deactivated(person: PersonWorld) -> None:
    deactivated = Entitlement(False, "the user is deactivated in Okta", (GROUP,), "DEPROVISIONED")

    assert await perform(is_managed, entitlement=deactivated)


@pytest.mark.parametrize("entitlement", [OUTSIDE, GONE])
async def test_whoever_left_or_joined_was_on_the_roster_or_has_an_account_of_ours_is_managed(
    person: PersonWorld, entitlement: Entitlement
) -> None:
    left = LeftGroup(OFFICE.id, OFFICE.name, NOW + timedelta(days=30), NOW)
    for member in (replace(MEMBER, left_groups=(left,)), replace(MEMBER, joined=(JoinedGroup(OFFICE.id, NOW),))):
        await person.remember(member)
        assert await perform(is_managed, entitlement=entitlement)
    await person.remember(MEMBER)
    await person.remember_account(replace(ACCOUNT, intent=Intent.DISABLED))
    assert await perform(is_managed, entitlement=entitlement)
    await person.remember_account(ACCOUNT)
    await roster.store(person.tables, [RosterEntry(OKTA_ID, LOGIN, (OFFICE.id,))], [], NOW)
    assert await perform(is_managed, entitlement=entitlement)


async def test_whoever_a_dry_run_found_managed_is_managed_after_it(person: PersonWorld) -> None:
    """It writes no intent, and by now the person may be in no group any more."""
    await person.forget_account()

    assert await perform(is_managed, entitlement=OUTSIDE)


async def test_intent_that_concerns_somebody_elses_account_makes_nobody_managed(person: PersonWorld) -> None:
    await person.remember_account(replace(ACCOUNT, owner=REHIRED.id, intent=Intent.DISABLED))

    assert not await perform(is_managed, entitlement=OUTSIDE)


async def test_person_who_is_gone_and_whose_account_is_somebody_elses_by_now_is_managed(person: PersonWorld) -> None:
    """So the run ends by saying whose it is, and needs nobody."""
    await person.remember_account(replace(ACCOUNT, owner=REHIRED.id, intent=Intent.ENABLED))

    assert await perform(is_managed, entitlement=GONE)


async def test_reading_that_contradicts_the_newest_event_is_doubtful(person: PersonWorld) -> None:
    newest = NewestEvent(NOW, "group.user_membership.remove", OFFICE.id)
    await person.remember(replace(MEMBER, newest=newest))
    assert not (await perform(read_entitlement)).is_doubtful

    person.okta.groups = [OFFICE]

    reading = await perform(read_entitlement)
    assert (reading.entitlement.entitled, reading.is_doubtful) == (True, True)
