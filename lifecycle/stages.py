"""What happens to a person, and when: the stages of each flow in one table, and the phases the pages show.

`docs/architecture.md` draws this table as a picture.
"""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where a person stands; kept in the `Members` row."""

    CLAIMED = "claimed"
    HELD = "held"
    GRACE_PERIOD = "grace_period"
    UNLICENSED = "unlicensed"
    ACTIVE = "active"
    NEEDS_ATTENTION = "needs_attention"
    NOT_CURRENT = "not_current"
    SUPERSEDED = "superseded"


AT_ONCE = "at once"
AFTER_THE_DELAY = "when the delay is over"
WHEN_A_SEAT_IS_FREE = "every hour until a seat is free, for two weeks"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a flow.

    `name` is the word in the custom status, `does` what a person reads; a stage whose result later stages need
    cannot be skipped by an operator.
    """

    name: str
    does: str
    when: str = AT_ONCE
    skippable: bool = False


CLAIM = Stage("claiming", "taking the person over from any earlier run")
AWAIT_PREDECESSOR = Stage("waiting_for_predecessor", "waiting for the earlier run to stop")
CHECK_ENTITLEMENT = Stage("checking_entitlement", "reading in Okta whether the person is entitled to Microsoft 365")
CHECK_GROUP = Stage("checking_group", "checking that the group that was left exists still", skippable=True)
PASS_BRAKE = Stage("checking_brake", "checking that this is not one of a wave of removals")
CHECK_RELEASED = Stage("checking_entitlement", "reading in Okta whether the person came back while held")
FIND_ACCOUNT = Stage("finding_account", "finding the Microsoft 365 account")
RECORD_SNAPSHOT = Stage("recording_snapshot", "storing the licenses, so that they can be given back")
DISABLE_ACCOUNT = Stage("disabling_account", "disabling the Microsoft 365 account", skippable=True)
REVOKE_SESSIONS = Stage("revoking_sessions", "revoking the sign-in sessions", skippable=True)
START_GRACE_PERIOD = Stage("starting_grace_period", "fixing the date on which the licenses go")
MAIL_DISABLED = Stage("mailing_manager", "telling the manager that the account is disabled", skippable=True)
EXTEND_GRACE_PERIOD = Stage("extending_grace_period", "fixing a later date on which the licenses go")
GRACE_PERIOD = Stage("grace_period", "waiting until the delay is over")
CHECK_AGAIN = Stage("checking_entitlement_again", "reading in Okta whether the person came back", AFTER_THE_DELAY)
PLAN_REMOVAL = Stage("planning_removal", "storing the licenses that are about to be removed", AFTER_THE_DELAY)
REMOVE_LICENSES = Stage("removing_licenses", "removing the licenses", AFTER_THE_DELAY)
MAIL_REMOVED = Stage(
    "mailing_manager_again", "telling the manager which licenses were removed", AFTER_THE_DELAY, skippable=True
)
REMOVE_REFUSED = Stage(
    "removing_refused_licenses", "removing the licenses the tenant refused to remove", AFTER_THE_DELAY, skippable=True
)
FINISH = Stage("finishing", "recording how it ended", AFTER_THE_DELAY, skippable=True)

NOTE_LEFT_GROUP = Stage("noting_left_group", "noting which group was left, and when its licenses go")
LEFT_GROUP = Stage("grace_period_of_left_group", "waiting until the delay of a left group is over")
PLAN_REMOVAL_FOR_GROUP = Stage("planning_removal", "storing the licenses that go with a left group", AFTER_THE_DELAY)
FORGET_LEFT_GROUP = Stage("finishing_left_group", "recording that its licenses are gone", AFTER_THE_DELAY)
END_GRACE_PERIOD = Stage("ending_grace_period", "forgetting the date on which the licenses were to go")
ENABLE_ACCOUNT = Stage("enabling_account", "enabling the Microsoft 365 account", skippable=True)
PLAN_LICENSES = Stage("planning_licenses", "deciding which licenses are given")
SET_USAGE_LOCATION = Stage("setting_usage_location", "giving the account a usage location", skippable=True)
ASSIGN_LICENSES = Stage("assigning_licenses", "giving the licenses")
MAIL_ENABLED = Stage("mailing_manager", "telling the manager which licenses were given back", skippable=True)
AWAIT_SEAT = Stage("waiting_for_a_seat", "waiting for a free seat", WHEN_A_SEAT_IS_FREE, skippable=True)
ASSIGN_LATER = Stage("assigning_licenses", "giving the licenses that had no free seat", WHEN_A_SEAT_IS_FREE)
ASSIGN_REFUSED = Stage("assigning_refused_licenses", "giving the licenses the tenant refused to give", skippable=True)
SETTLE_SNAPSHOT = Stage("settling_snapshot", "forgetting the snapshot that was given back", skippable=True)

STAGED_DEACTIVATION = (
    CLAIM,
    AWAIT_PREDECESSOR,
    CHECK_ENTITLEMENT,
    NOTE_LEFT_GROUP,
    CHECK_GROUP,
    PASS_BRAKE,
    FIND_ACCOUNT,
    RECORD_SNAPSHOT,
    DISABLE_ACCOUNT,
    REVOKE_SESSIONS,
    START_GRACE_PERIOD,
    MAIL_DISABLED,
    GRACE_PERIOD,
    CHECK_AGAIN,
    PLAN_REMOVAL,
    REMOVE_LICENSES,
    MAIL_REMOVED,
    REMOVE_REFUSED,
    FINISH,
)

# For a person who left one managed group and is in another: the account stays as it is.
LEAVING_ONE_GROUP = (
    NOTE_LEFT_GROUP,
    LEFT_GROUP,
    CHECK_AGAIN,
    PLAN_REMOVAL_FOR_GROUP,
    REMOVE_LICENSES,
    MAIL_REMOVED,
    REMOVE_REFUSED,
    FORGET_LEFT_GROUP,
)

ACTIVATION = (
    CLAIM,
    AWAIT_PREDECESSOR,
    CHECK_ENTITLEMENT,
    END_GRACE_PERIOD,
    FIND_ACCOUNT,
    ENABLE_ACCOUNT,
    PLAN_LICENSES,
    SET_USAGE_LOCATION,
    ASSIGN_LICENSES,
    MAIL_ENABLED,
    AWAIT_SEAT,
    ASSIGN_LATER,
    ASSIGN_REFUSED,
    SETTLE_SNAPSHOT,
    *LEAVING_ONE_GROUP[1:],
    FINISH,
)
