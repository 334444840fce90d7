"""The delivery of waiting mails goes on until none waits, and stands back while the mailbox refuses."""

from datetime import timedelta
from typing import Any

from lifecycle.retries import Failure
from orchestrators.deliver_mails import deliver_mails
from tests.orchestrators.driver import NOW, World, drive

BUSY = Failure("Microsoft Graph answered 429", permanent=False, retry_after=40.0)
DOWN = Failure("Microsoft Graph gave no answer", permanent=False)


def deliver(*answers: Any) -> World:
    orchestrator = deliver_mails._function.get_user_function().orchestrator_function
    return drive(orchestrator, World(answers={"send_waiting_mails": list(answers)}, input={}))


def test_delivery_goes_on_while_there_is_more_and_counts_what_was_sent() -> None:
    world = deliver({"sent": 200, "more": True}, {"sent": 7, "more": False})

    assert world.output == {"sent": 207, "reason": None}
    assert world.statuses[-1] == {"stage": "sent", "user": "207 mails"}


def test_delivery_waits_as_long_as_the_mailbox_asks() -> None:
    world = deliver(BUSY, {"sent": 1, "more": False})

    assert [at - NOW for _, at in world.steps] == [timedelta(), timedelta(seconds=40)]
    assert "429" in next(status["reason"] for status in world.statuses if "reason" in status)


def test_delivery_that_was_of_no_use_for_a_day_ends_and_says_why() -> None:
    world = deliver(DOWN)

    assert world.now - NOW <= timedelta(hours=24)
    assert world.output == {"sent": 0, "reason": DOWN.reason}
    assert world.statuses[-1]["stage"] == "incomplete"
