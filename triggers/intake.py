"""The one way in for events, whether Okta delivered them or its System Log was read."""

from typing import Any

import wiring
from lifecycle.events import Delivery
from lifecycle.intake import STARTED_AT_ONCE, fan_out, plan_intake
from settings import Settings


async def take_in(delivery: Delivery, settings: Settings, client: Any) -> dict[str, Any]:
    """Start what the delivery asks for. Raises wiring.ClientError when any of it could not be started."""
    intake = plan_intake(delivery.events, settings.manages, deactivate_on_suspend=settings.deactivate_on_suspend)
    starts = intake.starts
    if len(starts) > STARTED_AT_ONCE:
        starts = (fan_out(starts, delivery.event_id),)
    new = await wiring.durable(client).start_all(starts)
    started = [start.instance for start, is_new in zip(starts, new, strict=True) if is_new]
    return {
        "started": started,
        "duplicate": intake.duplicate + len(starts) - len(started),
        "ignored": intake.ignored + delivery.unreadable,
    }
