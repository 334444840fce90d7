"""The one way in for events, whether Okta delivered them or its System Log was read."""

import logging
from dataclasses import dataclass

import wiring
from lifecycle.events import Delivery
from lifecycle.intake import STARTED_AT_ONCE, fan_out, plan_intake

NAMED_IN_LOG = 10
log = logging.getLogger("offstage.intake")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a delivery: instances that were started, and how many events were known or concern nobody."""

    started: list[str]
    duplicate: int
    ignored: int


async def take_in(delivery: Delivery, durable: wiring.Durable) -> TakenIn:
    """Start what the delivery asks for. Raises ClientError when any of it could not be started."""
    settings = wiring.settings()
    intake = plan_intake(delivery.events, settings.manages, deactivate_on_suspend=settings.deactivate_on_suspend)
    if intake.ambiguous:
        named = intake.ambiguous[:NAMED_IN_LOG]
        log.error("%d events left alone that name several users or groups: %s", len(intake.ambiguous), named)
    starts = intake.starts
    if len(starts) > STARTED_AT_ONCE:
        starts = (fan_out(starts, delivery.event_id),)
    new = await durable.start_all(starts)
    started = [start.instance for start, is_new in zip(starts, new, strict=True) if is_new]
    return TakenIn(
        started,
        duplicate=intake.duplicate + len(starts) - len(started),
        ignored=intake.ignored + delivery.unreadable,
    )
