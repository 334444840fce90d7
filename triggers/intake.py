"""The way in for events that Okta delivers, and what any events come to by the settings."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import wiring
from lifecycle.confirming import is_far_ahead
from lifecycle.events import Delivery, LogEvent
from lifecycle.intake import STARTED_AT_ONCE, Intake, fan_out, plan_intake

NAMED_IN_LOG = 10
log = logging.getLogger("offstage.intake")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a delivery: instances that were started, and how many events were known or concern nobody."""

    started: list[str]
    duplicate: int
    ignored: int


async def take_in(delivery: Delivery, durable: wiring.Durable, now: datetime) -> TakenIn:
    """Start what the delivery asks for. Raises ClientError when any of it could not be started.

    What a started run is told is no more than that it may look into Okta's System Log.
    """
    events = [event for event in delivery.events if not is_far_ahead(event, now)]
    intake = plan(events)
    starts = intake.starts
    if len(starts) > STARTED_AT_ONCE:
        starts = (fan_out(starts, delivery.event_id),)
    new = await durable.start_all(starts)
    started = [start.instance for start, is_new in zip(starts, new, strict=True) if is_new]
    return TakenIn(
        started,
        duplicate=intake.duplicate + len(starts) - len(started),
        ignored=intake.ignored + delivery.unreadable + len(delivery.events) - len(events),
    )


def plan(events: Iterable[LogEvent], *, found: bool = False) -> Intake:
    """What these events come to; those that might concern somebody and do not say whom are left alone, with an alarm.

    `found`: they were read in Okta's System Log, not delivered.
    """
    settings = wiring.settings()
    on_suspend = settings.deactivate_on_suspend
    intake = plan_intake(events, settings.manages, deactivate_on_suspend=on_suspend, found=found)
    if intake.ambiguous:
        named = intake.ambiguous[:NAMED_IN_LOG]
        log.error("%d events left alone that name several users or groups: %s", len(intake.ambiguous), named)
    return intake
