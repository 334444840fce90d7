"""What the row of an account says before and after a write, and what that allows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.accounts import (
    Account,
    AccountClaim,
    FormerGroup,
    Intent,
    claimed,
    confirmed,
    intending,
    is_already,
    may_enable,
)

AT = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)
X, NAME = "5b0f3a52", "maya.lin@contoso.com"
ACCOUNT = Account(X, NAME, owner="00uA", run="staged_deactivation-a1")
DISABLED = replace(ACCOUNT, intent=Intent.DISABLED, confirmed=True, disabled_by_us=True)
ENABLED = replace(ACCOUNT, intent=Intent.ENABLED, confirmed=True)


def test_first_claim_makes_the_row_and_has_no_predecessor() -> None:
    account = claimed(None, X, NAME, "00uA", "staged_deactivation-a1", AT)

    claim = AccountClaim("staged_deactivation-a1", "00uA", None)
    assert account == replace(ACCOUNT, claims=(claim,), updated_at=AT)


def test_take_over_changes_owner_run_and_name_and_leaves_all_that_concerns_the_account() -> None:
    known = replace(
        DISABLED, snapshot="{}", due_at=LATER, kept=True, former_groups=(FormerGroup("00g1", LATER),), newcomer=True
    )

    account = claimed(known, X, "maya.lin2@contoso.com", "00uB", "activation-b1", LATER)

    claim = AccountClaim("activation-b1", "00uB", "staged_deactivation-a1")
    expected = replace(known, user_principal_name="maya.lin2@contoso.com", owner="00uB", run="activation-b1")
    assert account == replace(expected, claims=(claim,), updated_at=LATER)
    assert account.claim_of("activation-b1") == claim
    assert account.claim_of("activation-b2") is None


def test_predecessor_is_the_run_in_the_row_of_the_account_whoever_owned_it() -> None:
    first = claimed(ACCOUNT, X, NAME, "00uB", "activation-b1", AT)

    back = claimed(first, X, NAME, "00uA", "activation-a2", LATER)

    assert [claim.predecessor for claim in back.claims] == ["staged_deactivation-a1", "activation-b1"]


@pytest.mark.parametrize("intent", Intent)
@pytest.mark.parametrize(
    ("known", "stays_confirmed"),
    [(None, False), ("same", False), ("same, confirmed", True), ("opposite, confirmed", False)],
)
def test_intent_is_unconfirmed_unless_the_same_one_was_confirmed_before(
    intent: Intent, known: str | None, stays_confirmed: bool
) -> None:
    (opposite,) = set(Intent) - {intent}
    before = {
        None: ACCOUNT,
        "same": replace(ACCOUNT, intent=intent),
        "same, confirmed": replace(ACCOUNT, intent=intent, confirmed=True),
        "opposite, confirmed": replace(ACCOUNT, intent=opposite, confirmed=True),
    }[known]

    account = intending(before, intent, reads_enabled=True, at=LATER)

    assert (account.intent, account.confirmed) == (intent, stays_confirmed)


def test_intent_of_another_persons_run_is_never_taken_for_ones_own() -> None:
    """A disables, B takes the account over, and a late reading says that it is enabled."""
    taken = claimed(DISABLED, X, NAME, "00uB", "activation-b1", AT)

    assert not is_already(taken, Intent.ENABLED, reads_enabled=True)


def test_own_intent_found_again_after_a_crash_is_not_believed_with_the_reading() -> None:
    again = intending(DISABLED, Intent.ENABLED, reads_enabled=True, at=AT)

    assert not is_already(again, Intent.ENABLED, reads_enabled=True)
    assert not is_already(
        intending(again, Intent.ENABLED, reads_enabled=True, at=LATER), Intent.ENABLED, reads_enabled=True
    )


@pytest.mark.parametrize(
    ("account", "intent", "reads_enabled", "already"),
    [
        (DISABLED, Intent.DISABLED, False, True),
        (ENABLED, Intent.ENABLED, True, True),
        (DISABLED, Intent.DISABLED, True, False),
        (ENABLED, Intent.ENABLED, False, False),
        (replace(DISABLED, confirmed=False), Intent.DISABLED, False, False),
        (ACCOUNT, Intent.DISABLED, False, False),
        (DISABLED, Intent.ENABLED, True, False),
    ],
    ids=["disabled", "enabled", "enabled by hand", "disabled by hand", "not confirmed", "no intent", "opposite"],
)
def test_nothing_has_to_be_written_when_it_was_confirmed_before_and_reads_so(
    account: Account, intent: Intent, reads_enabled: bool, already: bool
) -> None:
    assert is_already(account, intent, reads_enabled=reads_enabled) is already


@pytest.mark.parametrize(
    ("before", "reads_enabled", "ours"),
    [
        (ACCOUNT, True, True),
        (ACCOUNT, False, False),
        (DISABLED, False, True),
        (replace(ACCOUNT, intent=Intent.DISABLED), False, False),
        (replace(ACCOUNT, intent=Intent.ENABLED), False, True),
    ],
    ids=["was enabled", "disabled by others", "a repetition", "a repetition of theirs", "we meant it to be enabled"],
)
def test_account_is_disabled_by_us_when_it_was_enabled_and_a_repetition_never_lowers_that(
    before: Account, reads_enabled: bool, ours: bool
) -> None:
    assert intending(before, Intent.DISABLED, reads_enabled=reads_enabled, at=LATER).disabled_by_us is ours


def test_who_disabled_the_account_is_remembered_until_the_enabling_is_confirmed() -> None:
    enabling = intending(replace(DISABLED, newcomer=True), Intent.ENABLED, reads_enabled=False, at=AT)
    assert (enabling.disabled_by_us, enabling.newcomer) == (True, True)

    enabled = confirmed(enabling, LATER)

    assert (enabled.confirmed, enabled.disabled_by_us, enabled.newcomer) == (True, False, False)
    assert enabled.updated_at == LATER


def test_disabling_that_is_confirmed_stays_ours() -> None:
    disabling = intending(ACCOUNT, Intent.DISABLED, reads_enabled=True, at=AT)

    assert confirmed(disabling, LATER) == replace(disabling, confirmed=True, updated_at=LATER)
    assert disabling.is_intended_disabled


@pytest.mark.parametrize(
    ("account", "allowed"),
    [
        (ACCOUNT, False),
        (ENABLED, False),
        (replace(DISABLED, disabled_by_us=False), False),
        (DISABLED, True),
        (replace(ACCOUNT, newcomer=True), True),
        (replace(ENABLED, confirmed=False), True),
    ],
    ids=["nothing known", "enabled once", "disabled by others", "by us", "a newcomer's", "enabling under way"],
)
def test_app_enables_by_itself_what_it_disabled_and_a_newcomers(account: Account, allowed: bool) -> None:
    assert may_enable(account) is allowed
