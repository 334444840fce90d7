"""Which course a run takes: Okta says whether the person is entitled, the row says what is under way."""

import pytest

from lifecycle.course import Course, decide_course
from lifecycle.events import Flow

LEAVING, RETURNING = Flow.DEACTIVATION, Flow.ACTIVATION


@pytest.mark.parametrize(
    ("entitled", "pending", "course"),
    [
        (False, [LEAVING], Course.TAKE_AWAY),
        (False, [RETURNING, LEAVING], Course.TAKE_AWAY),
        (False, [RETURNING], Course.NOTHING),
        (False, [], Course.NOTHING),
        (True, [RETURNING], Course.GIVE_BACK),
        (True, [LEAVING, RETURNING], Course.GIVE_BACK),
        (True, [LEAVING], Course.STAY),
        (True, [], Course.STAY),
    ],
)
def test_truth_and_what_is_under_way_decide_the_course(entitled: bool, pending: list[Flow], course: Course) -> None:
    assert decide_course(entitled=entitled, pending=pending) is course
