"""The table `State`: what the app itself remembers.

What the brake has counted, the place in Okta's System Log, the events that catch-up has found there for runs that are
still looking for them, what the last drift check came to, and what health checks write to see that they can.
"""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING

from lifecycle.brake import Counts
from lifecycle.health import LastDriftCheck
from lifecycle.inputs import Start
from lifecycle.system_log import Place
from rows.stored import Stored

if TYPE_CHECKING:
    from clients.records import Row
    from clients.tables import Tables

TABLE = "State"
BRAKE = {"PartitionKey": "brake", "RowKey": "deactivations"}
SYSTEM_LOG = {"PartitionKey": "okta", "RowKey": "system_log"}
DRIFT = {"PartitionKey": "drift", "RowKey": "last_check"}
PROBE = {"PartitionKey": "health", "RowKey": "probe"}
NOTED = "noted_event"
PASSED = "passed_brake"


async def find_counts(tables: "Tables") -> Stored[Counts] | None:
    """The deactivations per minute that the brake has counted."""
    row = await tables.get(TABLE, BRAKE["PartitionKey"], BRAKE["RowKey"])
    if row is None:
        return None
    return Stored({int(minute): count for minute, count in json.loads(row.values["Counts"]).items()}, row.etag)


async def store_counts(tables: "Tables", counts: Counts, etag: str | None) -> None:
    """Raises Conflict when somebody else has counted meanwhile."""
    values = {**BRAKE, "Counts": json.dumps(counts)}
    await (tables.replace(TABLE, values, etag) if etag else tables.insert(TABLE, values))


async def find_pass(tables: "Tables", entra_user_id: str) -> datetime | None:
    """When the deactivation of an account was counted last."""
    row = await tables.get(TABLE, PASSED, entra_user_id)
    return row.values["PassedAt"] if row else None


async def note_pass(tables: "Tables", entra_user_id: str, at: datetime) -> None:
    """The deactivation of this account has been counted."""
    await tables.upsert(TABLE, {"PartitionKey": PASSED, "RowKey": entra_user_id, "PassedAt": at})


async def find_place(tables: "Tables") -> Stored[Place] | None:
    """How far the System Log has been read."""
    row = await tables.get(TABLE, SYSTEM_LOG["PartitionKey"], SYSTEM_LOG["RowKey"])
    if row is None:
        return None
    values = row.values
    return Stored(Place(values["Next"], values["ReadTo"], values["PolledAt"], values["Filter"]), row.etag)


async def store_place(tables: "Tables", place: Place, etag: str | None) -> str:
    """Returns the new ETag. Raises Conflict when another run has stored a place meanwhile."""
    values = {
        **SYSTEM_LOG,
        "Next": place.next_link,
        "ReadTo": place.read_to,
        "PolledAt": place.polled_at,
        "Filter": place.filter,
    }
    return await (tables.replace(TABLE, values, etag) if etag else tables.insert(TABLE, values))


async def find_drift_check(tables: "Tables") -> LastDriftCheck | None:
    row = await tables.get(TABLE, DRIFT["PartitionKey"], DRIFT["RowKey"])
    if row is None:
        return None
    return LastDriftCheck(row.values["At"], row.values["Findings"], json.loads(row.values["Kinds"]))


async def store_drift_check(tables: "Tables", last: LastDriftCheck) -> None:
    """A drift check has read everything and come to this."""
    values = {**DRIFT, "At": last.at, "Findings": last.findings, "Kinds": json.dumps(dict(last.kinds))}
    await tables.upsert(TABLE, values)


async def write_probe(tables: "Tables", at: datetime) -> datetime:
    """Write a row that means nothing, and read it back. Returns what was read."""
    await tables.upsert(TABLE, {**PROBE, "At": at})
    row = await tables.get(TABLE, PROBE["PartitionKey"], PROBE["RowKey"])
    found: datetime | None = row.values["At"] if row else None
    return found or datetime.min.replace(tzinfo=at.tzinfo)


async def note(tables: "Tables", start: Start) -> None:
    """Note an event as the log has it: what its run would be started with. The run's claim forgets it."""
    keys = {"PartitionKey": NOTED, "RowKey": start.instance}
    await tables.upsert(TABLE, {**keys, "Flow": start.flow, "Input": json.dumps(dict(start.input))})


async def find_noted(tables: "Tables", instance: str) -> Start | None:
    """The event that was noted for a run."""
    row = await tables.get(TABLE, NOTED, instance)
    return _noted(row) if row else None


async def every_noted(tables: "Tables") -> AsyncIterator[Start]:
    async for row in tables.query(TABLE, "PartitionKey eq @partition", {"partition": NOTED}):
        yield _noted(row)


async def forget_noted(tables: "Tables", instance: str) -> None:
    """One that is not there is no error."""
    await tables.delete(TABLE, NOTED, instance)


def _noted(row: "Row") -> Start:
    return Start(row.values["Flow"], row.values["RowKey"], json.loads(row.values["Input"]))
