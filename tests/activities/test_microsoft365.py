"""What is done to an account: normal, already done, gone, changed meanwhile, late to settle, failed but done."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.activity import Activity
from activities.microsoft365 import (
    check_intent,
    disable_account,
    enable_account,
    ensure_usage_location,
    revoke_sign_in_sessions,
)
from clients.errors import PrivilegedUser, Rejected, Throttled, Unavailable
from clients.records import EntraUser, OktaGroup, OktaUser
from lifecycle.accounts import Account, Intent
from lifecycle.audit import Cause
from lifecycle.effects import Effect
from tests.activities.person_world import (
    ACCOUNT,
    ENTRA_ID,
    MAYA,
    MEMBER,
    NOW,
    OKTA_ID,
    PersonWorld,
    after,
    by,
    perform,
    refusal,
)

Write = Activity[[], Any]
DISABLED = replace(ACCOUNT, intent=Intent.DISABLED, confirmed=True, disabled_by_us=True)
ENABLED = replace(ACCOUNT, intent=Intent.ENABLED, confirmed=True)
ON, OFF = MAYA, replace(MAYA, account_enabled=False)


def written(person: PersonWorld) -> int:
    return person.graph.asked.count("set_account_enabled")


async def test_account_is_disabled_and_the_act_is_on_record(person: PersonWorld) -> None:
    assert await perform(disable_account) is Effect.DONE

    assert not person.graph.users[ENTRA_ID].account_enabled
    assert await person.acts() == [("disable_account", "done")]


async def test_act_stands_in_the_audit_under_the_id_microsoft_knows_it_by(person: PersonWorld) -> None:
    await perform(disable_account)

    assert [entry.request_id for entry in await person.audit()] == [f"request-{len(person.graph.asked) - 1}"]


@pytest.mark.parametrize(("act", "known", "account"), [(disable_account, DISABLED, OFF), (enable_account, ENABLED, ON)])
async def test_what_was_confirmed_before_this_run_and_still_reads_so_is_not_written_again(
    person: PersonWorld, act: Write, known: Account, account: EntraUser
) -> None:
    await person.remember_account(known)
    person.graph.users[ENTRA_ID] = account

    assert await perform(act) is Effect.ALREADY

    assert written(person) == 0
    assert await person.account() == known


@pytest.mark.parametrize(
    "known",
    [ACCOUNT, replace(DISABLED, confirmed=False), ENABLED, replace(ENABLED, confirmed=False)],
    ids=["no intent", "not confirmed", "the opposite", "the opposite not confirmed"],
)
async def test_reading_alone_never_stands_for_a_write_since_replicas_lag(person: PersonWorld, known: Account) -> None:
    await person.remember_account(known)
    person.graph.former, person.graph.stale_reads = OFF, 1

    await perform(disable_account)

    assert not person.graph.users[ENTRA_ID].account_enabled
    account = await person.account()
    assert (account.intent, account.confirmed) == (Intent.DISABLED, True)


async def test_leaver_is_disabled_whom_a_return_that_ended_moments_ago_enabled_on_another_replica(
    person: PersonWorld,
) -> None:
    person.graph.users[ENTRA_ID] = OFF
    await person.remember_account(DISABLED)
    await perform(enable_account)
    person.graph.stale_reads = 1

    await person.hand_over("staged_deactivation-next")
    await by("staged_deactivation-next").perform(disable_account)

    assert not person.graph.users[ENTRA_ID].account_enabled


async def test_returning_person_is_enabled_whom_a_leave_that_ended_moments_ago_disabled_on_another_replica(
    person: PersonWorld,
) -> None:
    await perform(disable_account)
    person.graph.stale_reads = 1

    await person.hand_over("activation-next")
    await by("activation-next").perform(enable_account)

    assert person.graph.users[ENTRA_ID].account_enabled


async def test_account_that_reads_disabled_is_written_all_the_same_and_counts_as_disabled_before(
    person: PersonWorld,
) -> None:
    person.graph.users[ENTRA_ID] = OFF

    assert await perform(disable_account) is Effect.ALREADY

    assert written(person) == 1
    assert not (await person.account()).disabled_by_us


async def test_account_that_is_gone_needs_a_person(person: PersonWorld) -> None:
    person.graph.users.clear()

    failure = await refusal(disable_account)

    assert failure.permanent
    assert "no longer exists" in failure.reason


async def test_refusal_to_disable_an_account_that_active_directory_rules_names_the_cause(person: PersonWorld) -> None:
    person.graph.users[ENTRA_ID] = replace(MAYA, on_premises_sync_enabled=True)
    person.graph.fail["set_account_enabled"] = [Rejected("graph", "disable the account"), Throttled("graph", "disable")]

    refused, throttled = await refusal(disable_account), await refusal(disable_account)

    assert (refused.permanent, throttled.permanent) == (True, False)
    assert "synchronised from Active Directory; disable it there" in refused.reason


async def test_account_that_settles_late_is_read_again_later(person: PersonWorld) -> None:
    person.graph.stale_reads = 1

    failure = await refusal(disable_account)

    assert (failure.permanent, failure.superseded) == (False, False)
    assert not (await person.account()).confirmed
    assert await after(minutes=1).perform(disable_account) is Effect.DONE
    assert (await person.account()).confirmed


async def test_answer_that_got_lost_after_the_act_is_made_good_by_the_next_attempt(person: PersonWorld) -> None:
    person.graph.act_before_failing = True
    person.graph.fail["set_account_enabled"] = [Unavailable("graph", "disable the account")]

    assert (await refusal(disable_account)).permanent is False
    account = await person.account()
    assert (account.intent, account.confirmed, account.disabled_by_us) == (Intent.DISABLED, False, True)
    assert await after(minutes=1).perform(disable_account) is Effect.DONE
    assert written(person) == 2  # an unanswered write is made again
    assert (await person.account()).disabled_by_us


async def test_account_whose_enabling_was_not_answered_counts_as_enabled_by_this_run(person: PersonWorld) -> None:
    await person.remember_account(DISABLED)
    person.graph.users[ENTRA_ID] = OFF
    person.graph.act_before_failing = True
    person.graph.fail["set_account_enabled"] = [Unavailable("graph", "enable the account")]

    assert (await refusal(enable_account)).permanent is False
    assert await after(minutes=1).perform(enable_account) is Effect.DONE
    assert written(person) == 2  # an unanswered write is made again


async def test_enabling_that_another_run_set_out_to_and_never_confirmed_is_made_again(person: PersonWorld) -> None:
    await person.remember_account(replace(ACCOUNT, intent=Intent.ENABLED))

    assert await perform(enable_account) is Effect.DONE
    assert written(person) == 1


async def test_intent_stands_in_the_row_before_the_write(person: PersonWorld) -> None:
    person.graph.fail["set_account_enabled"] = [Unavailable("graph", "disable the account")]

    await refusal(disable_account)

    account = await person.account()
    assert person.graph.users[ENTRA_ID].account_enabled
    assert (account.intent, account.confirmed) == (Intent.DISABLED, False)


async def test_account_that_somebody_else_disabled_stays_disabled(person: PersonWorld) -> None:
    person.graph.users[ENTRA_ID] = OFF

    assert await perform(enable_account) is Effect.NOT_OURS

    assert (written(person), await person.account(), await person.acts()) == (0, ACCOUNT, [])


async def test_account_that_somebody_else_disabled_is_enabled_when_an_operator_says_so(person: PersonWorld) -> None:
    person.graph.users[ENTRA_ID] = OFF

    assert await perform(enable_account, by_operator=True) is Effect.DONE
    assert person.graph.users[ENTRA_ID].account_enabled


@pytest.mark.parametrize(
    "known",
    [replace(ACCOUNT, disabled_by_us=True), replace(ACCOUNT, newcomer=True), replace(ACCOUNT, intent=Intent.ENABLED)],
    ids=["disabled by us", "a newcomer's", "enabling under way"],
)
async def test_account_that_the_app_may_enable_is_enabled_and_owes_nothing_to_that_any_more(
    person: PersonWorld, known: Account
) -> None:
    await person.remember_account(known)
    person.graph.users[ENTRA_ID] = OFF

    assert await perform(enable_account) is Effect.DONE

    account = await person.account()
    assert (account.intent, account.confirmed) == (Intent.ENABLED, True)
    assert (account.disabled_by_us, account.newcomer) == (False, False)


async def test_account_disabled_by_others_once_it_was_given_back_is_theirs(person: PersonWorld) -> None:
    await perform(disable_account)
    await perform(enable_account)
    person.graph.users[ENTRA_ID] = OFF

    assert await perform(enable_account) is Effect.NOT_OURS


async def test_late_write_of_the_run_before_shows_when_the_account_is_looked_at_again(person: PersonWorld) -> None:
    assert await perform(check_intent)  # nothing was intended yet
    await perform(disable_account)
    assert await perform(check_intent)
    person.graph.users[ENTRA_ID] = ON

    assert not await perform(check_intent)


@pytest.mark.parametrize("act", [enable_account, disable_account])
async def test_call_that_is_repeated_by_the_host_does_not_take_back_that_the_act_was_done(
    person: PersonWorld, act: Write
) -> None:
    await person.remember_account(replace(ACCOUNT, disabled_by_us=act is enable_account))
    person.graph.users[ENTRA_ID] = replace(MAYA, account_enabled=act is disable_account)
    await perform(act)
    done = await person.audit()

    await perform(act)

    assert [(entry.act, entry.outcome) for entry in done] == [(act.name, "done")]
    assert [(entry.act, entry.outcome) for entry in await person.audit()] == [(act.name, "done")]


async def test_throttling_says_how_long_to_wait(person: PersonWorld) -> None:
    person.graph.fail["set_account_enabled"] = [Throttled("graph", "disable the account", status=429, retry_after=17)]

    assert (await refusal(disable_account)).retry_after == 17


async def test_privileged_account_is_a_case_for_a_person_and_stands_in_the_audit(person: PersonWorld) -> None:
    privileged = PrivilegedUser("graph", "disable the account", status=403, request_id="r-1")
    person.graph.fail["set_account_enabled"] = [privileged]

    assert (await refusal(disable_account)).permanent
    ((act, outcome),) = await person.acts()
    assert act == "disable_account"
    assert outcome.startswith("failed")


@pytest.mark.parametrize("write", [disable_account, enable_account, revoke_sign_in_sessions])
async def test_nothing_is_written_once_another_run_owns_the_person(person: PersonWorld, write: Write) -> None:
    await person.remember(replace(MEMBER, instance="activation-1"))

    failure = await refusal(write)

    assert failure.superseded
    assert person.graph.asked == []


@pytest.mark.parametrize("write", [disable_account, enable_account, revoke_sign_in_sessions])
async def test_nothing_is_written_once_another_run_has_claimed_the_account(person: PersonWorld, write: Write) -> None:
    await person.remember_account(replace(ACCOUNT, owner="00uRehired", run="activation-of-the-rehired"))

    failure = await refusal(write)

    assert failure.superseded
    assert person.graph.asked == []


async def test_intent_is_not_written_over_a_row_that_was_claimed_since_it_was_read(
    person: PersonWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_user = person.graph.read_user

    async def claimed_meanwhile(id_or_upn: str) -> EntraUser | None:
        await person.remember_account(replace(ACCOUNT, run="activation-of-the-rehired"))
        return await read_user(id_or_upn)

    monkeypatch.setattr(person.graph, "read_user", claimed_meanwhile)

    assert not (await refusal(disable_account)).permanent
    assert (await refusal(disable_account)).superseded
    assert written(person) == 0


@pytest.mark.parametrize("write", [disable_account, revoke_sign_in_sessions])
async def test_dry_run_writes_what_would_have_been_done_and_nothing_else(person: PersonWorld, write: Write) -> None:
    person.set(DRY_RUN="true")
    await person.remember(replace(await person.member(), dry_run=True))

    await perform(write)

    assert (person.graph.users[ENTRA_ID], await person.account()) == (MAYA, ACCOUNT)
    assert [outcome for _, outcome in await person.acts()] == ["would have been done (DRY_RUN)"]


async def test_run_that_began_for_real_waits_while_dry_run_is_on(person: PersonWorld) -> None:
    person.set(DRY_RUN="true")

    failure = await refusal(disable_account)

    assert not failure.permanent
    assert "DRY_RUN was switched on" in failure.reason
    assert (person.graph.users[ENTRA_ID], await person.acts()) == (MAYA, [])


async def test_run_that_began_as_a_dry_run_stays_one_when_dry_run_is_off(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, dry_run=True))

    await perform(disable_account)

    assert (person.graph.users[ENTRA_ID], [entry.dry_run for entry in await person.audit()]) == (MAYA, [True])


async def test_person_who_is_entitled_at_this_moment_is_not_disabled(person: PersonWorld) -> None:
    person.okta.groups = [OktaGroup("00g2m365Abc9Qwe15d7", "Office 365 Assignments")]

    failure = await refusal(disable_account)

    assert failure.look_again
    assert person.graph.users[ENTRA_ID].account_enabled


async def test_person_whose_account_is_somebody_elses_at_this_moment_touches_nothing(person: PersonWorld) -> None:
    """The account was renamed to a colleague after this run had claimed it."""
    person.okta.users["other"] = OktaUser("00uAda", "ACTIVE", "ada@contoso.com")
    person.graph.users[ENTRA_ID] = replace(MAYA, user_principal_name="ada@contoso.com")

    for failure in (await refusal(disable_account), await refusal(revoke_sign_in_sessions)):
        assert failure.look_again
        assert "belongs to ada@contoso.com" in failure.reason
    assert person.graph.users[ENTRA_ID].account_enabled


async def test_usage_location_comes_from_okta_and_then_from_the_settings(person: PersonWorld) -> None:
    person.graph.users[ENTRA_ID] = replace(MAYA, usage_location=None)
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], country_code="BE")

    assert await perform(ensure_usage_location) is Effect.DONE
    assert person.graph.users[ENTRA_ID].usage_location == "BE"

    assert await perform(ensure_usage_location) is Effect.ALREADY


async def test_missing_usage_location_names_the_setting(person: PersonWorld) -> None:
    person.graph.users[ENTRA_ID] = replace(MAYA, usage_location=None)

    failure = await refusal(ensure_usage_location)

    assert failure.permanent
    assert "DEFAULT_USAGE_LOCATION" in failure.reason

    person.set(DEFAULT_USAGE_LOCATION="NL")
    assert await perform(ensure_usage_location) is Effect.DONE


async def test_act_is_on_record_with_the_event_and_who_caused_it(person: PersonWorld) -> None:
    cause = Cause("group.user_membership.remove", NOW - timedelta(seconds=41), "hr-import@contoso.com")
    await person.remember(replace(MEMBER, cause=cause))

    await perform(disable_account)

    (entry,) = await person.audit()
    assert (entry.event_type, entry.published, entry.actor) == (cause.event_type, cause.published, cause.actor)
    assert entry.seconds_after_event == 41
    assert entry.okta_user_id == MEMBER.okta_user_id
