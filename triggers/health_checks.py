"""Each dependency and permission, tried by a harmless call: all at once, and none for longer than a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import wiring
from clients.errors import ClientError
from lifecycle.health import Check, failed, judge_settings
from lifecycle.health_okta import origin_of
from triggers.health_faults import NO_ANSWER, fault
from triggers.health_graph import GRAPH, check_graph
from triggers.health_okta import OKTA, check_okta
from triggers.health_tables import TABLES, check_tables

LONGEST = 30.0  # seconds, for all checks of one dependency together
# Seconds. All readers of Okta's log share 120 requests a minute, and each look takes one.
FRESH_FOR = 10.0


@dataclass(frozen=True, slots=True)
class Known:
    """What was found, and when by the clock that only goes on."""

    checks: tuple[Check, ...]
    at: float


_known: dict[frozenset[str], Known] = {}
_asking = asyncio.Lock()

Checks = Awaitable[tuple[Check, ...]]


async def health_checks(*origins: str) -> tuple[Check, ...]:
    """How everything stands, or stood a few seconds ago: whoever asks again and again costs no more than one who asks.

    `origins`: under which names the app is reached (https://app.azurewebsites.net), as far as they are known.
    """
    here = frozenset(map(origin_of, origins))
    async with _asking:
        known = _known.get(here)
        if known is None or time.monotonic() - known.at > FRESH_FOR:
            known = Known(await check_everything(*here), time.monotonic())
            _known.clear()  # of other names, which are as many as somebody likes to ask under
            _known[here] = known
    return known.checks


async def check_everything(*origins: str) -> tuple[Check, ...]:
    """The same, looked at now."""
    settings = wiring.settings()
    here = {origin_of(each) for each in origins}
    found = await asyncio.gather(
        _within_limits(OKTA, lambda: check_okta(here)),
        _within_limits(GRAPH, check_graph),
        _within_limits(TABLES, check_tables),
    )
    own = judge_settings(dry_run=settings.dry_run, operators_email=settings.operators_email)
    return tuple(check for checks in found for check in checks) + own


async def _within_limits(name: str, checks: Callable[[], Checks]) -> tuple[Check, ...]:
    """What a dependency's checks say, or why they could not be made."""
    try:
        async with asyncio.timeout(LONGEST):
            return await checks()
    except ClientError as error:
        return (fault(name, error),)
    except TimeoutError:
        return (failed(name, f"no answer within {LONGEST:g} s", NO_ANSWER),)
    except ValueError as error:  # a client that cannot be built on these settings
        return (failed(name, str(error), "Correct the setting, and restart the app."),)
