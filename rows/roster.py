"""The table `Roster`: who was in a managed group at the last nightly check, a row per person."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from lifecycle.drift_evidence import RosterEntry

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Roster"
PARTITION = "member"


async def is_on(tables: "Tables", okta_user_id: str) -> bool:
    return await tables.get(TABLE, PARTITION, okta_user_id) is not None


async def every(tables: "Tables") -> AsyncIterator[RosterEntry]:
    async for row in tables.query(TABLE, "PartitionKey eq @member", {"member": PARTITION}):
        values = row.values
        yield RosterEntry(values["RowKey"], values["Login"], tuple(values["Groups"].split(",")))


async def store(tables: "Tables", entries: Iterable[RosterEntry], gone: Iterable[str], at: datetime) -> None:
    """Write who is new on it or has changed, and forget those who were on it and are `gone` (Okta user ids)."""
    from clients.tables import Write

    present = [
        Write(
            "upsert",
            {
                "PartitionKey": PARTITION,
                "RowKey": entry.okta_user_id,
                "Login": entry.login,
                "Groups": ",".join(entry.group_ids),
                "Since": at,
            },
        )
        for entry in entries
    ]
    over = [Write("delete", {"PartitionKey": PARTITION, "RowKey": each}) for each in gone]
    await tables.submit(TABLE, [*present, *over])
