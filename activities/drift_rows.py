"""The rows of a drift check: who was read from Okta, kept while the check lasts, and what was found, kept for good."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import wiring
from clients.records import Row
from clients.table_rows import join_text, split_text
from lifecycle.drift import Entitled, Finding
from lifecycle.drift_report import DRIFT, finding_values, row_key

READINGS = "DriftReadings"
# A row of so many people is a tenth of what a row can hold.
PEOPLE_PER_ROW = 500
# No check lasts longer, whatever it waits for.
LONGEST_CHECK = timedelta(days=7)


async def store_people(run: str, group_id: str, people: list[dict[str, Any]], at: datetime) -> int:
    """Store the entitled members of one group; returns in how many rows."""
    from clients.tables import Write

    parts = [people[first : first + PEOPLE_PER_ROW] for first in range(0, len(people), PEOPLE_PER_ROW)]
    rows = [
        {"PartitionKey": run, "RowKey": _part_key(group_id, number), "ReadAt": at}
        | split_text("People", json.dumps(part))
        for number, part in enumerate(parts)
    ]
    tables = await wiring.tables()
    await tables.submit(READINGS, [Write("upsert", row) for row in rows])
    return len(rows)


async def read_people(run: str, groups: Iterable[dict[str, Any]]) -> dict[str, Entitled]:
    """Everybody who is entitled, by id. Raises LookupError unless every row is there that the reading stored."""
    tables = await wiring.tables()
    rows = {row.values["RowKey"]: row async for row in tables.query(READINGS, "PartitionKey eq @run", {"run": run})}
    people: dict[str, Entitled] = {}
    for group in groups:
        for number in range(group["parts"]):
            part = join_text("People", rows[_part_key(group["id"], number)].values) or "[]"
            for each in json.loads(part):
                known = people.get(each["id"])
                names = (*(known.groups if known else ()), group["name"])
                ids = (*(known.group_ids if known else ()), group["id"])
                people[each["id"]] = Entitled(each["id"], each["login"], each["email"], names, ids)
    return people


async def forget_people(run: str, at: datetime) -> int:
    """Delete what this check read, and what older checks left that did not come to their end."""
    query, before = "PartitionKey eq @run or ReadAt lt @before", at - LONGEST_CHECK
    tables = await wiring.tables()
    rows = [row async for row in tables.query(READINGS, query, {"run": run, "before": before})]
    await _delete(READINGS, rows)
    return len(rows)


async def store_findings(run: str, found_at: datetime, findings: list[Finding]) -> None:
    """Store what was found; what an earlier attempt found beyond that goes."""
    from clients.tables import Write

    tables = await wiring.tables()
    former = await read_findings(run)
    await tables.submit(
        DRIFT, [Write("upsert", finding_values(run, number, found_at, each)) for number, each in enumerate(findings)]
    )
    await _delete(DRIFT, [row for row in former if row.values["RowKey"] >= row_key(len(findings))])


async def read_findings(run: str, first: int = 0, end: int = 10**6 - 1) -> list[Row]:
    """The rows of the findings with these numbers."""
    query = "PartitionKey eq @run and RowKey ge @first and RowKey lt @end"
    tables = await wiring.tables()
    between = {"run": run, "first": row_key(first), "end": row_key(end)}
    return [row async for row in tables.query(DRIFT, query, between)]


async def mark_findings(marks: Iterable[dict[str, Any]]) -> None:
    """Store what became of findings beside what was found."""
    from clients.tables import Write

    tables = await wiring.tables()
    await tables.submit(DRIFT, [Write("merge", mark) for mark in marks])


async def _delete(table: str, rows: Iterable[Row]) -> None:
    from clients.tables import Write

    tables = await wiring.tables()
    keys = ("PartitionKey", "RowKey")
    await tables.submit(table, [Write("delete", {key: row.values[key] for key in keys}) for row in rows])


def _part_key(group_id: str, number: int) -> str:
    return f"{group_id}-{row_key(number)}"
