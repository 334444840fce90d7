"""What is done to an account: normal, already done, gone, changed meanwhile, late to settle, failed but done."""

from dataclasses import replace
from typing import Any

import pytest

from activities.activity import Activity
from activities.microsoft365 import (
    disable_account,
    enable_account,
    ensure_usage_location,
    find_account,
    revoke_sign_in_sessions,
)
from clients.errors import PrivilegedUser, Throttled, Unavailable
from clients.records import OktaGroup, OktaUser
from lifecycle.effects import Effect
from lifecycle.events import Flow
from tests.activities.person_world import (
    ENTRA_ID,
    LOGIN,
    MAYA,
    MEMBER,
    OKTA_ID,
    PersonWorld,
    after,
    perform,
    refusal,
)

Write = Activity[[], Any]
ADMIN = "adm-maya@contoso.com"


async def test_account_is_disabled_and_the_act_is_on_record(person: PersonWorld) -> None:
    assert await perform(disable_account) is Effect.DONE

    assert not person.graph.users[ENTRA_ID].account_enabled
    assert await person.acts() == [("disable_account", "done")]


async def test_act_stands_in_the_audit_under_the_id_microsoft_knows_it_by(person: PersonWorld) -> None:
    await perform(disable_account)

    assert [entry.request_id for entry in await person.audit()] == [f"request-{len(person.graph.asked) - 1}"]


async def test_account_that_is_disabled_already_is_a_result_and_not_a_failure(person: PersonWorld) -> None:
    person.graph.users[ENTRA_ID] = replace(MAYA, account_enabled=False)

    assert await perform(disable_account) is Effect.ALREADY
    assert "set_account_enabled" not in person.graph.asked


@pytest.mark.parametrize(
    ("act", "under_way", "goal"),
    [
        (enable_account, (Flow.DEACTIVATION, Flow.ACTIVATION), True),
        (disable_account, (Flow.ACTIVATION, Flow.DEACTIVATION), False),
    ],
)
async def test_reading_that_may_be_older_than_what_the_run_before_did_is_not_believed(
    person: PersonWorld, act: Write, under_way: tuple[Flow, ...], goal: bool
) -> None:
    await person.remember(replace(MEMBER, pending=under_way))
    person.graph.users[ENTRA_ID] = replace(MAYA, account_enabled=not goal)
    person.graph.former = replace(MAYA, account_enabled=goal)
    person.graph.stale_reads = 1

    await perform(act)

    assert person.graph.users[ENTRA_ID].account_enabled is goal


async def test_account_that_is_gone_needs_a_person(person: PersonWorld) -> None:
    person.graph.users.clear()

    failure = await refusal(disable_account)

    assert failure.permanent
    assert "no longer exists" in failure.reason


async def test_account_that_settles_late_is_read_again_later(person: PersonWorld) -> None:
    person.graph.stale_reads = 1

    failure = await refusal(disable_account)

    assert (failure.permanent, failure.superseded) == (False, False)
    assert await after(minutes=1).perform(disable_account) is Effect.ALREADY


async def test_answer_that_got_lost_after_the_act_is_made_good_by_the_next_attempt(person: PersonWorld) -> None:
    person.graph.act_before_failing = True
    person.graph.fail["set_account_enabled"] = [Unavailable("graph", "disable the account")]

    assert (await refusal(disable_account)).permanent is False
    assert await after(minutes=1).perform(disable_account) is Effect.ALREADY


async def test_account_whose_enabling_was_not_answered_counts_as_enabled_by_this_run(person: PersonWorld) -> None:
    person.graph.users[ENTRA_ID] = replace(MAYA, account_enabled=False)
    person.graph.act_before_failing = True
    person.graph.fail["set_account_enabled"] = [Unavailable("graph", "enable the account")]

    assert (await refusal(enable_account)).permanent is False
    assert await after(minutes=1).perform(enable_account) is Effect.DONE
    assert person.graph.asked.count("set_account_enabled") == 2  # an unanswered write is made again


async def test_account_that_another_run_set_out_to_enable_is_not_enabled_by_this_one(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, enabling="activation-earlier"))

    assert await perform(enable_account) is Effect.ALREADY
    assert "set_account_enabled" not in person.graph.asked


@pytest.mark.parametrize("act", [enable_account, disable_account])
async def test_call_that_is_repeated_by_the_host_does_not_take_back_that_the_act_was_done(
    person: PersonWorld, act: Write
) -> None:
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


@pytest.mark.parametrize("write", [disable_account, revoke_sign_in_sessions])
async def test_dry_run_writes_what_would_have_been_done_and_nothing_else(person: PersonWorld, write: Write) -> None:
    person.set(DRY_RUN="true")
    await person.remember(replace(await person.member(), dry_run=True))

    await perform(write)

    assert person.graph.users[ENTRA_ID] == MAYA
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

    assert failure.not_current
    assert person.graph.users[ENTRA_ID].account_enabled


