"""When a single reading of Okta is not believed: it contradicts what the log said a moment ago."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecycle.entitlement import SUSPENDED, Entitlement
from lifecycle.members import NewestEvent


@dataclass(frozen=True, slots=True)
class Reading:
    """What Okta says; when `is_doubtful`, it is asked again before anything is built on it."""

    entitlement: Entitlement
    is_doubtful: bool


# Okta's replicas agree long before; an event that is older says nothing about the reading.
FRESH = timedelta(minutes=10)
# A reading that is so young need not be made again.
SHARED_FOR = timedelta(seconds=30)
# How long a second look waits, so that it is not answered by the same replica in the same state.
SECOND_LOOK_AFTER = timedelta(seconds=90)
# A deactivation that is under way in Okta is waited for so long; then an operator has to look.
LONGEST_CHANGE = timedelta(hours=1)
# After a hand-over: no write of the run before can come later, since a write gives up a minute after its fence.
SETTLED_AFTER = timedelta(minutes=3)
# Entra Connect synchronises every half hour, and more seldom where somebody has set it so.
SYNCED_AFTER = timedelta(hours=4)


def is_doubtful(entitlement: Entitlement, newest: NewestEvent | None, now: datetime) -> bool:
    """Whether a reading has to be made again before anything is built on it."""
    return newest is not None and now - newest.published < FRESH and contradicts(entitlement, newest)


def contradicts(entitlement: Entitlement, newest: NewestEvent) -> bool:
    """Whether a reading says otherwise than the newest event; one of ours says nothing of Okta.

    An operator's word may well come a moment after an event that it stands before.
    """
    match newest.event_type:
        case "group.user_membership.remove":
            return newest.group_id in entitlement.group_ids
        case "group.user_membership.add":
            return newest.group_id not in entitlement.group_ids
        case "user.lifecycle.deactivate" | "user.lifecycle.delete.initiated":
            return entitlement.is_living
        case "user.lifecycle.activate" | "user.lifecycle.reactivate":
            return not entitlement.is_living
        case "user.lifecycle.suspend":
            return entitlement.status != SUSPENDED
        case "user.lifecycle.unsuspend":
            return entitlement.status == SUSPENDED
        case "operator.deactivate":
            return entitlement.entitled
        case "operator.activate":
            return not entitlement.entitled
        case _:
            return False
