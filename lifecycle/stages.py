"""The steps that flows are made of, as people read them, and the phases in which a person stands.

In which order a flow takes them, on each of its paths, is recorded in tests/histories and shown in docs/stages.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import final


class Phase(StrEnum):
    """Where a person stands; kept in the `Members` row. `superseded` and `unseen` are ends of a run alone."""

    CLAIMED = "claimed"
    HELD = "held"
    GRACE_PERIOD = "grace_period"
    UNLICENSED = "unlicensed"
    ACTIVE = "active"
    NEEDS_ATTENTION = "needs_attention"
    NOT_CURRENT = "not_current"
    SUPERSEDED = "superseded"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class _Stage:
    """`name` is the word in the custom status, `does` what a person reads."""

    name: str
    does: str


@final
class Stage(_Stage):
    """A stage that no operator can skip: later steps need its result, or it never holds a run up, as a mail."""


@final
class SkippableStage(_Stage):
    """A stage that an operator may skip."""


AnyStage = Stage | SkippableStage

AWAIT_LOG = Stage("awaiting_log", "waiting until Okta's System Log has the event")
CLAIM = Stage("claiming", "taking the person over from any earlier run")
AWAIT_PREDECESSOR = Stage("waiting_for_predecessor", "waiting for the earlier run to stop")
CHECK_ENTITLEMENT = Stage("checking_entitlement", "reading in Okta whether the person is entitled to Microsoft 365")
CHECK_LEFT_GROUPS = Stage("checking_left_groups", "finding out which groups were left, and when their licenses go")
CHECK_MANAGED = Stage("checking_management", "checking that the person is, or was, in a managed group")
CLAIM_ACCOUNT = Stage("claiming_account", "taking the account over from any earlier run")
HAND_OVER = Stage("handing_over", "starting a run for the user to whom the account belongs now")
FIND_ACCOUNT = Stage("finding_account", "finding the Microsoft 365 account")
TAKE_ORDER = Stage("taking_order", "reading what an operator has said")
FINISH = SkippableStage("finishing", "recording how it ended")

# Leaving: a person who is not entitled.
CHECK_GROUP = SkippableStage("checking_group", "checking that the group that was left exists still")
PASS_BRAKE = Stage("checking_brake", "checking that this is not one of a wave of removals")
CHECK_RELEASED = Stage("checking_entitlement_on_release", "reading in Okta whether the person came back while held")
RECORD_SNAPSHOT = Stage("recording_snapshot", "storing the licenses, so that they can be given back")
DISABLE_ACCOUNT = SkippableStage("disabling_account", "disabling the Microsoft 365 account")
REVOKE_SESSIONS = SkippableStage("revoking_sessions", "revoking the sign-in sessions")
START_GRACE_PERIOD = Stage("starting_grace_period", "fixing the date on which the licenses go")
MAIL_DISABLED = Stage("mailing_manager", "telling the manager that the account is disabled")
MAIL_REMINDER = Stage("reminding_manager", "reminding the manager of the date on which the licenses go")
MAIL_DATE_CHANGED = Stage("mailing_manager_the_date", "telling the manager that the licenses go on another date")
MAIL_KEPT = Stage("mailing_manager_that_licenses_stay", "telling the manager that the licenses stay")
EXTEND_GRACE_PERIOD = Stage("extending_grace_period", "fixing another date on which the licenses go")
CHECK_DISABLED = Stage("checking_disabled", "checking that the account has stayed disabled")
GRACE_PERIOD = Stage("grace_period", "waiting until the delay is over")
CHECK_AGAIN = Stage("checking_entitlement_again", "reading in Okta whether the person came back")
PLAN_REMOVAL = Stage("planning_removal", "storing the licenses that are about to be removed")
REMOVE_LICENSES = Stage("removing_licenses", "removing the licenses")
MAIL_REMOVED = Stage("mailing_manager_again", "telling the manager which licenses were removed")
REMOVE_REFUSED = SkippableStage("removing_refused_licenses", "removing the licenses the tenant refused to remove")

# Leaving one group, while another one remains.
LEFT_GROUP = Stage("grace_period_of_left_group", "waiting until the delay of a left group is over")
PLAN_REMOVAL_FOR_GROUP = Stage("planning_removal", "storing the licenses that go with a left group")
FORGET_LEFT_GROUP = Stage("finishing_left_group", "recording that its licenses are gone")

# Returning: a person who is entitled.
END_GRACE_PERIOD = Stage("ending_grace_period", "forgetting the date on which the licenses were to go")
NOTE_NEWCOMER = Stage("noting_newcomer", "finding out whether the person is new to the managed groups")
CHECK_ENABLED = Stage("checking_enabled", "checking that the account has stayed enabled")
AWAIT_ACCOUNT = Stage("waiting_for_account", "waiting for the account to be made")
ENABLE_ACCOUNT = SkippableStage("enabling_account", "enabling the Microsoft 365 account")
PLAN_LICENSES = Stage("planning_licenses", "deciding which licenses are given")
SET_USAGE_LOCATION = SkippableStage("setting_usage_location", "giving the account a usage location")
ASSIGN_LICENSES = Stage("assigning_licenses", "giving the licenses")
MAIL_ENABLED = Stage("mailing_manager", "telling the manager which licenses were given back")
AWAIT_SEAT = SkippableStage("waiting_for_a_seat", "waiting for a free seat")
ASSIGN_LATER = Stage("assigning_licenses", "giving the licenses that had no free seat")
ASSIGN_REFUSED = SkippableStage("assigning_refused_licenses", "giving the licenses the tenant refused to give")
SETTLE_SNAPSHOT = SkippableStage("settling_snapshot", "forgetting the snapshot that was given back")


def words_of(name: str) -> str | None:
    """What a stage does, by the word in the custom status; None for a word of another kind."""
    known = (each for each in globals().values() if isinstance(each, _Stage) and each.name == name)
    return next((each.does for each in known), None)
