"""The answers with which the flows about a person go well."""

from dataclasses import replace
from datetime import timedelta

from activities.brake import pass_brake
from activities.giving_back import assign_licenses, assign_refused_licenses, prepare_assignment, settle_snapshot
from activities.left_groups import forget_left_group, is_group_left, next_left_group
from activities.mail import (
    mail_account_disabled,
    mail_account_enabled,
    mail_licenses_removed,
    mail_notice,
    mail_operators,
    mail_operators_about_seats,
)
from activities.members import (
    change_due_at,
    claim_member,
    end_grace_period,
    finish_keeping_licenses,
    finish_member,
    mark_held,
    mark_needs_attention,
    start_grace_period,
    supersede,
)
from activities.microsoft365 import (
    disable_account,
    enable_account,
    ensure_usage_location,
    find_account,
    revoke_sign_in_sessions,
)
from activities.okta import check_group_exists, find_manager, read_entitlement
from activities.removal import (
    prepare_removal,
    prepare_removal_for_left_group,
    record_snapshot,
    remove_licenses,
    remove_refused_licenses,
)
from lifecycle.effects import Effect
from lifecycle.entitlement import Entitlement, Group
from lifecycle.events import Flow
from lifecycle.licenses import Assignment, Removal, RemovalPlan, WantedLicense
from lifecycle.mail_ledger import MailState
from lifecycle.members import Claim, GracePeriod
from tests.orchestrators.driver import EVENT, NOW, answer, done

DUE = NOW + timedelta(days=30)
OFFICE = Group("00g2m365Abc9Qwe15d7", "Office 365 Assignments")
ENTITLED = Entitlement(True, "the user is in Office 365 Assignments", (OFFICE,))
NOT_ENTITLED = Entitlement(False, "the user is in no managed group")
E3 = WantedLicense("e3", ("sway",))
VISIO = WantedLicense("visio")

JOINED = replace(EVENT, event_type="group.user_membership.add")

FOR_ALL = (
    answer(supersede, True),
    answer(is_group_left, False),
    answer(next_left_group, None),
    answer(mail_operators, MailState.SENT),
    answer(mail_operators_about_seats, MailState.SENT),
    answer(mail_notice, MailState.SENT),
    answer(mail_account_disabled, MailState.SENT),
    answer(mail_licenses_removed, MailState.SENT),
    answer(mail_account_enabled, MailState.SENT),
    *done(find_account, find_manager, forget_left_group),
    *done(finish_member, finish_keeping_licenses, mark_held, mark_needs_attention),
)
LEAVING = (
    *FOR_ALL,
    answer(claim_member, Claim(pending=(Flow.DEACTIVATION,))),
    answer(read_entitlement, NOT_ENTITLED),
    answer(pass_brake, True),
    answer(disable_account, Effect.DONE),
    answer(start_grace_period, GracePeriod(DUE)),
    answer(change_due_at, GracePeriod(DUE)),
    answer(prepare_removal, RemovalPlan(("sku-1", "sku-2"), ("sku-3",), ())),
    answer(prepare_removal_for_left_group, RemovalPlan(("sku-2",), (), ())),
    answer(remove_licenses, Removal(("sku-1", "sku-2"), {})),
    *done(check_group_exists, record_snapshot, revoke_sign_in_sessions, remove_refused_licenses),
)
RETURNING = (
    *FOR_ALL,
    answer(claim_member, Claim(pending=(Flow.ACTIVATION,))),
    answer(read_entitlement, ENTITLED),
    answer(enable_account, Effect.DONE),
    answer(prepare_assignment, (E3, VISIO)),
    answer(ensure_usage_location, Effect.ALREADY),
    answer(assign_licenses, Assignment(("e3", "visio"), (), {})),
    *done(end_grace_period, assign_refused_licenses, settle_snapshot),
)
