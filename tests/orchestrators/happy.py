"""The answers with which the flows about a person go well."""

from dataclasses import replace
from datetime import timedelta

from activities.accounts import claim_account, find_account, hand_to_owner, note_account
from activities.brake import pass_brake
from activities.giving_back import (
    assign_licenses,
    assign_refused_licenses,
    note_newcomer,
    prepare_assignment,
    settle_snapshot,
)
from activities.left_groups import forget_left_group, next_left_group, read_standing
from activities.mail import (
    mail_account_disabled,
    mail_account_enabled,
    mail_date_changed,
    mail_licenses_kept,
    mail_licenses_removed,
    mail_reminder,
)
from activities.managers import find_manager
from activities.members import (
    change_due_at,
    claim_member,
    end_grace_period,
    finish_keeping_licenses,
    finish_member,
    mark_held,
    mark_needs_attention,
    pass_over,
    start_grace_period,
    supersede,
)
from activities.microsoft365 import (
    check_intent,
    disable_account,
    enable_account,
    ensure_usage_location,
    revoke_sign_in_sessions,
)
from activities.okta import check_group_exists, is_managed, read_entitlement
from activities.operator_mail import mail_operators, mail_operators_about_seats, mail_wave_held
from activities.removal import (
    prepare_removal,
    prepare_removal_for_left_group,
    record_snapshot,
    remove_licenses,
    remove_refused_licenses,
)
from lifecycle.effects import Effect
from lifecycle.entitlement import Cause, Entitlement, Group
from lifecycle.events import Flow
from lifecycle.found_account import FoundAccount, HeldClaim
from lifecycle.licenses import Assignment, Removal, RemovalPlan, WantedLicense
from lifecycle.mail_ledger import MailState
from lifecycle.members import Claim, GracePeriod, Standing
from lifecycle.ownership import MINE
from lifecycle.readings import Reading
from tests.orchestrators.driver import EVENT, NOW, Answers, answer, done

DUE = NOW + timedelta(days=30)
OFFICE = Group("00g2m365Abc9Qwe15d7", "Office 365 Assignments")
ENTITLED = Entitlement(True, "the user is in Office 365 Assignments", (OFFICE,), "ACTIVE")
NOT_ENTITLED = Entitlement(False, "the user is in no managed group", (), "ACTIVE", cause=Cause.NO_GROUP)
E3 = WantedLicense("e3", ("sway",))
VISIO = WantedLicense("visio")
FOUND = FoundAccount(
    entra_user_id="5b1a7c2e-0d3f-4c86-9f6a-8e2d41b7c905",
    user_principal_name="maya.lin@contoso.com",
    verdict=MINE,
    owner_in_row=None,
    is_intended_disabled=False,
    is_known=False,
    found_at=NOW,
    is_synced=False,
)

JOINED = replace(EVENT, event_type="group.user_membership.add")


def okta_says(*entitlements: Entitlement) -> Answers:
    """One reading after the other, none of them doubtful."""
    return answer(read_entitlement, *(Reading(each, is_doubtful=False) for each in entitlements))


# A run may turn round, so either flow may take the steps of the other.
GOES_WELL = (
    answer(supersede, True),
    answer(is_managed, True),
    answer(find_account, FOUND),
    answer(claim_account, HeldClaim(MINE, None)),
    answer(read_standing, Standing(is_left=False, is_owed=False)),
    answer(next_left_group, None),
    answer(check_intent, True),
    answer(mail_operators, MailState.SENT),
    answer(mail_operators_about_seats, MailState.SENT),
    answer(mail_wave_held, MailState.SENT),
    answer(mail_account_disabled, MailState.SENT),
    answer(mail_reminder, MailState.SENT),
    answer(mail_date_changed, MailState.SENT),
    answer(mail_licenses_kept, MailState.SENT),
    answer(mail_licenses_removed, MailState.SENT),
    answer(mail_account_enabled, MailState.SENT),
    answer(pass_brake, True),
    answer(disable_account, Effect.DONE),
    answer(start_grace_period, GracePeriod(DUE)),
    answer(change_due_at, GracePeriod(DUE)),
    answer(prepare_removal, RemovalPlan(("sku-1", "sku-2"), ("sku-3",), ())),
    answer(prepare_removal_for_left_group, RemovalPlan(("sku-2",), (), ())),
    answer(remove_licenses, Removal(("sku-1", "sku-2"), {})),
    answer(enable_account, Effect.DONE),
    answer(prepare_assignment, (E3, VISIO)),
    answer(ensure_usage_location, Effect.ALREADY),
    answer(assign_licenses, Assignment(("e3", "visio"), (), {})),
    *done(note_account, hand_to_owner, find_manager, forget_left_group),
    *done(finish_member, finish_keeping_licenses, pass_over, mark_held, mark_needs_attention),
    *done(check_group_exists, record_snapshot, revoke_sign_in_sessions, remove_refused_licenses),
    *done(note_newcomer, end_grace_period, assign_refused_licenses, settle_snapshot),
)
LEAVING = (*GOES_WELL, answer(claim_member, Claim(pending=(Flow.DEACTIVATION,))), okta_says(NOT_ENTITLED))
RETURNING = (*GOES_WELL, answer(claim_member, Claim(pending=(Flow.ACTIVATION,))), okta_says(ENTITLED))
