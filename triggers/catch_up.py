"""Catch-up: reads Okta's System Log, so that an event whose delivery was lost is acted on as if it had come.

What was delivered is a duplicate here, by its uuid. The place in the log moves on only when each event of a page has a
run, or is noted for the run that looks for it; whatever goes wrong before that, the next run reads the page again.
"""

import asyncio
import logging
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, Field

import wiring
from clients.errors import ClientError, Conflict
from lifecycle import system_log
from lifecycle.orders import Outcome
from lifecycle.system_log import ParsedPage, Place, Question, UnreadablePage
from rows import state
from triggers.answers import Refused, answered, until_next_run
from triggers.found_events import take_up_all, take_up_noted
from triggers.intake import plan
from triggers.license_bodies import parse_body
from triggers.managed_groups import look_for_groups
from triggers.member_bodies import NoArguments
from triggers.operator import operator_act, who_asks, write_down

# Not at the full minute, when everybody's timers ask Okta.
EVERY_5_MINUTES = "40 */5 * * * *"
# A page of 200 events is taken up within seconds. 30 pages a run are 6000 events, more than a mass
# change makes in five minutes, and a quarter of the 120 requests a minute that an org grants to all readers of its log:
# https://developer.okta.com/docs/reference/rl-global-mgmt/
PAGE_SIZE = 200
MOST_PAGES = 30
PAGES_OF_A_REQUEST = 10  # some 2000 events, which are taken up within a minute
log = logging.getLogger("offstage.catch_up")

bp = df.Blueprint()

_being_read = asyncio.Lock()  # by this process; another one is noticed where it stores the place


class ReadingState(StrEnum):
    READ = "read"
    MORE = "more to read"
    UNDER_WAY = "under way"


class Reading(BaseModel):
    """How far the System Log was read."""

    state: ReadingState = Field(
        description="`read`: to its end; `more to read`: the timer reads on; `under way`: it was being read already"
    )
    started: int = Field(description="how many runs were started for events whose deliveries were lost")


@bp.timer_trigger(arg_name="timer", schedule=EVERY_5_MINUTES, use_monitor=True)
@bp.durable_client_input(client_name="client")
async def catch_up(timer: func.TimerRequest, client: Any) -> None:
    durable = wiring.durable(client)
    await look_for_groups(durable)
    with until_next_run("the System Log is read again from the same place at the next run", UnreadablePage):
        try:
            await read_alone(durable, datetime.now(UTC), MOST_PAGES)
        except ClientError as error:
            if error.status != HTTPStatus.TOO_MANY_REQUESTS:
                raise
            log.info("Okta asks to wait; the next run reads the System Log on")


@bp.route("catch-up", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def catch_up_now(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    """What the timer does, at once. Whatever is left after some pages, the timer reads."""
    return await answered(read_for_operator(req, wiring.durable(client)), HTTPStatus.ACCEPTED)


async def read_for_operator(req: func.HttpRequest, durable: wiring.Durable) -> Reading:
    now = datetime.now(UTC)
    parse_body(NoArguments, req.get_body())
    await write_down(operator_act(now, Outcome.ASKED, "catch up", who_asks(req.headers)))
    try:
        return await read_alone(durable, now, PAGES_OF_A_REQUEST)
    except UnreadablePage as error:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error


async def read_alone(durable: wiring.Durable, now: datetime, most_pages: int) -> Reading:
    """Read on, unless that is being done already. Raises as `read_on`."""
    if _being_read.locked():
        return Reading(state=ReadingState.UNDER_WAY, started=0)
    async with _being_read:
        try:
            return await read_on(durable, now, most_pages)
        except Conflict:
            log.info("another run reads the System Log at the same time and was faster")
            return Reading(state=ReadingState.UNDER_WAY, started=0)


async def read_on(durable: wiring.Durable, now: datetime, most_pages: int) -> Reading:
    """Read page after page until one is empty. Raises ClientError or UnreadablePage at the first trouble."""
    started = await take_up_noted(durable)
    if started:
        log.info("noted by an earlier run and started: %s", started)
    tables = await wiring.tables()
    stored = await state.find_place(tables)
    place, etag = (stored.record, stored.etag) if stored else (None, None)
    for _ in range(most_pages):
        page = await ask(place, durable, now)
        taken_up = await take_in_page(page, durable)
        started += taken_up
        place = place_behind(place, page, now)
        etag = await state.store_place(tables, place, etag)
        if not page.events:
            return Reading(state=ReadingState.READ, started=len(started))
    log.info("there is more in the System Log than %d events; the next run reads on", PAGE_SIZE * most_pages)
    return Reading(state=ReadingState.MORE, started=len(started))


async def ask(place: Place | None, durable: wiring.Durable, now: datetime) -> ParsedPage:
    """The next page. When the place in the log is lost, the operators are told as soon as there is a new one."""
    question = system_log.first_question(place, now)
    try:
        page = await page_of(question)
    except ClientError as error:
        if place is None or question.next_link is None or not is_refusal(error):
            raise
        question = system_log.question_without_link(place, now)
        page = await page_of(question)
    gap = system_log.gap_of(question)
    if gap is not None and await durable.start(system_log.gap_start(gap)):
        facts = {"read_to": gap.read_to.isoformat(), "resumed_at": gap.resumed_at.isoformat()}
        log.error("the place in the System Log was lost: %s", facts)
    return page


def is_refusal(error: ClientError) -> bool:
    """Okta does not know the link any more (400), or what was stored is no link of Okta's and never left this app."""
    return error.permanent and error.status in (None, HTTPStatus.BAD_REQUEST)


async def page_of(question: Question) -> ParsedPage:
    okta = await wiring.okta()
    if question.since is None:
        found = await okta.list_log_events(next_link=question.next_link)
    else:
        since = system_log.since_text(question.since)
        found = await okta.list_log_events(since=since, filter=system_log.FILTER, limit=PAGE_SIZE)
    return system_log.parse_page(found.events, found.next)


async def take_in_page(page: ParsedPage, durable: wiring.Durable) -> list[str]:
    """Start what a page asks for; returns what was started."""
    if started := await take_up_all(plan(page.events, found=True).starts, durable):
        log.info("found in the System Log and started: %s", started)
    return started


def place_behind(place: Place | None, page: ParsedPage, now: datetime) -> Place:
    """Raises UnreadablePage when the log cannot be read on from this page."""
    if page.unreadable or not page.next_link:
        what = f"{page.unreadable} events without uuid, time or type" if page.unreadable else "no link that goes on"
        raise UnreadablePage(f"Okta answered a page with {what}; see whether there is a newer version of the app")
    return system_log.place_after(place, page.events, page.next_link, now)
