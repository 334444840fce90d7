"""The list of people, a page at a time."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta, tzinfo

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.members import Member
from lifecycle.stages import Phase
from pages import people
from pages.people import Asked
from rows import accounts, members
from triggers.dashboard_visits import Visit, visited

PER_PAGE = 50
LONGEST_SEARCH = 100
YEARS = range(2000, 9999)  # what comes before or after is nobody's day, and no instant in some places
LONGEST_COUNT = 6  # digits
MOST_PAGES_OF_DATES = 5  # of 1,000 people each, for the people of one day

bp = df.Blueprint()


@bp.route("dashboard/people", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_people(req: func.HttpRequest) -> func.HttpResponse:
    return await visited(req, _people)


async def _people(visit: Visit) -> str:
    asked = asked_of(visit.request.params)
    found, due, after = await (_due_on(asked, asked.due, visit.frame.zone) if asked.due else _in_order(asked))
    return people.people(asked, found, due, after, visit.frame)


def asked_of(params: Mapping[str, str]) -> Asked:
    """What makes no sense counts as left out."""
    phase, due = None, None
    with suppress(ValueError):
        phase = Phase(params.get("phase", ""))
    with suppress(ValueError):
        day = date.fromisoformat(params.get("due", ""))
        due = day if day.year in YEARS else None
    named = " ".join(params.get("named", "").split())
    is_text = named.isprintable() and len(named) <= LONGEST_SEARCH
    after = params.get("after", "")
    return Asked(phase, named if is_text else "", due, after if after.isprintable() else "")


async def _in_order(asked: Asked) -> tuple[list[Member], dict[str, datetime], str | None]:
    tables = await wiring.tables()
    page = await members.page(tables, asked.phase, asked.after or None, PER_PAGE, asked.named or None)
    return list(page.records), await due_of(page.records), page.continuation


async def due_of(found: Iterable[Member]) -> dict[str, datetime]:
    """When the licenses of those go who are waiting for it."""
    tables = await wiring.tables()
    waiting = [member for member in found if member.phase is Phase.GRACE_PERIOD]
    owned = await asyncio.gather(*(accounts.of_member(tables, member) for member in waiting))
    pairs = zip(waiting, owned, strict=True)
    return {member.okta_user_id: account.due_at for member, account in pairs if account and account.due_at}


async def _due_on(asked: Asked, day: date, zone: tzinfo) -> tuple[list[Member], dict[str, datetime], str | None]:
    """The people of one day, those first whose licenses go first; `after` counts those that were shown."""
    tables = await wiring.tables()
    first, before = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    found, _ = await accounts.due_between(tables, first, before, MOST_PAGES_OF_DATES)
    ordered = sorted(found, key=lambda each: (each.at, each.okta_user_id))
    start = int(asked.after) if asked.after.isdecimal() and len(asked.after) <= LONGEST_COUNT else 0
    shown = ordered[start : start + PER_PAGE]
    rows = await asyncio.gather(*(members.find(tables, each.okta_user_id) for each in shown))
    due = {each.okta_user_id: each.at for each in shown}
    after = str(start + PER_PAGE) if len(ordered) > start + PER_PAGE else None
    return [row.record for row in rows if row], due, after
