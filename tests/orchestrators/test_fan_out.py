"""A large delivery is started chunk by chunk, and never given up."""

from datetime import timedelta

from activities.intake import start_instances
from lifecycle.inputs import FanOutInput, Start
from lifecycle.retries import Failure
from orchestrators.fan_out import fan_out
from tests.orchestrators.driver import World, answer, drive, sent

STARTS = tuple(Start("activation", f"activation-{number}", {"uuid": f"{number}"}) for number in range(120))
DOWN = Failure("the task hub gave no answer", permanent=False)
REFUSED = Failure("the task hub answered 403", permanent=True)


def start(*outcomes: int | Failure, starts: tuple[Start, ...] = STARTS) -> World:
    return drive(fan_out, answer(start_instances, *outcomes), given=FanOutInput(starts=starts))


def test_everybody_is_started_in_chunks_of_fifty() -> None:
    world = start(50, 49, 20)

    chunks = [step.details for step in world.calls(start_instances)]
    assert chunks == [sent(start_instances, starts=STARTS[first : first + 50]) for first in (0, 50, 100)]
    assert world.output == {"started": 119, "duplicate": 1}


def test_progress_is_shown_chunk_by_chunk() -> None:
    shown = [(status["stage"], status["about"]) for status in start(50, 49, 20).statuses]

    assert shown == [
        ("starting", "0 of 120 people"),
        ("starting", "50 of 120 people"),
        ("starting", "99 of 120 people"),
        ("started", "119 of 120 people"),
    ]


def test_chunk_that_cannot_be_started_just_now_is_tried_again() -> None:
    world = start(DOWN, DOWN, 3, starts=STARTS[:3])

    assert world.seconds(start_instances) == [0, 2, 7]
    assert world.output == {"started": 3, "duplicate": 0}


def test_every_chunk_has_all_the_waits_of_its_own() -> None:
    world = start(DOWN, DOWN, 50, DOWN, 50, 20)

    assert world.waits(start_instances) == [2, 5, 0, 2, 0]


def test_chunk_that_could_not_be_started_for_a_day_is_insisted_on_every_hour() -> None:
    world = start(*[DOWN] * 30, 3, starts=STARTS[:3])

    assert world.times(start_instances) == 31
    assert "needs_attention" in {status["stage"] for status in world.statuses}
    assert world.instants(start_instances)[-1] > timedelta(hours=24)
    assert world.output == {"started": 3, "duplicate": 0}


def test_chunk_that_is_refused_for_good_is_insisted_on_too() -> None:
    world = start(REFUSED, REFUSED, 3, starts=STARTS[:3])

    assert world.instants(start_instances) == [timedelta(), timedelta(hours=1), timedelta(hours=2)]


def test_delivery_of_nobody_starts_nothing() -> None:
    world = start(0, starts=())

    assert world.names() == []
    assert world.output == {"started": 0, "duplicate": 0}
