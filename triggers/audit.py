"""The audit for auditors: the acts of a period, as JSON lines or CSV, and what they come to."""

import io
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.audit import Period
from lifecycle.audit_report import Tally
from rows import audit, catalog
from triggers.addresses import address
from triggers.answers import FOR_THE_ASKER_ALONE, answered
from triggers.audit_bodies import (
    AuditQuery,
    AuditReport,
    ReportQuery,
    csv_header,
    csv_rows,
    json_lines,
    parse_period,
    report_of,
)
from triggers.csv_cells import CSV, is_csv_asked_for
from triggers.member_bodies import MalformedQuery
from triggers.people import known_member

JSON_LINES = "application/x-ndjson"

bp = df.Blueprint()


@bp.route("audit", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def export_audit(req: func.HttpRequest) -> func.HttpResponse:
    """One page of a period, with a link to the next: docs/decisions/0016-the-audit-by-time.md says why not a stream."""
    return await answered(read_acts(req))


@bp.route("audit/report", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def report_audit(req: func.HttpRequest) -> func.HttpResponse:
    return await answered(read_report(req.params))


async def read_acts(req: func.HttpRequest) -> func.HttpResponse:
    asked = parse_period(AuditQuery, req.params)
    as_csv = is_csv_asked_for(req.headers)
    okta_user_id = (await known_member(asked.user)).okta_user_id if asked.user else None
    text, continuation = await render(asked, asked.period, okta_user_id, as_csv=as_csv)
    headers = dict(FOR_THE_ASKER_ALONE)
    if continuation:
        given = {name: req.params[name] for name in ("from", "to", "user", "top") if req.params.get(name)}
        following = address(req.url, "audit", urlencode({**given, "continuation": continuation}))
        headers["Link"] = f'<{following}>; rel="next"'
    if as_csv:
        name = "audit-more-follows.csv" if continuation else "audit.csv"
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return func.HttpResponse(
        text,
        status_code=HTTPStatus.OK.value,
        headers=headers,
        mimetype=CSV if as_csv else JSON_LINES,
        charset="utf-8",
    )


async def render(
    asked: AuditQuery, period: Period, okta_user_id: str | None, *, as_csv: bool
) -> tuple[str, str | None]:
    """One page as text, and what asks for the next. Of the acts themselves a thousand at a time are in memory."""
    tables = await wiring.tables()
    text = io.StringIO(csv_header() if as_csv and not asked.continuation else "", newline="")
    text.seek(0, io.SEEK_END)
    left, continuation = asked.top, asked.continuation
    while left:
        try:
            page = await audit.page(tables, period, okta_user_id, continuation, left)
        except ValueError as error:
            raise MalformedQuery(f"continuation: {error}") from error
        text.write(csv_rows(page.records) if as_csv else json_lines(page.records))
        left, continuation = left - len(page.records), page.continuation
        if continuation is None:
            break
    return text.getvalue(), continuation


async def read_report(params: Mapping[str, str]) -> AuditReport:
    period = parse_period(ReportQuery, params).period
    tables, tally = await wiring.tables(), Tally()
    async for act in audit.of_period(tables, period):
        tally.add(act)
    return report_of(period, tally.report(await catalog.read(tables)))
