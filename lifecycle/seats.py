"""Seats: which licenses the tenant is asked for, by its own numbers and, one at a time, against them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lifecycle.licenses import WantedLicense
from lifecycle.retries import LATER_WAIT


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """By the numbers `free` have a seat, and the others have none. Of those `look_for` is asked for all the same."""

    free: tuple[WantedLicense, ...]
    look_for: WantedLicense | None
    short: tuple[WantedLicense, ...]


def free_units(enabled: int, warning: int, consumed: int) -> int:
    """The units of a subscription that has run out can be assigned while it is in its days of grace (`warning`)."""
    return enabled + warning - consumed


def plan_seats(missing: Iterable[WantedLicense], free: Mapping[str, int], at: datetime) -> SeatPlan:
    """The numbers may be wrong, or late, and it is the tenant that decides. So one license that has no seat by them is
    asked for too, another one every hour: that costs one request for as long as somebody waits for a seat.
    """
    wanted = tuple(missing)
    likely = tuple(each for each in wanted if free.get(each.sku_id, 0) > 0)
    doubtful = [each for each in wanted if each not in likely]
    if not doubtful:
        return SeatPlan(likely, None, ())
    turn = int(at.timestamp() // LATER_WAIT.total_seconds()) % len(doubtful)
    return SeatPlan(likely, doubtful.pop(turn), tuple(doubtful))
