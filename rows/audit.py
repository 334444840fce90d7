"""The audit: a row per act, only ever added, in two tables. docs/decisions/0016-the-audit-by-time.md says why.

`Audit` has a partition per person, `AuditByTime` one per day for everybody. In both the newest act comes first.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from clients.errors import Conflict
from clients.table_rows import join_text, split_text
from lifecycle.audit import DONE, AuditEntry, Period
from rows.stored import Page, columns_of, partition_of

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Audit"
BY_TIME = "AuditByTime"
COLUMNS = {
    "at": "At",
    "act": "Act",
    "okta_user_id": "OktaUserId",
    "login": "Login",
    "entra_user_id": "EntraUserId",
    "actor": "Actor",
    "event_type": "EventType",
    "published": "EventPublished",
    "detail": "Detail",
    "outcome": "Outcome",
    "event_uuid": "EventUuid",
    "instance": "InstanceId",
    "request_id": "RequestId",
    "dry_run": "DryRun",
}
LICENSES = "Licenses"
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)
AN_INSTANT = timedelta(microseconds=1)
LONGEST_PAGE = 1000  # rows that Table Storage gives at once


async def append(tables: "Tables", entry: AuditEntry) -> None:
    """Add an act: by time first, so that whatever a person's story tells is found by time as well.

    An act repeated for the same call has one row, with its last outcome; but what was done stays done.
    """
    standing = await _store_by_time(tables, _columns(entry) | _keys_by_time(entry))
    await tables.upsert(TABLE, standing | _keys_by_person(entry))


async def of_person(tables: "Tables", okta_user_id: str) -> AsyncIterator[AuditEntry]:
    """The acts of one person, the oldest first; all of them at once."""
    rows = tables.query(TABLE, "PartitionKey eq @user", {"user": partition_of(okta_user_id)})
    for entry in sorted([from_values(row.values) async for row in rows], key=lambda entry: entry.at):
        yield entry


async def newest_of_person(tables: "Tables", okta_user_id: str, limit: int) -> list[AuditEntry]:
    """The last acts of one person, the newest first."""
    return await _first(tables, TABLE, "PartitionKey eq @user", {"user": partition_of(okta_user_id)}, limit)


async def newest(tables: "Tables", limit: int) -> list[AuditEntry]:
    """The last acts on anybody, the newest first."""
    return await _first(tables, BY_TIME, "", {}, limit)


async def page(
    tables: "Tables", period: Period, okta_user_id: str | None, continuation: str | None, limit: int
) -> Page[AuditEntry]:
    """Acts of a period, the newest first: of one person, or of everybody. At most LONGEST_PAGE at once.

    Raises ValueError for a continuation that was not given out.
    """
    named: dict[str, object] = {"since": period.since, "until": period.until}
    if okta_user_id is None:
        table, partitions = BY_TIME, "PartitionKey ge @first and PartitionKey le @last"
        named |= {"first": _day(period.until), "last": _day(period.since)}
    else:
        table, partitions = TABLE, "PartitionKey eq @user"
        named |= {"user": partition_of(okta_user_id)}
    found = await tables.query_page(
        table, f"{partitions} and At ge @since and At lt @until", named, continuation, min(limit, LONGEST_PAGE)
    )
    return Page(tuple(from_values(row.values) for row in found.rows), found.continuation)


async def of_period(tables: "Tables", period: Period) -> AsyncIterator[AuditEntry]:
    """All acts of a period, page by page, the newest first."""
    continuation = None
    while True:
        found = await page(tables, period, None, continuation, LONGEST_PAGE)
        for entry in found.records:
            yield entry
        if (continuation := found.continuation) is None:
            return


async def removed_licenses(tables: "Tables", period: Period, most_pages: int) -> Counter[str]:
    """How many licenses were really removed in a period, by name; of so many pages of 1,000 acts at the most."""
    counted: Counter[str] = Counter()
    acts = "Act ge @first_act and Act lt @behind and Outcome eq @done and DryRun eq @no"
    named = {"first": _day(period.until), "last": _day(period.since), "since": period.since, "until": period.until}
    named |= {"first_act": "remove_license", "behind": "remove_licenset", "done": DONE, "no": False}
    query = f"PartitionKey ge @first and PartitionKey le @last and At ge @since and At lt @until and {acts}"
    continuation = None
    for _ in range(most_pages):
        found = await tables.query_page(BY_TIME, query, named, continuation, LONGEST_PAGE, (LICENSES,))
        counted.update(name for row in found.rows for name in json.loads(join_text(LICENSES, row.values) or "[]"))
        if (continuation := found.continuation) is None:
            break
    return counted


async def _store_by_time(tables: "Tables", values: dict[str, Any]) -> dict[str, Any]:
    """Returns what stands of the act: an earlier `done`, or these values."""
    if values[COLUMNS["outcome"]] != DONE:
        try:
            await tables.insert(BY_TIME, values)
            return values
        except Conflict:
            known = await tables.get(BY_TIME, values["PartitionKey"], values["RowKey"])
            if known and known.values[COLUMNS["outcome"]] == DONE:
                return dict(known.values)
    await tables.upsert(BY_TIME, values)
    return values


async def _first(
    tables: "Tables", table: str, filter: str, parameters: Mapping[str, object], limit: int
) -> list[AuditEntry]:
    """The first rows; the service may answer fewer at once than it was asked for."""
    found: list[AuditEntry] = []
    continuation = None
    while len(found) < limit:
        rows = await tables.query_page(table, filter, parameters, continuation, min(limit - len(found), LONGEST_PAGE))
        found += [from_values(row.values) for row in rows.rows]
        if (continuation := rows.continuation) is None:
            break
    return found


def _keys_by_person(entry: AuditEntry) -> dict[str, str]:
    row_key = f"{_day(entry.at)}{_instant_of_day(entry.at)}-{entry.act}-{entry.instance}"
    return {"PartitionKey": partition_of(entry.okta_user_id), "RowKey": row_key}


def _keys_by_time(entry: AuditEntry) -> dict[str, str]:
    row_key = f"{_instant_of_day(entry.at)}-{partition_of(entry.okta_user_id)}-{entry.act}-{entry.instance}"
    return {"PartitionKey": _day(entry.at), "RowKey": row_key}


def _day(instant: datetime) -> str:
    """A day (UTC) as a key that is the smaller, the later it is: Table Storage sorts by key, and in one way only."""
    return f"{(LAST_INSTANT - instant).days:07}"


def _instant_of_day(instant: datetime) -> str:
    """What is left of the day, in microseconds, as a key that is the smaller, the later it is."""
    left = LAST_INSTANT - instant
    return f"{timedelta(seconds=left.seconds, microseconds=left.microseconds) // AN_INSTANT:011}"


def _columns(entry: AuditEntry) -> dict[str, Any]:
    licenses = split_text(LICENSES, json.dumps(entry.licenses)) if entry.licenses else {}
    return columns_of(entry, COLUMNS, words={"outcome", "detail"}) | licenses


def from_values(values: Mapping[str, Any]) -> AuditEntry:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    return AuditEntry(**known, licenses=tuple(json.loads(join_text(LICENSES, values) or "[]")))
