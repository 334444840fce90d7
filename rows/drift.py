"""The tables of a drift check: `DriftReadings`, who was read from Okta, kept while a check lasts; and `Drift`, what was
found, kept for good: one partition per check, numbered from the gravest finding on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from clients.records import Row
from clients.table_rows import join_text, split_text
from lifecycle.drift_evidence import Entitled, Finding, GroupMember, Kind, ReadGroup
from lifecycle.events import Flow
from rows.stored import columns_of, numbered

if TYPE_CHECKING:
    from clients.tables import Tables

READINGS = "DriftReadings"
TABLE = "Drift"
COLUMNS = {
    "kind": "Kind",
    "okta_user_id": "OktaUserId",
    "login": "Login",
    "words": "Finding",
    "flow": "Flow",
    "group_id": "OktaGroupId",
    "group_name": "OktaGroupName",
    "entra_user_id": "EntraUserId",
    "started": "StartedInstanceId",
    "not_started": "NotStarted",
}
# A row of so many people is a tenth of what a row can hold.
PEOPLE_PER_ROW = 500
# No check lasts longer, whatever it waits for.
LONGEST_CHECK = timedelta(days=7)


async def store_group_members(
    tables: "Tables", run: str, group_id: str, members: Sequence[GroupMember], at: datetime
) -> int:
    """Store the entitled members of one group; returns in how many rows."""
    from clients.tables import Write

    parts = [members[first : first + PEOPLE_PER_ROW] for first in range(0, len(members), PEOPLE_PER_ROW)]
    rows = [
        {"PartitionKey": run, "RowKey": _part_key(group_id, number), "ReadAt": at}
        | split_text("People", json.dumps([asdict(each) for each in part]))
        for number, part in enumerate(parts)
    ]
    await tables.submit(READINGS, [Write("upsert", row) for row in rows])
    return len(rows)


async def read_entitled(tables: "Tables", run: str, groups: Iterable[ReadGroup]) -> dict[str, Entitled]:
    """Everybody who is entitled, by id. Raises LookupError unless every row is there that the reading stored."""
    rows = {row.values["RowKey"]: row async for row in tables.query(READINGS, "PartitionKey eq @run", {"run": run})}
    people: dict[str, Entitled] = {}
    for group in groups:
        for number in range(group.parts):
            part = join_text("People", rows[_part_key(group.id, number)].values) or "[]"
            for each in (GroupMember(**found) for found in json.loads(part)):
                known = people.get(each.id)
                names = (*(known.groups if known else ()), group.name)
                ids = (*(known.group_ids if known else ()), group.id)
                people[each.id] = Entitled(each.id, each.login, each.email, names, ids)
    return people


async def forget_readings(tables: "Tables", run: str, at: datetime) -> int:
    """Delete what this check read, and what older checks left that did not come to their end."""
    query, before = "PartitionKey eq @run or ReadAt lt @before", at - LONGEST_CHECK
    rows = [row async for row in tables.query(READINGS, query, {"run": run, "before": before})]
    await _delete(tables, READINGS, rows)
    return len(rows)


async def store_findings(tables: "Tables", run: str, found_at: datetime, findings: Sequence[Finding]) -> None:
    """Store what was found; what an earlier attempt found beyond that goes."""
    from clients.tables import Write

    former = await _rows(tables, run, 0, None)
    values = [_to_values(run, number, found_at, each) for number, each in enumerate(findings)]
    await tables.submit(TABLE, [Write("upsert", each) for each in values])
    await _delete(tables, TABLE, [row for row in former if row.values["RowKey"] >= numbered(len(findings))])


async def read_findings(tables: "Tables", run: str, first: int = 0, end: int | None = None) -> list[Finding]:
    """The findings with the numbers from `first` up to but not including `end`, in order."""
    return [_from_values(row.values) for row in await _rows(tables, run, first, end)]


async def mark_findings(tables: "Tables", run: str, marked: Mapping[int, Finding]) -> None:
    """Store, by number, what became of findings (`started`, `not_started`)."""
    from clients.tables import Write

    marks = [
        {
            "PartitionKey": run,
            "RowKey": numbered(number),
            **{COLUMNS[name]: getattr(finding, name) for name in ("started", "not_started")},
        }
        for number, finding in marked.items()
    ]
    await tables.submit(TABLE, [Write("merge", mark) for mark in marks])


async def _rows(tables: "Tables", run: str, first: int, end: int | None) -> list[Row]:
    query = "PartitionKey eq @run and RowKey ge @first and RowKey lt @end"
    between = {"run": run, "first": numbered(first), "end": numbered(10**6 - 1 if end is None else end)}
    return [row async for row in tables.query(TABLE, query, between)]


async def _delete(tables: "Tables", table: str, rows: Iterable[Row]) -> None:
    from clients.tables import Write

    keys = ("PartitionKey", "RowKey")
    await tables.submit(table, [Write("delete", {key: row.values[key] for key in keys}) for row in rows])


def _to_values(run: str, number: int, found_at: datetime, finding: Finding) -> dict[str, Any]:
    keys = {"PartitionKey": run, "RowKey": numbered(number), "FoundAt": found_at}
    return keys | columns_of(finding, COLUMNS, words={"words", "not_started"})


def _from_values(values: Mapping[str, Any]) -> Finding:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    flow = Flow(known["flow"]) if known["flow"] else None
    return Finding(**known | {"kind": Kind(known["kind"]), "flow": flow})


def _part_key(group_id: str, number: int) -> str:
    return f"{group_id}-{numbered(number)}"
