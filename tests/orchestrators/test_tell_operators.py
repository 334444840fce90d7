"""A notice is mailed once; what became of it is the output of its run."""

from datetime import timedelta

from activities.operator_mail import mail_notice
from lifecycle.inputs import NoticeInput
from lifecycle.mail_ledger import MailState
from lifecycle.notices import GroupDeleted, Notice
from lifecycle.retries import Failure
from orchestrators.tell_operators import tell_operators
from tests.orchestrators.driver import NOW, World, answer, drive, sent

DELETED = GroupDeleted("Sales")
DOWN = Failure("Table Storage gave no answer", permanent=False)
DENIED = Failure("Microsoft Graph answered 403", permanent=True)


def tell(*outcomes: MailState | Failure, notice: Notice = DELETED) -> World:
    return drive(tell_operators, answer(mail_notice, *outcomes), given=NoticeInput(notice=notice, about="group Sales"))


def test_operators_are_told_and_the_run_says_what_became_of_the_mail() -> None:
    world = tell(MailState.SENT)

    assert world.details(mail_notice) == sent(mail_notice, notice=DELETED)
    assert world.output == {"phase": "told", "reason": "sent"}
    assert world.statuses == [
        {"stage": "telling_operators", "user": None, "about": "group Sales"},
        {"stage": "told", "user": None, "about": "group Sales"},
    ]


def test_notice_that_cannot_be_written_down_just_now_is_tried_again_visibly() -> None:
    world = tell(DOWN, DOWN, MailState.WAITING)

    assert world.seconds(mail_notice) == [0, 2, 7]
    assert world.statuses[1]["reason"] == f"{DOWN.reason}; next attempt at 2026-09-14 10:38:43 UTC"
    assert world.output == {"phase": "told", "reason": "waiting"}


def test_notice_that_can_never_be_mailed_ends_the_run_with_the_reason() -> None:
    world = tell(DENIED)

    assert world.output == {"phase": "needs_attention", "reason": DENIED.reason}
    assert world.statuses[-1] == {
        "stage": "needs_attention",
        "user": None,
        "about": "group Sales",
        "reason": DENIED.reason,
    }


def test_notice_that_could_not_be_mailed_for_a_day_is_given_up() -> None:
    world = tell(DOWN)

    assert timedelta(hours=22) < world.now - NOW <= timedelta(hours=24)
    assert world.output["phase"] == "needs_attention"
