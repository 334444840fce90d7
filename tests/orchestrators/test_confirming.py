"""A delivered event is found in Okta's System Log before anybody is claimed, or nothing comes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.members import claim_member
from activities.system_log import find_in_log, report_unseen
from lifecycle.events import Flow
from lifecycle.inputs import EventInput
from lifecycle.retries import Failure
from orchestrators.activation import activation
from orchestrators.staged_deactivation import staged_deactivation
from tests.orchestrators.driver import EVENT, NOW, Raised, World, answer, done, drive, names, sent
from tests.orchestrators.happy import JOINED, LEAVING, RETURNING

DELIVERED = replace(EVENT, found=False)
DOWN = Failure("okta gave no answer", permanent=False)
REFUSED = Failure("okta answered 403", permanent=True)
BUSY = Failure("okta asks to wait", permanent=False, retry_after=240)
AN_HOUR = 3600.0


def deliver(
    *outcomes: EventInput | Failure | Exception | None, event: EventInput = DELIVERED, raised: tuple[Raised, ...] = ()
) -> World:
    """Play a leave that Okta delivered; `outcomes` are those of the looks into the log."""
    log = answer(find_in_log, *outcomes)
    return drive(staged_deactivation, *LEAVING, log, *done(report_unseen), given=event, events=raised)


def looks(world: World) -> list[bool]:
    """For each look, whether it asked for this one event."""
    return [step.details["exact"] for step in world.calls(find_in_log)]


def test_event_that_was_delivered_goes_on_when_the_log_has_it() -> None:
    world = deliver(EVENT)

    assert world.names()[:2] == names(find_in_log, claim_member)
    assert world.calls(find_in_log)[0].details == sent(
        find_in_log, event=DELIVERED, flow=Flow.DEACTIVATION, exact=False
    )
    assert world.instants(claim_member) == [timedelta()]
    assert world.output == {"phase": "unlicensed", "reason": None}


def test_event_that_is_known_to_have_happened_is_not_looked_for() -> None:
    world = drive(activation, *RETURNING, given=JOINED)

    assert world.times(find_in_log) == 0
    assert world.output == {"phase": "active", "reason": None}


def test_run_goes_on_with_what_the_log_says_and_not_with_what_was_delivered() -> None:
    logged = replace(
        EVENT, event_type="user.lifecycle.deactivate", okta_user_id="00uOther", login="x@contoso.com", group_id=None
    )

    world = deliver(replace(logged, version=7))

    assert world.details(claim_member) == sent(claim_member, event=logged, flow=Flow.DEACTIVATION)
    assert world.statuses[0]["user"] == EVENT.login
    assert {status["user"] for status in world.statuses[1:]} == {"x@contoso.com"}


def test_person_whom_the_log_names_without_a_login_is_shown_by_the_id() -> None:
    world = deliver(replace(EVENT, login=None))

    assert world.statuses[-1]["user"] == EVENT.okta_user_id


def test_log_that_is_late_is_looked_into_with_growing_waits() -> None:
    world = deliver(None, None, None, None, EVENT)

    assert world.seconds(find_in_log) == [0, 2, 7, 22, 82]
    assert world.seconds(claim_member) == [82]
    waiting = [status for status in world.statuses if status["stage"] == "awaiting_log"]
    assert waiting[1]["reason"] == ("Okta's System Log does not have the event; next look at 2026-09-14 10:38:43 UTC")


def test_event_that_is_in_no_log_an_hour_later_ends_the_run_unseen_and_nobody_was_claimed() -> None:
    world = deliver(None)

    assert set(world.names()) == {find_in_log.name, report_unseen.name}
    assert world.seconds(find_in_log) == [0, 2, 7, 22, 82, 382, 1282, AN_HOUR]
    assert looks(world) == [False] * 7 + [True]
    assert world.seconds(report_unseen) == [AN_HOUR]
    assert world.details(report_unseen) == sent(report_unseen, event=DELIVERED)
    assert world.output["phase"] == world.statuses[-1]["stage"] == "unseen"


def test_event_that_the_last_look_finds_goes_on() -> None:
    world = deliver(*[None] * 7, EVENT)

    assert world.seconds(claim_member) == [AN_HOUR]
    assert world.times(report_unseen) == 0


@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(days=400)])
def test_event_that_is_old_already_is_asked_for_exactly_and_once(age: timedelta) -> None:
    world = deliver(None, event=replace(DELIVERED, published=NOW - age))

    assert looks(world) == [True]
    assert world.seconds(report_unseen) == [0]


def test_last_look_at_an_event_from_a_clock_that_is_ahead_comes_an_hour_after_it() -> None:
    world = deliver(None, event=replace(DELIVERED, published=NOW + timedelta(minutes=50)))

    assert world.instants(report_unseen) == [timedelta(minutes=110)]


@pytest.mark.parametrize("trouble", [DOWN, REFUSED, Exception("a defect")])
def test_log_that_cannot_be_read_says_nothing_however_long_that_lasts(trouble: Failure | Exception) -> None:
    world = deliver(*[trouble] * 40, None)

    assert looks(world) == [False] * 7 + [True] * 34
    assert world.waits(find_in_log)[7:14] == [2, 5, 15, 60, 300, 900, AN_HOUR]
    assert world.instants(report_unseen)[0] > timedelta(hours=24)
    assert {status["stage"] for status in world.statuses[:-1]} == {"awaiting_log"}


def test_event_is_found_when_the_log_can_be_read_again() -> None:
    world = deliver(*[DOWN] * 12, EVENT)

    assert world.times(report_unseen) == 0
    assert world.output == {"phase": "unlicensed", "reason": None}
    reasons = [
        status["reason"] for status in world.statuses if status["stage"] == "awaiting_log" and "reason" in status
    ]
    assert all(reason.startswith(("okta gave no answer; next look at",)) for reason in reasons)


def test_wait_that_okta_asks_for_is_kept_before_the_last_look_and_after_it() -> None:
    world = deliver(BUSY, *[None] * 6, BUSY, EVENT)

    assert world.waits(find_in_log)[0] == 240
    assert world.waits(find_in_log)[-1] == 240


def test_run_that_waits_for_the_log_is_deaf_since_it_owns_nobody() -> None:
    world = deliver(None, None, EVENT, raised=(Raised(NOW, "superseded"),))

    assert world.seconds(claim_member) == [7]
    assert world.output["phase"] == "superseded"
