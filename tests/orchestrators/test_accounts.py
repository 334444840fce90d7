"""Whose account it is: looked at twice before a run yields or takes over, claimed, and waited for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from activities.accounts import claim_account, find_account, hand_to_owner, note_account
from activities.brake import pass_brake
from activities.members import finish_member, pass_over, supersede
from activities.microsoft365 import disable_account, enable_account
from activities.okta import is_managed
from activities.operator_mail import mail_operators
from activities.removal import prepare_removal, remove_licenses
from lifecycle.events import Flow
from lifecycle.found_account import HeldClaim
from lifecycle.licenses import Removal, RemovalPlan
from lifecycle.mail_ledger import MailState
from lifecycle.ownership import MINE, Candidate, Verdict, Whose
from lifecycle.retries import HOURLY_LOOKS, Failure
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive, names, sent
from tests.orchestrators.happy import DUE, FOUND, JOINED, LEAVING, NOT_ENTITLED, RETURNING

REHIRED = Candidate("00u9rehired", "maya.lin@contoso.com", is_living=True, is_entitled=True)
NAMESAKE = Candidate("00u8namesake", "maya.l@contoso.com", is_living=True)
THEIRS = replace(FOUND, verdict=Verdict(Whose.THEIRS, (REHIRED,)), owner_in_row=REHIRED.okta_user_id)
KNOWN_BUT_THEIRS = replace(THEIRS, is_known=True)
THEIRS_NOT_TAKEN_OVER_YET = replace(THEIRS, owner_in_row=EVENT.okta_user_id)
UNCLEAR = replace(FOUND, verdict=Verdict(Whose.UNCLEAR, (NAMESAKE, REHIRED)))
FROM_ANOTHER = replace(FOUND, owner_in_row=REHIRED.okta_user_id)
ANOTHER_ACCOUNT = replace(FOUND, entra_user_id="another", user_principal_name="maya.lin2@contoso.com")
BELONGS = "the account maya.lin@contoso.com belongs to maya.lin@contoso.com (00u9rehired)"
SUPERSEDED = Failure("activation-2 has taken the account over", permanent=True, superseded=True)
LOOK_AGAIN = Failure("the user is in Office 365 Assignments", permanent=True, look_again=True)
DOWN = Failure("Table Storage gave no answer", permanent=False)
SECOND_LOOK = timedelta(seconds=90)
HALF_AN_HOUR = timedelta(minutes=30)
IN_2_DAYS = NOW + timedelta(days=2)
DISCARDED = commanded("discard", at=NOW + HALF_AN_HOUR)
OTHER_RUN = answer(claim_account, HeldClaim(MINE, "activation-7"))


def leave(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def rejoin(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(activation, *RETURNING, *answers, events=events, given=JOINED)


def test_person_who_is_not_managed_is_none_of_our_business() -> None:
    world = leave(answer(is_managed, False))

    assert world.names()[-2:] == names(is_managed, pass_over)
    assert world.details(is_managed) == sent(is_managed, entitlement=NOT_ENTITLED)
    assert world.output == {"phase": "not_current", "reason": f"not under management: {NOT_ENTITLED.reason}"}


# Whose it is.


def test_leaver_whose_account_is_somebody_elses_at_the_second_look_too_ends_and_touches_nothing() -> None:
    world = leave(answer(find_account, KNOWN_BUT_THEIRS))

    assert world.instants(find_account) == [timedelta(), SECOND_LOOK]
    assert world.names()[-2:] == names(find_account, finish_member)
    assert world.output == {"phase": "not_current", "reason": BELONGS}


def test_leaver_whose_only_account_by_mail_is_somebody_elses_parks_as_one_without_an_account() -> None:
    world = leave(answer(find_account, *[THEIRS] * 4, FOUND), events=commanded("retry", "retry", at=IN_2_DAYS))

    assert world.times(mail_operators) == 2
    assert world.details(mail_operators)["reason"] == BELONGS
    assert world.instants(disable_account) == [timedelta(days=2, hours=1)]


def test_leaver_who_owned_the_account_until_now_first_starts_a_run_for_the_rightful_owner() -> None:
    world = leave(answer(find_account, THEIRS_NOT_TAKEN_OVER_YET))

    assert world.names()[-3:] == names(find_account, hand_to_owner, finish_member)
    assert world.details(hand_to_owner) == sent(hand_to_owner, found=THEIRS_NOT_TAKEN_OVER_YET)
    assert world.output == {"phase": "not_current", "reason": BELONGS}


def test_leaver_whose_account_only_seemed_to_be_somebody_elses_leaves() -> None:
    world = leave(answer(find_account, THEIRS, FOUND))

    assert world.instants(disable_account) == [SECOND_LOOK]
    assert world.output["phase"] == "unlicensed"


@pytest.mark.parametrize("flow", Flow)
def test_account_is_taken_from_another_user_only_after_a_second_look(flow: Flow) -> None:
    taken = answer(find_account, FROM_ANOTHER)
    world = leave(taken) if flow is Flow.DEACTIVATION else rejoin(taken)

    assert world.instants(find_account)[:2] == [timedelta(), SECOND_LOOK]
    assert world.instants(claim_account) == [SECOND_LOOK]


def test_newer_event_ends_the_wait_for_the_second_look_at_the_account() -> None:
    world = leave(answer(find_account, THEIRS), events=[Raised(NOW + timedelta(seconds=30), "superseded")])

    assert world.times(find_account) == 1
    assert world.output["phase"] == "superseded"


def test_two_living_users_with_the_mail_address_park_the_leaver_and_are_both_named() -> None:
    world = leave(answer(find_account, UNCLEAR), events=DISCARDED)

    assert world.output["phase"] == "not_current"
    assert world.details(mail_operators)["reason"] == (
        "the account maya.lin@contoso.com has the mail address of several users:"
        " maya.l@contoso.com (00u8namesake), maya.lin@contoso.com (00u9rehired)"
    )
    assert not world.times(pass_brake)
    assert not world.times(claim_account)


def test_two_living_users_with_the_mail_address_park_the_returner_and_are_both_named() -> None:
    world = rejoin(answer(find_account, UNCLEAR), events=DISCARDED)

    assert world.output["phase"] == "not_current"
    assert NAMESAKE.login in world.details(mail_operators)["reason"]
    assert not world.times(claim_account)


def test_account_that_was_unclear_is_looked_at_again_when_an_operator_says_retry() -> None:
    world = leave(answer(find_account, UNCLEAR, UNCLEAR, FOUND), events=commanded("retry", at=NOW + HALF_AN_HOUR))

    assert world.instants(disable_account) == [HALF_AN_HOUR]
    assert world.output["phase"] == "unlicensed"


def test_account_that_was_unclear_is_looked_at_again_every_hour() -> None:
    world = leave(answer(find_account, *[UNCLEAR] * 6, FOUND))

    assert world.instants(disable_account) == [3 * (SECOND_LOOK + timedelta(hours=1))]
    assert world.times(mail_operators) == 1
    assert world.output["phase"] == "unlicensed"


def test_operators_who_could_not_be_told_of_an_unclear_account_are_told_an_hour_later() -> None:
    world = leave(answer(find_account, *[UNCLEAR] * 6, FOUND), answer(mail_operators, DOWN, MailState.SENT))

    assert world.instants(mail_operators) == [SECOND_LOOK, 2 * SECOND_LOOK + timedelta(hours=1)]


def test_account_that_stays_unclear_for_two_weeks_is_left_to_the_operators() -> None:
    world = leave(answer(find_account, UNCLEAR))

    assert world.waits_for_ever
    assert world.times(find_account) == 2 * (HOURLY_LOOKS + 1)
    assert world.times(mail_operators) == 2


def test_returner_whose_account_is_somebody_elses_waits_and_never_ends_because_of_it() -> None:
    world = rejoin(answer(find_account, THEIRS), events=DISCARDED)

    assert (world.output["reason"] or "").startswith("discarded by an operator")
    assert world.details(mail_operators)["reason"] == BELONGS
    assert not world.times(enable_account)


def test_returner_gets_the_account_once_it_is_free_and_an_operator_says_retry() -> None:
    world = rejoin(answer(find_account, THEIRS, THEIRS, FOUND), events=commanded("retry", at=NOW + HALF_AN_HOUR))

    assert world.instants(enable_account) == [HALF_AN_HOUR]
    assert world.output["phase"] == "active"


def test_returner_gets_the_account_within_an_hour_after_it_is_free() -> None:
    world = rejoin(answer(find_account, *[THEIRS] * 6, FOUND))

    assert world.instants(enable_account) == [3 * (SECOND_LOOK + timedelta(hours=1))]
    assert world.times(mail_operators) == 1
    assert world.output["phase"] == "active"


# No account.


def test_leaver_without_an_account_parks_and_is_looked_for_again_when_an_operator_says_retry() -> None:
    world = leave(answer(find_account, None, None, FOUND), events=commanded("retry", "retry", at=IN_2_DAYS))

    assert world.times(mail_operators) == 2
    assert world.details(mail_operators)["reason"].startswith("no Microsoft 365 account found for maya.lin@contoso.com")
    assert world.instants(disable_account) == [timedelta(days=2, hours=1)]


def test_returner_without_an_account_is_waited_for_a_day_and_then_parks() -> None:
    world = rejoin(answer(find_account, None))

    assert world.waits(find_account)[:8] == [2, 5, 15, 60, 300, 900, 3600, 3600]
    assert timedelta(hours=22) < world.now - NOW <= timedelta(hours=24)
    assert world.times(mail_operators) == 1
    assert world.waits_for_ever


def test_account_that_is_made_only_after_the_returner_has_parked_is_found_when_an_operator_says_retry() -> None:
    in_a_day = [None] * len(rejoin(answer(find_account, None)).calls(find_account))
    world = rejoin(answer(find_account, *in_a_day, FOUND), events=commanded("retry", at=IN_2_DAYS))

    assert world.instants(enable_account) == [timedelta(days=2)]
    assert world.output["phase"] == "active"


def test_status_says_when_a_missing_account_is_looked_for_again() -> None:
    world = rejoin(answer(find_account, None, FOUND))

    assert {
        "stage": "waiting_for_account",
        "user": EVENT.login,
        "reason": "no Microsoft 365 account found for maya.lin@contoso.com: none has the Okta login or email as its"
        " name or mail; next look at 2026-09-14 10:38:43 UTC",
    } in world.statuses


def test_account_that_was_deleted_before_the_due_date_takes_the_leave_to_its_end() -> None:
    world = leave(answer(prepare_removal, RemovalPlan((), (), ())), answer(remove_licenses, Removal((), {})))

    assert world.instants(prepare_removal) == [DUE - NOW]
    assert world.output["phase"] == "unlicensed"


# The claim, and the run that stood in the account's row before.


@pytest.mark.parametrize("by_operator", [True, False])
def test_claim_says_whether_an_operator_stands_behind_it(by_operator: bool) -> None:
    event = replace(EVENT, event_type="operator.deactivate") if by_operator else EVENT
    world = drive(staged_deactivation, *LEAVING, given=event)

    assert world.details(claim_account) == sent(claim_account, found=FOUND, by_operator=by_operator)
    assert world.details(note_account) == sent(note_account, found=FOUND)


def test_nothing_is_done_to_the_account_before_the_run_in_its_row_has_ended() -> None:
    world = leave(OTHER_RUN, answer(supersede, False, False, True))

    assert world.details(supersede) == sent(supersede, predecessor="activation-7")
    assert world.instants(supersede) == [timedelta(), timedelta(seconds=1), timedelta(seconds=3)]
    assert world.seconds(note_account) == [3]


def test_run_in_the_accounts_row_is_waited_for_even_when_this_one_is_superseded_meanwhile() -> None:
    world = leave(
        OTHER_RUN,
        answer(supersede, *[False] * 9, True),
        answer(note_account, SUPERSEDED),
        events=[Raised(NOW + timedelta(minutes=1), "superseded")],
    )

    assert world.times(supersede) == 10
    assert world.names()[-1] == note_account.name
    assert world.output["phase"] == "superseded"


def test_claim_whose_answer_may_have_got_lost_is_repeated_although_this_run_is_superseded() -> None:
    world = leave(
        answer(claim_account, DOWN, DOWN, DOWN, HeldClaim(MINE, "activation-7")),
        answer(supersede, False, True),
        answer(note_account, SUPERSEDED),
        events=[Raised(NOW + timedelta(seconds=1), "superseded")],
    )

    assert world.seconds(claim_account) == [0, 2, 7, 22]
    assert world.seconds(supersede) == [22, 23]
    assert world.output["phase"] == "superseded"


def test_own_claim_is_not_waited_for() -> None:
    world = leave(answer(claim_account, HeldClaim(MINE, "staged_deactivation-1")))

    assert not world.times(supersede)
    assert world.output["phase"] == "unlicensed"


@pytest.mark.parametrize("flow", Flow)
def test_account_that_was_taken_over_just_before_the_claim_is_looked_at_anew(flow: Flow) -> None:
    lost = answer(claim_account, HeldClaim(THEIRS.verdict, None), HeldClaim(MINE, None))
    world = leave(lost) if flow is Flow.DEACTIVATION else rejoin(lost)

    assert world.times(find_account) == world.times(claim_account) == 2
    assert world.times(note_account) == 1
    assert world.output["phase"] == ("unlicensed" if flow is Flow.DEACTIVATION else "active")


def test_account_that_was_deleted_before_the_claim_is_looked_for_anew_and_parks_as_none() -> None:
    world = leave(answer(find_account, FOUND, None), answer(claim_account, LOOK_AGAIN))

    assert world.waits_for_ever
    assert world.times(claim_account) == 1
    assert world.details(mail_operators)["reason"].startswith("no Microsoft 365 account found for maya.lin@contoso.com")


@pytest.mark.parametrize("commands", [[], ["retry"]], ids=["parked", "retried"])
def test_run_that_has_claimed_one_account_never_claims_another(commands: list[str]) -> None:
    world = leave(
        answer(find_account, FOUND, ANOTHER_ACCOUNT),
        answer(remove_licenses, LOOK_AGAIN),
        events=commanded(*commands, at=DUE + timedelta(days=1), first=2),
    )

    assert world.waits_for_ever
    assert world.times(claim_account) == 1
    assert world.times(mail_operators) == 1 + len(commands)
    assert "maya.lin2@contoso.com is another one than before" in world.details(mail_operators)["reason"]


def test_run_that_had_parked_over_another_account_goes_on_with_its_own() -> None:
    world = leave(
        answer(find_account, FOUND, ANOTHER_ACCOUNT, FOUND),
        answer(remove_licenses, LOOK_AGAIN, Removal(("sku-1", "sku-2"), {})),
        events=commanded("retry", at=DUE + timedelta(days=1), first=2),
    )

    claimed = [step.details["found"]["entra_user_id"] for step in world.calls(claim_account)]
    assert claimed == [FOUND.entra_user_id] * 2
    assert world.output["phase"] == "unlicensed"
