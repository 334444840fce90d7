"""Which drift there is about a person, and what would mend it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle import licenses
from lifecycle.accounts import Account, Intent
from lifecycle.drift import RECENT, judge
from lifecycle.drift_evidence import Accounts, Check, Entitled, Evidence, Finding, Kind, RosterEntry, TenantAccount
from lifecycle.events import Flow
from lifecycle.licenses import AssignedLicense
from lifecycle.members import JoinedGroup, LeftGroup, Member
from lifecycle.stages import Phase

NOW = datetime(2026, 9, 14, 3, 25, tzinfo=UTC)
LONG_AGO, SOON = NOW - timedelta(days=3), NOW + timedelta(days=27)
LOGIN = "maya.lin@contoso.com"
OFFICE, VISIO_USERS = ("00g2m365", "Office 365 Assignments"), ("00g2visio", "Visio Users")
MAYA = Entitled("00u7new3", LOGIN, LOGIN, (OFFICE[1],))
ENABLED = TenantAccount("5b0f3a52", LOGIN, LOGIN, True)
DISABLED = replace(ENABLED, enabled=False)
OURS = Account("5b0f3a52", LOGIN, "00u7new3", "staged_deactivation-d41c7e80", disabled_by_us=True)
ROW = Member(
    "00u7new3",
    LOGIN,
    "staged_deactivation-d41c7e80",
    "d41c7e80",
    LONG_AGO,
    Phase.UNLICENSED,
    group_id=OFFICE[0],
    group_name=OFFICE[1],
    updated_at=LONG_AGO,
)
WAITING = replace(ROW, phase=Phase.GRACE_PERIOD, pending=(Flow.DEACTIVATION,))
DUE = replace(OURS, due_at=SOON)
E3 = AssignedLicense("05e9a617", direct=True)
TAKEN = licenses.to_json(licenses.mark_taken(licenses.merge_snapshot(None, [E3]), [E3.sku_id]))
CHECK = Check(NOW, False, lambda sku_id: f"SKU {sku_id}")


def judged(
    entitled: Entitled | None,
    member: Member | None,
    account: TenantAccount | None,
    *,
    living: bool = False,
    known: Account | None = OURS,
    **check: Any,
) -> tuple[Kind, Flow | None] | None:
    finding = judge(Evidence(entitled, member, account, living, known), replace(CHECK, **check))
    return (finding.kind, finding.flow) if finding else None


def found(entitled: Entitled | None, member: Member | None, account: TenantAccount | None, **evidence: Any) -> Finding:
    finding = judge(Evidence(entitled, member, account, **{"known": OURS, **evidence}), CHECK)
    assert finding is not None
    return finding


@pytest.mark.parametrize(
    ("entitled", "member", "account", "living"),
    [
        (MAYA, None, ENABLED, False),
        (MAYA, None, None, False),
        (MAYA, replace(ROW, phase=Phase.ACTIVE), ENABLED, False),
        (None, ROW, DISABLED, False),
        (None, ROW, None, False),
        (None, WAITING, DISABLED, True),
        (None, replace(ROW, phase=Phase.NOT_CURRENT), DISABLED, False),
    ],
)
def test_where_all_agree_there_is_no_drift(
    entitled: Entitled | None, member: Member | None, account: TenantAccount | None, living: bool
) -> None:
    assert judged(entitled, member, account, living=living) is None


@pytest.mark.parametrize("member", [None, ROW, replace(ROW, phase=Phase.ACTIVE), WAITING])
def test_entitled_person_with_a_disabled_account_is_activated(member: Member | None) -> None:
    assert judged(MAYA, member, DISABLED) == (Kind.ENTITLED_BUT_DISABLED, Flow.ACTIVATION)


@pytest.mark.parametrize("phase", [Phase.UNLICENSED, Phase.ACTIVE, Phase.NOT_CURRENT])
def test_person_known_and_not_entitled_with_an_enabled_account_is_deactivated(phase: Phase) -> None:
    finding = found(None, replace(ROW, phase=phase, reason="discarded by an operator"), ENABLED)

    assert (finding.kind, finding.flow) == (Kind.NOT_ENTITLED_BUT_ENABLED, Flow.DEACTIVATION)
    assert (finding.group_id, finding.group_name) == OFFICE
    assert "discarded by an operator" in finding.words


def test_licenses_that_were_not_given_back_are_owed_and_named() -> None:
    active, owing = replace(ROW, phase=Phase.ACTIVE), replace(OURS, snapshot=TAKEN)

    finding = found(MAYA, active, ENABLED, known=owing)

    assert (finding.kind, finding.flow) == (Kind.LICENSES_OWED, Flow.ACTIVATION)
    assert "SKU 05e9a617" in finding.words
    assert judged(MAYA, active, replace(ENABLED, licenses=(E3,)), known=owing) is None


def test_licenses_that_went_with_a_group_the_person_is_not_in_are_not_owed() -> None:
    snapshot = licenses.mark_taken(licenses.merge_snapshot(None, [E3]), [E3.sku_id], {E3.sku_id: (VISIO_USERS[0],)})
    active, owing = replace(ROW, phase=Phase.ACTIVE), replace(OURS, snapshot=licenses.to_json(snapshot))

    assert judged(MAYA, active, ENABLED, known=owing) is None
    in_both = replace(MAYA, groups=(OFFICE[1], VISIO_USERS[1]), group_ids=(OFFICE[0], VISIO_USERS[0]))
    assert judged(in_both, active, ENABLED, known=owing) == (Kind.LICENSES_OWED, Flow.ACTIVATION)


def test_grace_period_without_a_living_run_is_taken_up_again() -> None:
    assert judged(None, WAITING, DISABLED) == (Kind.NO_LIVING_INSTANCE, Flow.DEACTIVATION)
    assert judged(None, WAITING, DISABLED, living=True) is None


def test_licenses_past_their_date_without_a_living_run_are_past_due() -> None:
    due = replace(OURS, due_at=NOW - timedelta(minutes=1))

    assert judged(None, WAITING, DISABLED, known=due) == (Kind.PAST_DUE, Flow.DEACTIVATION)


def test_living_run_past_its_date_has_a_day_for_its_retries() -> None:
    due = replace(OURS, due_at=NOW - timedelta(hours=23))

    assert judged(None, WAITING, DISABLED, living=True, known=due) is None
    much_later = NOW + timedelta(hours=2)
    found_then = judged(None, WAITING, DISABLED, living=True, known=due, began_at=much_later)
    assert found_then == (Kind.PAST_DUE, Flow.DEACTIVATION)


@pytest.mark.parametrize("phase", [Phase.CLAIMED, Phase.HELD, Phase.NEEDS_ATTENTION])
def test_run_that_ought_to_be_alive_and_is_not_is_replaced_by_what_the_truth_demands(phase: Phase) -> None:
    member = replace(ROW, phase=phase, pending=(Flow.ACTIVATION,), updated_at=NOW - timedelta(hours=1))

    assert judged(None, member, DISABLED) == (Kind.NO_LIVING_INSTANCE, Flow.DEACTIVATION)
    assert judged(MAYA, member, ENABLED) == (Kind.NO_LIVING_INSTANCE, Flow.ACTIVATION)
    assert judged(MAYA, member, ENABLED, living=True) is judged(None, member, ENABLED, living=True) is None


def test_deactivation_that_died_for_somebody_entitled_is_ended_by_a_deactivation_that_gives_nothing() -> None:
    finding = found(MAYA, WAITING, ENABLED)

    assert (finding.kind, finding.flow) == (Kind.NO_LIVING_INSTANCE, Flow.DEACTIVATION)
    assert (finding.group_id, finding.group_name) == OFFICE


@pytest.mark.parametrize(("due_at", "kind"), [(SOON, Kind.NO_LIVING_INSTANCE), (LONG_AGO, Kind.PAST_DUE)])
def test_left_group_that_nobody_waits_for_is_left_once_more(due_at: datetime, kind: Kind) -> None:
    member = replace(ROW, phase=Phase.ACTIVE, left_groups=(LeftGroup(*VISIO_USERS, due_at, NOW),))

    finding = found(MAYA, member, ENABLED)

    assert (finding.kind, finding.flow) == (kind, Flow.DEACTIVATION)
    assert (finding.group_id, finding.group_name) == VISIO_USERS
    assert judged(MAYA, member, ENABLED, living=True) is None


@pytest.mark.parametrize("entitled", [None, MAYA])
@pytest.mark.parametrize("account", [ENABLED, DISABLED])
def test_whoever_was_claimed_a_moment_ago_is_just_being_worked_on(
    entitled: Entitled | None, account: TenantAccount
) -> None:
    for updated_at in (NOW + timedelta(seconds=1), NOW - RECENT + timedelta(seconds=1)):
        assert judged(entitled, replace(WAITING, updated_at=updated_at), account) is None


def test_run_that_only_waits_for_a_date_does_not_hide_what_was_done_by_hand() -> None:
    assert judged(None, WAITING, ENABLED, living=True) == (Kind.NOT_ENTITLED_BUT_ENABLED, Flow.DEACTIVATION)
    assert judged(MAYA, WAITING, DISABLED, living=True) == (Kind.ENTITLED_BUT_DISABLED, Flow.ACTIVATION)


CLAIMED = replace(ROW, phase=Phase.CLAIMED, pending=(Flow.DEACTIVATION,), updated_at=NOW - timedelta(days=1))
PARKED = replace(CLAIMED, phase=Phase.NEEDS_ATTENTION, pending=(Flow.ACTIVATION,), awaiting_command="command-1")
SEATLESS = replace(PARKED, tries_again=True)


@pytest.mark.parametrize(
    ("entitled", "member"), [(None, CLAIMED), (MAYA, CLAIMED), (MAYA, SEATLESS)], ids=["leaves", "returns", "no seat"]
)
def test_living_run_that_left_its_row_alone_for_a_day_is_told_of_and_never_mended(
    entitled: Entitled | None, member: Member
) -> None:
    finding = found(entitled, member, ENABLED, is_living=True)

    assert (finding.kind, finding.flow) == (Kind.NO_PROGRESS, None)
    assert f"stands at {member.phase} since 2026-09-13 03:25 UTC" in finding.words
    assert "the account is enabled" in finding.words
    assert "staged_deactivation-d41c7e80" in str(finding.not_started)


@pytest.mark.parametrize(
    "member",
    [
        replace(CLAIMED, updated_at=NOW - timedelta(hours=23)),
        PARKED,
        replace(CLAIMED, phase=Phase.HELD, awaiting_command="command-1"),
    ],
    ids=["tries still", "parked", "held"],
)
def test_living_run_that_tries_still_or_waits_for_an_operator_is_none_that_stands_still(member: Member) -> None:
    assert judged(None, member, ENABLED, living=True) is None


def test_person_never_managed_is_none_of_our_business_though_the_run_stands_still() -> None:
    stranger = replace(CLAIMED, instance="activation-8b1f6a52", pending=(Flow.ACTIVATION,), group_id=None)

    assert judged(None, stranger, ENABLED, living=True) is None


def test_in_a_dry_run_an_enabled_account_in_the_grace_period_is_as_it_should_be() -> None:
    assert judged(None, WAITING, ENABLED, living=True, dry_run=True) is None
    assert judged(None, ROW, ENABLED, dry_run=True) == (Kind.NOT_ENTITLED_BUT_ENABLED, Flow.DEACTIVATION)


@given(
    entitled=st.sampled_from([None, MAYA]),
    phase=st.sampled_from(Phase),
    due_at=st.sampled_from([None, LONG_AGO, NOW - timedelta(hours=1), SOON]),
    pending=st.sampled_from([(), (Flow.ACTIVATION,), (Flow.DEACTIVATION,)]),
    flow=st.sampled_from(Flow),
    managed=st.booleans(),
    account=st.sampled_from([None, ENABLED, DISABLED]),
    dry_run=st.booleans(),
)
def test_whatever_is_found_with_a_living_run_is_found_without_one_too(
    entitled: Entitled | None,
    phase: Phase,
    due_at: datetime | None,
    pending: Any,
    flow: Flow,
    managed: bool,
    account: Any,
    dry_run: bool,
) -> None:
    member = replace(ROW, phase=phase, pending=pending, instance=f"{flow}-1")
    member = member if managed else replace(member, group_id=None)
    known = replace(OURS, due_at=due_at)

    if judged(entitled, member, account, living=True, known=known, dry_run=dry_run):
        assert judged(entitled, member, account, living=False, known=known, dry_run=dry_run)


def test_account_is_found_by_the_login_then_by_the_known_id_then_by_the_mail_address() -> None:
    by_name = TenantAccount("2", LOGIN.upper(), None, True)
    by_id = TenantAccount("known", "other@contoso.com", None, True)
    by_mail = TenantAccount("3", "maya@tenant.onmicrosoft.com", LOGIN, True)
    member = replace(ROW, entra_user_id="known")
    accounts = Accounts([MAYA], [member])
    assert accounts.find(MAYA, member) is None

    for account in (by_mail, by_id, by_name):
        accounts.add(account)
        assert accounts.find(MAYA, member) == account

    on_roster = RosterEntry("00u7new3", LOGIN, (OFFICE[0],))
    assert accounts.find(MAYA, None) == accounts.find(None, ROW) == accounts.find(None, None, on_roster) == by_name


def test_account_of_the_login_goes_before_the_one_the_email_names() -> None:
    admin = replace(MAYA, okta_user_id="00u9", login="adm-maya@contoso.com")
    accounts = Accounts([MAYA, admin], [])
    own = TenantAccount("9", admin.login, None, True)
    for account in (ENABLED, own):
        accounts.add(account)

    assert accounts.find(admin, None) == own
    assert accounts.find(MAYA, None) == ENABLED


def test_address_of_a_leaver_whose_account_is_gone_may_be_somebody_elses() -> None:
    known = replace(ROW, entra_user_id="gone")
    accounts = Accounts([MAYA], [known])
    shared = TenantAccount("3", "shared@contoso.com", LOGIN, True)
    accounts.add(shared)

    assert accounts.find(None, known) is None
    assert accounts.find(None, ROW) == accounts.find(MAYA, known) == shared


def test_mail_address_of_two_accounts_is_nobodys() -> None:
    accounts = Accounts([MAYA], [])
    for number in range(3):
        accounts.add(TenantAccount(f"{number}", f"maya{number}@tenant.onmicrosoft.com", LOGIN, True))

        assert (accounts.find(MAYA, None) is None) == (number > 0)


def test_accounts_of_nobody_in_question_are_not_kept() -> None:
    accounts = Accounts([MAYA], [])

    accounts.add(TenantAccount("9", "stranger@contoso.com", "stranger@contoso.com", True))

    assert vars(accounts)["_by_name"] == vars(accounts)["_by_mail"] == {}


ACTIVATED = Member(
    "00u7new3", LOGIN, "activation-8b1f6a52", "8b1f6a52", LONG_AGO, Phase.NOT_CURRENT, updated_at=LONG_AGO
)


@pytest.mark.parametrize(
    "member", [ACTIVATED, replace(ACTIVATED, phase=Phase.CLAIMED, pending=(Flow.ACTIVATION,))], ids=["ended", "cut off"]
)
def test_person_who_was_never_in_a_managed_group_is_none_of_our_business(member: Member) -> None:
    """Everybody who is new in Okta is activated, and may have a Microsoft 365 account for other reasons."""
    assert judged(None, member, ENABLED) is None


@pytest.mark.parametrize(
    "trace",
    [
        {"group_id": OFFICE[0]},
        {"left_groups": (LeftGroup(*OFFICE, SOON, NOW),)},
        {"joined": (JoinedGroup(OFFICE[0], LONG_AGO),)},
    ],
)
def test_person_of_whom_an_event_says_that_a_managed_group_was_left_or_joined_is_found_enabled(
    trace: dict[str, Any],
) -> None:
    assert judged(None, replace(ACTIVATED, **trace), ENABLED) == (Kind.NOT_ENTITLED_BUT_ENABLED, Flow.DEACTIVATION)


def test_person_whose_account_we_set_out_to_change_or_who_was_on_the_roster_is_found_enabled() -> None:
    intended = replace(OURS, intent=Intent.ENABLED)

    assert judged(None, ACTIVATED, ENABLED, known=intended) == (Kind.NOT_ENTITLED_BUT_ENABLED, Flow.DEACTIVATION)
    assert found(None, ACTIVATED, ENABLED, on_roster=LAST_NIGHT).kind is Kind.NOT_ENTITLED_BUT_ENABLED


LAST_NIGHT = RosterEntry("00u7new3", LOGIN, (OFFICE[0],))


def unseen(account: TenantAccount | None, **evidence: Any) -> Finding | None:
    return judge(Evidence(None, None, account, on_roster=LAST_NIGHT, **evidence), CHECK)


def test_person_who_left_while_deliveries_and_log_were_lost_is_found_by_the_roster() -> None:
    finding = unseen(ENABLED)

    assert finding is not None
    assert (finding.kind, finding.flow, finding.login) == (Kind.LEFT_UNSEEN, Flow.DEACTIVATION, LOGIN)
    assert unseen(DISABLED) is unseen(None) is None


REHIRED = replace(OURS, owner="00uRehired")


def test_account_that_belongs_to_somebody_else_by_now_is_never_taken_from_them() -> None:
    """A leaver's row, or the roster, says nothing of an account that was taken over."""
    assert judged(None, ROW, ENABLED, known=REHIRED) is None
    assert judged(None, WAITING, ENABLED, known=REHIRED) is None
    assert unseen(ENABLED, known=REHIRED) is None


def test_account_of_a_person_who_is_entitled_is_never_taken_because_of_somebody_else_who_led_to_it() -> None:
    """The rehired person joined, and no run has claimed the account yet."""
    for known in (OURS, None):
        assert judge(Evidence(None, ROW, ENABLED, known=known, is_of_another=True), CHECK) is None
    assert unseen(ENABLED, is_of_another=True) is None


def test_rehired_person_is_judged_by_the_account_whoever_had_it() -> None:
    taken = replace(OURS, owner="00uOld", snapshot=TAKEN)

    assert judged(MAYA, None, DISABLED, known=taken) == (Kind.ENTITLED_BUT_DISABLED, Flow.ACTIVATION)
    assert judged(MAYA, None, ENABLED, known=taken) == (Kind.LICENSES_OWED, Flow.ACTIVATION)


def test_what_somebody_else_disabled_is_told_of_as_such() -> None:
    theirs = replace(OURS, disabled_by_us=False, intent=Intent.ENABLED, confirmed=True)

    assert judged(MAYA, replace(ROW, phase=Phase.ACTIVE), DISABLED, known=theirs) == (
        Kind.DISABLED_BY_OTHERS,
        Flow.ACTIVATION,
    )
