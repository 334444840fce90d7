"""The overview: read side by side, and never more than a bounded number of rows, however many people there are."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.audit import AuditEntry, Period
from lifecycle.catalog import CatalogEntry
from lifecycle.health import Check, judge_catch_up, judge_drift_check
from lifecycle.stages import Phase
from pages import overview
from pages.overview import ComingRemovals, Facts, Listing
from rows import accounts, audit, catalog, members, state
from triggers.dashboard_visits import Visit, visited

# Of 1,000 rows each. What is beyond is not counted; the page says "more than".
MOST_PAGES_OF_DATES = 5
MOST_PEOPLE = 1000

FREED_WITHIN = timedelta(days=30)
FREED_HOLDS_FOR = timedelta(minutes=10)
MOST_PAGES_OF_ACTS = 10
NEWEST_ACTS = 12

bp = df.Blueprint()


@dataclass(frozen=True, slots=True)
class _Freed:
    at: datetime
    counts: Counter[str]


_freed: list[_Freed] = []  # what was counted last


@bp.route("dashboard/overview", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_overview(req: func.HttpRequest) -> func.HttpResponse:
    return await visited(req, _overview)


async def _overview(visit: Visit) -> str:
    return overview.overview(await read_facts(visit.now), visit.frame, wiring.sku_names())


async def read_facts(now: datetime) -> Facts:
    people = asyncio.gather(
        in_phase(Phase.NEEDS_ATTENTION),
        in_phase(Phase.HELD),
        removals_before(now + timedelta(weeks=overview.WEEKS)),
    )
    rest = asyncio.gather(stored_catalog(), freed_until(now), newest_acts(), checks_of(now))
    (attention, held, removals), (entries, counted, acts, checks) = await asyncio.gather(people, rest)
    return Facts(attention, held, removals, entries, counted, acts, checks)


async def in_phase(phase: Phase) -> Listing:
    page = await members.page(await wiring.tables(), phase, None, MOST_PEOPLE)
    return Listing(page.records, more=page.continuation is not None)


async def stored_catalog() -> list[CatalogEntry]:
    return await catalog.read(await wiring.tables())


async def removals_before(before: datetime) -> ComingRemovals:
    due, more = await accounts.due_between(await wiring.tables(), None, before, MOST_PAGES_OF_DATES)
    return ComingRemovals([each.at for each in due], more)


async def newest_acts() -> list[AuditEntry]:
    return await audit.newest(await wiring.tables(), NEWEST_ACTS)


async def freed_until(now: datetime) -> Counter[str]:
    """The licenses that were removed within 30 days. It is the dearest of all, so it is asked for now and then."""
    if _freed and timedelta() <= now - _freed[-1].at < FREED_HOLDS_FOR:
        return _freed[-1].counts
    period = Period(now - FREED_WITHIN, now)
    counts = await audit.removed_licenses(await wiring.tables(), period, MOST_PAGES_OF_ACTS)
    _freed[:] = [_Freed(now, counts)]
    return counts


async def checks_of(now: datetime) -> list[Check]:
    """What the tables tell of the timers; the rest is asked for on a page of its own, since it takes its time."""
    tables = await wiring.tables()
    place, last = await asyncio.gather(state.find_place(tables), state.find_drift_check(tables))
    return [judge_catch_up(place.record if place else None, now), judge_drift_check(last, now)]
