"""The table `State`: what the app itself remembers, the counts of the brake and the place in Okta's System Log."""

import json
from typing import TYPE_CHECKING

from lifecycle.brake import Counts
from lifecycle.system_log import Place
from rows.stored import Stored

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "State"
BRAKE = {"PartitionKey": "brake", "RowKey": "deactivations"}
SYSTEM_LOG = {"PartitionKey": "okta", "RowKey": "system_log"}


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
