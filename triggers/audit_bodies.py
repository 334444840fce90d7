"""What the audit's routes take and answer: a period, and acts as JSON lines or CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, Field

from lifecycle.audit import AuditEntry, Period
from lifecycle.audit_report import Minutes, Report, SkuUse
from triggers.csv_cells import cell
from triggers.member_bodies import Instant, MalformedQuery, Query, parse_query

# The host itself looks at these before the app does.
OF_THE_HOST = frozenset({"code", "clientId"})
# Before all acts, and what Table Storage takes for an instant (from 1601 on).
BEFORE_ALL_ACTS = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_REPORT = timedelta(days=366)  # some 1,000 acts are read in a call, and a request has less than four minutes


class PeriodQuery(BaseModel):
    """?from=&to=, instants in ISO 8601 with a time zone, such as 2026-09-01T00:00:00Z"""

    since: Instant = Field(alias="from", description="from when on; this instant belongs to the period")
    until: Instant = Field(alias="to", description="until when; this instant does not belong to the period")

    @property
    def period(self) -> Period:
        """Raises MalformedQuery for one that ends before it begins."""
        if self.until <= self.since:
            raise MalformedQuery("to: it has to be later than from")
        return Period(_in_utc("from", self.since), _in_utc("to", self.until))


class AuditQuery(PeriodQuery):
    """?from=&to=[&user=][&top=][&continuation=], instants in ISO 8601 with a time zone, such as 2026-09-01T00:00:00Z"""

    user: str | None = Field(None, description="only acts on this person: an Okta user's id, or the login")
    top: int = Field(5000, ge=1, le=10_000, description="how many at the most; the header Link leads to the next ones")
    continuation: str | None = Field(None, description="as the link of the page before has it")


class ReportQuery(PeriodQuery):
    """?from=&to=, instants in ISO 8601 with a time zone, such as 2026-09-01T00:00:00Z, a year apart at the most"""

    @property
    def period(self) -> Period:
        if self.until - self.since > LONGEST_REPORT:
            raise MalformedQuery(f"to: it has to be within {LONGEST_REPORT.days} days of from")
        return super().period


class AuditLine(BaseModel):
    """One act: a line of JSON, or a row of CSV with these columns. Texts from Okta are data here, never markup."""

    at: datetime
    act: str
    outcome: str
    user: str | None = Field(description="the login, as it was then")
    okta_user_id: str
    entra_user_id: str | None
    actor: str | None = Field(description="who caused it: Okta's login, or `operator: <who>`")
    event_type: str | None
    event_uuid: str
    published: datetime | None = Field(description="when the event was published")
    seconds_after_event: float | None
    licenses: list[str] = Field(description="by name")
    detail: str
    instance: str
    request_id: str | None
    dry_run: bool


class AuditReport(BaseModel):
    """What a period comes to; dry runs and failures do not count."""

    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")
    people: int = Field(description="on whom anything was done")
    disabled: int = Field(description="accounts that were disabled")
    minutes_to_disable: Minutes = Field(description="from the event to the account disabled; null where none was")
    licenses_freed: int
    licenses_given: int
    skus: list[SkuUse] = Field(description="by license: what was freed and given, and its units at the last store")


def parse_period(model: type[Query], params: Mapping[str, str]) -> Query:
    """A misspelt parameter would widen what is asked for, so it is refused. Raises MalformedQuery."""
    names = {field.alias or name for name, field in model.model_fields.items()}
    if unknown := sorted(set(params) - names - OF_THE_HOST):
        raise MalformedQuery(f"expected {model.__doc__}; there is no parameter {unknown[0][:40]!r}")
    return parse_query(model, params)


def line_of(entry: AuditEntry) -> AuditLine:
    after = entry.seconds_after_event
    return AuditLine(
        at=entry.at,
        act=entry.act,
        outcome=entry.outcome,
        user=entry.login,
        okta_user_id=entry.okta_user_id,
        entra_user_id=entry.entra_user_id,
        actor=entry.actor,
        event_type=entry.event_type,
        event_uuid=entry.event_uuid,
        published=entry.published,
        seconds_after_event=None if after is None else round(after, 3),
        licenses=list(entry.licenses),
        detail=entry.detail,
        instance=entry.instance,
        request_id=entry.request_id,
        dry_run=entry.dry_run,
    )


def json_lines(entries: Iterable[AuditEntry]) -> str:
    return "".join(f"{line_of(entry).model_dump_json()}\n" for entry in entries)


def csv_header() -> str:
    return f"{','.join(AuditLine.model_fields)}\r\n"


def csv_rows(entries: Iterable[AuditEntry]) -> str:
    """Without the header, so that pages can be put one behind the other."""
    text = io.StringIO()
    rows = csv.writer(text)
    for entry in entries:
        known = line_of(entry).model_dump(mode="json")
        known["licenses"] = "; ".join(entry.licenses)
        known["dry_run"] = str(entry.dry_run).lower()
        rows.writerow([cell(value) for value in known.values()])
    return text.getvalue()


def report_of(period: Period, report: Report) -> AuditReport:
    return AuditReport(
        since=period.since,
        until=period.until,
        people=report.people,
        disabled=report.disabled,
        minutes_to_disable=report.minutes_to_disable,
        licenses_freed=report.licenses_freed,
        licenses_given=report.licenses_given,
        skus=list(report.skus),
    )


def _in_utc(name: str, instant: datetime) -> datetime:
    try:
        return max(instant.astimezone(UTC), BEFORE_ALL_ACTS)
    except OverflowError as error:
        raise MalformedQuery(f"{name}: it is beyond the end of time") from error
