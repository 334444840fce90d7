"""The System Log: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from aiohttp import web
from dateutil import parser as dates

from local.okta_org import errors
from local.okta_org.org import OktaOrg
from local.okta_org.requests import add_link, org_of, predicate_of
from local.okta_org.system_log import LogEvent
from local.stand_in.clock import iso_millis
from local.stand_in.filters import Predicate

DEFAULT_LIMIT = 100
MOST_PER_PAGE = 1_000
DEFAULT_SINCE_DAYS = 7
RETENTION_DAYS = 90
OLDEST_SINCE_DAYS = 180


async def list_events(request: web.Request) -> web.Response:
    _refuse_contradictions(request)
    if "until" in request.query or request.query.get("sortOrder") == "DESCENDING":
        return _bounded(org_of(request), request)
    return _polled(org_of(request), request)


LOG_ROUTES = (web.get("/api/v1/logs", list_events),)


def _polled(org: OktaOrg, request: web.Request) -> web.Response:
    """Every event exactly once, in the order they were kept, with a next link even when there is nothing new."""
    events, limit, wanted = org.log.events, _limit(request), _wanted(request)
    at = _position(request) if "after" in request.query else 0
    since = _since(org, request) if "after" not in request.query else ""
    page: list[LogEvent] = []
    while at < len(events) and len(page) < limit:
        if events[at]["published"] >= since and wanted(events[at]):
            page.append(events[at])
        at += 1
    response = web.json_response(page)
    add_link(response, request, "self", request.query.get("after"))
    _add_next(response, request, at)
    return response


def _bounded(org: OktaOrg, request: web.Request) -> web.Response:
    """Finite pages ordered by `published`. An event kept late, with a time already read past, is missed."""
    since, until, wanted = _since(org, request), _until(org, request), _wanted(request)
    events = [event for event in org.log.events if since <= event["published"] < until and wanted(event)]
    events.sort(key=lambda event: event["published"], reverse=request.query.get("sortOrder") == "DESCENDING")
    at, limit = _position(request) if "after" in request.query else 0, _limit(request)
    response = web.json_response(events[at : at + limit])
    add_link(response, request, "self", request.query.get("after"))
    if at + limit < len(events):
        _add_next(response, request, at + limit)
    return response


def _add_next(response: web.Response, request: web.Request, at: int) -> None:
    """The next link carries the cursor; `since` goes unless a bounded query still needs it."""
    cursor = urlsafe_b64encode(json.dumps({"at": at, "since": request.query.get("since")}).encode()).decode()
    add_link(response, request.clone(rel_url=request.rel_url.without_query_params("since")), "next", cursor)


def _position(request: web.Request) -> int:
    return int(_cursor(request)["at"])


def _cursor(request: web.Request) -> dict[str, str]:
    try:
        cursor: dict[str, str] = json.loads(urlsafe_b64decode(request.query["after"]))
        int(cursor["at"])
    except (ValueError, KeyError, TypeError) as error:
        raise errors.invalid("after", "after: not a cursor of this org") from error
    return cursor


def _refuse_contradictions(request: web.Request) -> None:
    if "since" in request.query and "after" in request.query:
        raise errors.invalid("since", "since: must not be given together with after")
    if request.query.get("sortOrder", "ASCENDING") not in ("ASCENDING", "DESCENDING"):
        raise errors.invalid("sortOrder", "sortOrder: must be ASCENDING or DESCENDING")


def _since(org: OktaOrg, request: web.Request) -> str:
    now = org.controls.clock.now()
    text = request.query.get("since") or (_cursor(request).get("since") if "after" in request.query else None)
    since = _instant("since", text) if text else now - timedelta(days=DEFAULT_SINCE_DAYS)
    if since < now - timedelta(days=OLDEST_SINCE_DAYS):
        raise errors.invalid("since", f"since: must be within the last {OLDEST_SINCE_DAYS} days")
    return iso_millis(max(since, now - timedelta(days=RETENTION_DAYS)))


def _until(org: OktaOrg, request: web.Request) -> str:
    text = request.query.get("until")
    return iso_millis(_instant("until", text) if text else org.controls.clock.now() + timedelta(seconds=1))


def _instant(name: str, text: str) -> datetime:
    try:
        at = dates.isoparse(text)
    except ValueError as error:
        raise errors.invalid(name, f"{name}: must be an ISO 8601 time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    if not text.isdigit() or int(text) > MOST_PER_PAGE:
        raise errors.invalid("limit", f"limit: must be between 0 and {MOST_PER_PAGE}")
    return int(text)


def _wanted(request: web.Request) -> Predicate:
    """The condition that `filter` and `q` make together."""
    expression, words = request.query.get("filter", ""), request.query.get("q", "").casefold()
    if "published" in expression:
        raise errors.invalid("filter", "filter: published cannot be used, give since and until")
    fits = predicate_of(request, "filter") if expression else lambda event: True
    return lambda event: fits(event) and words in json.dumps(event).casefold() if words else fits(event)
