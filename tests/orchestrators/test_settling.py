"""What may still be undone is looked at again: after a hand-over, and where Active Directory rules the account."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from activities.accounts import claim_account, find_account
from activities.giving_back import assign_licenses, settle_snapshot
from activities.mail import mail_account_disabled
from activities.members import change_due_at, start_grace_period, supersede
from activities.microsoft365 import check_intent, disable_account, enable_account
from activities.operator_mail import mail_operators
from activities.removal import remove_licenses
from lifecycle.effects import Effect
from lifecycle.events import Flow
from lifecycle.found_account import HeldClaim
from lifecycle.licenses import Assignment
from lifecycle.members import GracePeriod
from lifecycle.ownership import MINE
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Answers, Raised, World, answer, commanded, drive, sent
from tests.orchestrators.happy import DUE, E3, FOUND, JOINED, LEAVING, RETURNING, VISIO

HANDED_OVER = answer(claim_account, HeldClaim(MINE, "activation-7"))
SYNCED = answer(find_account, replace(FOUND, is_synced=True))
SETTLED = timedelta(minutes=3)
SYNCHRONISED = timedelta(hours=4)
IN_2_DAYS = NOW + timedelta(days=2)
IN_3_DAYS = NOW + timedelta(days=3)


def leave(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(staged_deactivation, *LEAVING, *answers, events=events, given=EVENT)


def rejoin(*answers: Answers, events: Sequence[Raised] = ()) -> World:
    return drive(activation, *RETURNING, *answers, events=events, given=JOINED)


# After a hand-over.


@pytest.mark.parametrize("flow", Flow)
def test_account_that_no_other_run_wrote_to_is_not_looked_at_again(flow: Flow) -> None:
    world = leave() if flow is Flow.DEACTIVATION else rejoin()

    assert not world.times(check_intent)


def test_leaver_is_looked_at_again_three_minutes_after_a_hand_over() -> None:
    world = leave(HANDED_OVER)

    assert world.instants(check_intent) == [SETTLED]
    assert world.instants(disable_account) == [timedelta()]
    assert world.instants(remove_licenses) == [DUE - NOW]


@pytest.mark.parametrize("flow", Flow)
def test_account_of_a_run_that_ended_long_ago_is_not_looked_at_again(flow: Flow) -> None:
    an_hour_ago = answer(claim_account, HeldClaim(MINE, "activation-7", NOW - timedelta(hours=1)))
    world = leave(an_hour_ago) if flow is Flow.DEACTIVATION else rejoin(an_hour_ago)

    assert not world.times(check_intent)


def test_account_of_a_run_that_was_alive_is_looked_at_again_however_long_ago_it_wrote() -> None:
    an_hour_ago = answer(claim_account, HeldClaim(MINE, "activation-7", NOW - timedelta(hours=1)))

    assert leave(an_hour_ago, answer(supersede, False, True)).times(check_intent) == 1


def test_leaver_whom_a_late_write_of_the_run_before_enabled_is_disabled_again() -> None:
    world = leave(HANDED_OVER, answer(check_intent, False))

    assert world.instants(disable_account) == [timedelta(), SETTLED]
    assert world.output["phase"] == "unlicensed"


def test_returner_is_looked_at_again_three_minutes_after_a_hand_over() -> None:
    world = rejoin(HANDED_OVER)

    assert world.instants(check_intent) == [SETTLED]
    assert world.instants(enable_account) == [timedelta()]
    assert world.instants(settle_snapshot) == [SETTLED]
    assert world.output["phase"] == "active"


def test_returner_is_given_the_licenses_once_more_which_a_late_write_may_have_taken() -> None:
    world = rejoin(HANDED_OVER, answer(assign_licenses, Assignment(("e3",), (), {"visio": "mutually exclusive"})))

    assert world.instants(assign_licenses) == [timedelta(), SETTLED]
    assert world.details(assign_licenses) == sent(assign_licenses, wanted=(E3,))


def test_returner_is_looked_at_before_the_wait_for_a_seat() -> None:
    """A late write would otherwise stand for as long as there is no seat."""
    seat_in_an_hour = answer(
        assign_licenses,
        Assignment(("e3",), ("visio",), {}),
        Assignment(("e3",), (), {}),
        Assignment(("visio",), (), {}),
    )
    world = rejoin(HANDED_OVER, answer(check_intent, False), seat_in_an_hour)

    assert world.instants(enable_account) == [timedelta(), SETTLED]
    assert world.instants(assign_licenses) == [timedelta(), SETTLED, SETTLED + timedelta(hours=1)]
    assert world.details(settle_snapshot)["given"] == ["e3", "visio"]


def test_license_that_a_late_write_took_and_that_has_no_seat_by_then_waits_for_one() -> None:
    taken = answer(
        assign_licenses,
        Assignment(("e3", "visio"), (), {}),
        Assignment(("e3",), ("visio",), {}),
        Assignment((), (), {}),
    )
    world = rejoin(HANDED_OVER, taken)

    assert world.details(assign_licenses) == sent(assign_licenses, wanted=(VISIO,))
    assert world.details(settle_snapshot)["given"] == ["e3"]


def test_returner_whom_a_late_write_of_the_run_before_disabled_is_enabled_again() -> None:
    world = rejoin(HANDED_OVER, answer(check_intent, False))

    assert world.instants(enable_account) == [timedelta(), SETTLED]
    assert world.output["phase"] == "active"


def test_returner_who_reads_disabled_after_a_hand_over_does_not_end_so_without_an_operator() -> None:
    world = rejoin(HANDED_OVER, answer(check_intent, False), answer(enable_account, Effect.DONE, Effect.NOT_OURS))

    assert world.waits_for_ever
    assert world.statuses[-1]["stage"] == "needs_attention"


@pytest.mark.parametrize("flow", Flow)
def test_newer_event_ends_the_wait_after_a_hand_over(flow: Flow) -> None:
    events = [Raised(NOW + timedelta(minutes=1), "superseded")]
    world = leave(HANDED_OVER, events=events) if flow is Flow.DEACTIVATION else rejoin(HANDED_OVER, events=events)

    assert not world.times(check_intent)
    assert world.output["phase"] == "superseded"


# Where Active Directory rules the account.


def test_synchronised_account_that_stayed_disabled_is_looked_at_once_after_four_hours() -> None:
    world = leave(SYNCED)

    assert "checking_disabled" in {status["stage"] for status in world.statuses}
    assert world.instants(check_intent) == [SYNCHRONISED]
    assert world.instants(remove_licenses) == [DUE - NOW]
    assert world.times(start_grace_period) == 1


def test_synchronised_account_that_was_enabled_again_parks() -> None:
    world = leave(SYNCED, answer(check_intent, False))

    assert world.waits_for_ever
    assert world.now == NOW + SYNCHRONISED
    assert world.times(mail_account_disabled) == 1
    assert world.details(mail_operators)["reason"] == (
        "the account is synchronised from Active Directory, which has enabled it again; disable it there"
    )


def test_synchronised_account_is_disabled_once_more_when_an_operator_says_retry() -> None:
    retried = [*commanded("retry", at=IN_2_DAYS, first=2), *commanded("retry", at=IN_3_DAYS, first=4)]
    world = leave(SYNCED, answer(check_intent, False, False, True), events=retried)

    in_2_days, in_3_days = timedelta(days=2), timedelta(days=3)
    assert world.instants(check_intent) == [SYNCHRONISED, in_2_days + SYNCHRONISED, in_3_days + SYNCHRONISED]
    assert world.instants(disable_account) == [timedelta(), in_2_days, in_3_days]
    assert world.output["phase"] == "unlicensed"


def test_command_is_heard_by_the_name_in_the_row_after_the_run_had_parked_over_a_synchronised_account() -> None:
    world = leave(
        SYNCED,
        answer(check_intent, False, True),
        events=[*commanded("retry", at=IN_2_DAYS, first=2), *commanded("remove-now", at=IN_3_DAYS, first=4)],
    )

    named = [step.details["awaiting_command"] for step in world.calls(change_due_at)]
    # The second after the look that followed the retry; at the end nothing is awaited any more.
    assert named == ["command-3", "command-4"]  # the second after the look that followed the retry
    assert world.instants(remove_licenses) == [timedelta(days=3)]


@pytest.mark.parametrize("opportunity", [HANDED_OVER, SYNCED])
def test_command_is_heard_before_it_is_looked_whether_the_account_stayed_disabled(opportunity: Answers) -> None:
    world = leave(opportunity, events=[Raised(NOW + timedelta(minutes=1), "command-1", "keep")])

    assert not world.times(check_intent)
    assert not world.times(remove_licenses)
    assert world.output["phase"] == "not_current"


@pytest.mark.parametrize(("opportunity", "look"), [(HANDED_OVER, SETTLED), (SYNCED, SYNCHRONISED)])
def test_look_that_the_delay_is_too_short_for_is_made_before_the_run_ends(
    opportunity: Answers, look: timedelta
) -> None:
    soon = NOW + timedelta(minutes=1)
    world = leave(opportunity, answer(check_intent, False, True), answer(start_grace_period, GracePeriod(soon)))

    assert world.instants(remove_licenses) == [timedelta(minutes=1)]
    assert world.instants(check_intent)[0] == look
    assert world.waits_for_ever if opportunity is SYNCED else world.instants(disable_account)[1:] == [look]


# What somebody else disabled.


def test_account_that_somebody_else_disabled_at_the_second_look_too_parks() -> None:
    world = rejoin(answer(enable_account, Effect.NOT_OURS))

    assert world.seconds(enable_account) == [0, 90]
    assert world.waits_for_ever
    assert not world.times(assign_licenses)
    assert world.details(mail_operators)["reason"] == (
        "somebody else disabled the account; `retry` enables it, `discard` leaves it"
    )


def test_account_that_only_seemed_to_be_disabled_by_somebody_else_is_enabled() -> None:
    world = rejoin(answer(enable_account, Effect.NOT_OURS, Effect.DONE))

    assert not world.times(mail_operators)
    assert world.output["phase"] == "active"


def test_account_that_somebody_else_disabled_is_enabled_when_an_operator_says_retry() -> None:
    world = rejoin(
        answer(enable_account, Effect.NOT_OURS, Effect.NOT_OURS, Effect.DONE), events=commanded("retry", at=IN_2_DAYS)
    )

    by_operator = [step.details["by_operator"] for step in world.calls(enable_account)]
    assert by_operator == [False, False, True]
    assert world.instants(assign_licenses) == [timedelta(days=2)]
    assert world.output["phase"] == "active"


def test_account_that_somebody_else_disabled_stays_so_when_an_operator_says_skip() -> None:
    world = rejoin(answer(enable_account, Effect.NOT_OURS), events=commanded("skip", at=IN_2_DAYS))

    assert world.times(enable_account) == 2
    assert world.times(assign_licenses) == 1
    assert world.output["phase"] == "active"


def test_account_that_somebody_else_disabled_is_left_alone_when_an_operator_says_discard() -> None:
    world = rejoin(answer(enable_account, Effect.NOT_OURS), events=commanded("discard", at=IN_2_DAYS))

    assert not world.times(assign_licenses)
    assert world.output["phase"] == "not_current"


def test_account_that_somebody_else_disabled_is_enabled_at_once_when_an_operator_had_that_finding_mended() -> None:
    asked = replace(JOINED, event_type="operator.enable")
    world = drive(activation, *RETURNING, given=asked)

    assert world.details(enable_account) == sent(enable_account, by_operator=True)
    assert world.output["phase"] == "active"


def test_synchronised_account_is_looked_at_after_a_hand_over_and_after_the_directory_has_had_its_time() -> None:
    world = leave(HANDED_OVER, SYNCED)

    assert world.instants(check_intent) == [SETTLED, SYNCHRONISED]