async def test_account_is_found_by_the_email_when_the_login_names_none(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, entra_user_id=None, login="mlin"))
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], login="mlin")

    await perform(find_account)
    assert (await person.member()).entra_user_id == ENTRA_ID
    assert (await person.member()).display_name == "Maya Lin"


async def test_account_of_the_login_goes_before_the_one_the_email_names(person: PersonWorld) -> None:
    """A second user of an administrator: an account of its own, and the administrator's mail address."""
    await person.remember(replace(MEMBER, entra_user_id=None, login=ADMIN))
    person.okta.users = {
        "own": OktaUser("00uOwn", "ACTIVE", LOGIN, LOGIN),
        OKTA_ID: OktaUser(OKTA_ID, "ACTIVE", ADMIN, LOGIN),
    }
    person.graph.users["admin"] = replace(MAYA, id="entra-admin", user_principal_name=ADMIN, mail=None)

    await perform(find_account)

    assert (await person.member()).entra_user_id == "entra-admin"


async def test_account_is_found_by_its_mail_address_when_neither_email_nor_login_is_its_name(
    person: PersonWorld,
) -> None:
    await person.remember(replace(MEMBER, entra_user_id=None))
    person.graph.users[ENTRA_ID] = replace(MAYA, user_principal_name="mlin@contoso.onmicrosoft.com")

    await perform(find_account)
    assert (await person.member()).entra_user_id == ENTRA_ID
    assert person.graph.asked[-1] == f"find {LOGIN}"


async def test_user_deleted_in_okta_is_found_by_the_login_of_the_event(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, entra_user_id=None))
    person.okta.users.clear()

    await perform(find_account)
    assert (await person.member()).entra_user_id == ENTRA_ID


async def test_newcomers_account_may_still_appear(person: PersonWorld) -> None:
    person.graph.users.clear()

    assert (await refusal(find_account)).permanent
    assert not (await refusal(find_account, may_appear=True)).permanent


@pytest.mark.parametrize("protected", [LOGIN.upper(), "other@contoso.com, " + LOGIN])
async def test_protected_account_is_never_touched(person: PersonWorld, protected: str) -> None:
    person.set(PROTECTED_LOGINS=protected)

    failure = await refusal(find_account)

    assert failure.permanent
    assert "PROTECTED_LOGINS" in failure.reason


async def test_mailbox_that_sends_is_never_touched(person: PersonWorld) -> None:
    person.set(MAIL_SENDER=LOGIN)

    assert "MAIL_SENDER" in (await refusal(find_account)).reason


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


async def test_account_of_another_okta_user_is_refused_although_the_email_points_at_it(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, entra_user_id=None))
    person.okta.users["other"] = OktaUser("00uAda", "ACTIVE", "ada@contoso.com")
    person.graph.users[ENTRA_ID] = replace(MAYA, user_principal_name="ada@contoso.com", mail=LOGIN)

    failure = await refusal(find_account)

    assert failure.permanent
    assert "that of another Okta user, 00uAda" in failure.reason


async def test_login_that_went_to_another_okta_user_leads_to_nobody(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, entra_user_id=None))
    person.okta.users = {"other": OktaUser("00uNew", "ACTIVE", LOGIN)}

    assert "is that of 00uNew now" in (await refusal(find_account)).reason


async def test_known_account_that_is_gone_and_made_again_under_the_login_is_the_persons(person: PersonWorld) -> None:
    await person.remember(replace(MEMBER, entra_user_id="an-account-long-gone"))

    await perform(find_account)
    assert (await person.member()).entra_user_id == ENTRA_ID


async def test_known_account_that_is_gone_is_not_looked_for_once_its_person_is_gone_from_okta(
    person: PersonWorld,
) -> None:
    """Who has the login now may be somebody of the same name, who is not in Okta."""
    await person.remember(replace(MEMBER, entra_user_id="an-account-long-gone"))
    person.okta.users.clear()

    assert (await refusal(find_account)).permanent
    assert (await person.member()).entra_user_id == "an-account-long-gone"


@pytest.mark.parametrize(("name", "mail"), [(LOGIN, None), ("x@contoso.com", LOGIN)], ids=["name", "address"])
async def test_known_account_that_is_gone_is_looked_for_by_email_only_for_who_comes_back(
    person: PersonWorld, name: str, mail: str | None
) -> None:
    await person.remember(replace(MEMBER, entra_user_id="an-account-long-gone", login="mlin"))
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], login="mlin")
    person.graph.users[ENTRA_ID] = replace(MAYA, user_principal_name=name, mail=mail)

    assert (await refusal(find_account)).permanent
    await perform(find_account, may_appear=True)
    assert (await person.member()).entra_user_id == ENTRA_ID
