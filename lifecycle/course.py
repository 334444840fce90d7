"""Which course a run takes once it owns the person and has asked Okta: the one place where the halves are chosen."""

from collections.abc import Collection
from enum import StrEnum

from lifecycle.events import Flow


class Course(StrEnum):
    TAKE_AWAY = "take away"  # disable the account, and remove the licenses when the delay is over
    GIVE_BACK = "give back"  # enable the account, and give the licenses
    STAY = "stay"  # the person is entitled still; at the most one of several groups was left
    NOTHING = "nothing"


def decide_course(*, entitled: bool, pending: Collection[Flow], has_turned: bool = False) -> Course:
    """The event is only a hint: what Okta says decides, and what is under way (`pending`, this run's flow included).

    A run that made way for this one does not come back. So what it began is brought to its end by this one, if Okta
    demands it: somebody who left a group is then reactivated in Okta without a group, and the licenses still go.
    A run that `has_turned` began to take away or to give, and what it did has to fit the truth in the end.
    """
    if entitled:
        return Course.GIVE_BACK if has_turned or Flow.ACTIVATION in pending else Course.STAY
    return Course.TAKE_AWAY if has_turned or Flow.DEACTIVATION in pending else Course.NOTHING
