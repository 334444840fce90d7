"""The delivery of waiting mails goes on until none waits, and stands back while the mailbox refuses."""

from datetime import timedelta

from activities.outbox import send_waiting_mails
from lifecycle.inputs import DeliverInput
from lifecycle.mail_ledger import Delivered
from lifecycle.retries import Failure
from orchestrators.deliver_mails import deliver_mails
from tests.orchestrators.driver import NOW, World, answer, drive

BUSY = Failure("Microsoft Graph answered 429", permanent=False, retry_after=40.0)
DOWN = Failure("Microsoft Graph gave no answer", permanent=False)


def deliver(*outcomes: Delivered | Failure) -> World:
    return drive(deliver_mails, answer(send_waiting_mails, *outcomes), given=DeliverInput())


def test_delivery_goes_on_while_there_is_more_and_counts_what_was_sent() -> None:
    world = deliver(Delivered(200, more=True), Delivered(7, more=False))

    assert world.output == {"sent": 207, "reason": None}
    assert world.statuses[-1] == {"stage": "sent", "user": None, "about": "207 mails"}


def test_delivery_waits_as_long_as_the_mailbox_asks() -> None:
    world = deliver(BUSY, Delivered(1, more=False))

    assert world.seconds(send_waiting_mails) == [0, 40]
    assert "429" in next(status["reason"] for status in world.statuses if "reason" in status)


def test_delivery_has_all_its_waits_again_for_the_next_mails() -> None:
    world = deliver(BUSY, DOWN, Delivered(200, more=True), DOWN, DOWN, Delivered(7, more=False))

    assert world.waits(send_waiting_mails) == [40, 5, 0, 2, 5]


def test_delivery_that_was_of_no_use_for_a_day_ends_and_says_why() -> None:
    world = deliver(DOWN)

    assert timedelta(hours=22) < world.now - NOW <= timedelta(hours=24)
    assert world.output == {"sent": 0, "reason": DOWN.reason}
    assert world.statuses[-1] == {"stage": "incomplete", "user": None, "about": "0 mails", "reason": DOWN.reason}
