"""The table `Accounts`: one row per Microsoft 365 account, the one fence and the one chain of waiting for it."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clients.table_rows import join_text, split_text
from lifecycle.accounts import Account, AccountClaim, FormerGroup, Intent
from lifecycle.members import Member
from rows.stored import Stored

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Accounts"
PARTITION = "account"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
COLUMNS = {
    "user_principal_name": "UserPrincipalName",
    "owner": "OwnerOktaUserId",
    "run": "InstanceId",
    "due_at": "DueAt",
    "updated_at": "UpdatedAt",
}
FLAG_COLUMNS = {
    "confirmed": "IntentConfirmed",
    "disabled_by_us": "DisabledByUs",
    "newcomer": "Newcomer",
    "kept": "LicensesKept",
}  # there only if so


@dataclass(frozen=True, slots=True)
class Due:
    """When licenses go, and whose (an Okta user id)."""

    okta_user_id: str
    at: datetime


async def find(tables: "Tables", entra_user_id: str) -> Stored[Account] | None:
    row = await tables.get(TABLE, PARTITION, entra_user_id)
    return Stored(from_values(row.values), row.etag) if row else None


async def of_member(tables: "Tables", member: Member) -> Account | None:
    """The account of a person, if it is this person's still."""
    stored = await find(tables, member.entra_user_id) if member.entra_user_id else None
    return stored.record if stored and stored.record.owner == member.okta_user_id else None


async def every(tables: "Tables") -> AsyncIterator[Account]:
    async for row in tables.query(TABLE, "PartitionKey eq @account", {"account": PARTITION}):
        yield from_values(row.values)


async def due_between(
    tables: "Tables", first: datetime | None, before: datetime, most_pages: int
) -> tuple[list[Due], bool]:
    """Whose licenses go in a span of time, in no order; and whether there are more than so many pages of 1,000."""
    found: list[Due] = []
    continuation = None
    query = "PartitionKey eq @account and DueAt ge @first and DueAt lt @before"
    for _ in range(most_pages):
        values = {"account": PARTITION, "first": first or LONG_AGO, "before": before}
        page = await tables.query_page(TABLE, query, values, continuation, 1000, (COLUMNS["owner"], COLUMNS["due_at"]))
        found += [Due(row.values[COLUMNS["owner"]], row.values[COLUMNS["due_at"]]) for row in page.rows]
        if (continuation := page.continuation) is None:
            break
    return found, continuation is not None


async def insert(tables: "Tables", account: Account) -> str:
    """Returns the ETag. Raises Conflict when the account has a row."""
    return await tables.insert(TABLE, to_values(account))


async def replace(tables: "Tables", account: Account, etag: str) -> str:
    """Returns the new ETag. Raises Conflict when the row is not as it was read; nothing is ever written blindly."""
    return await tables.replace(TABLE, to_values(account), etag)


def to_values(account: Account) -> dict[str, Any]:
    """The columns of a row; what is not known or not so has no column."""
    values: dict[str, Any] = {"PartitionKey": PARTITION, "RowKey": account.entra_user_id}
    known = {column: getattr(account, name) for name, column in COLUMNS.items()}
    values |= {column: value for column, value in known.items() if value is not None}
    values |= {column: True for name, column in FLAG_COLUMNS.items() if getattr(account, name)}
    if account.intent is not None:
        values["Intent"] = account.intent.value
    if account.untold:
        values["UntoldLicenses"] = ",".join(account.untold)  # ids, which have no comma
    claims = [
        [claim.instance, claim.okta_user_id, claim.predecessor, claim.written_at and claim.written_at.isoformat()]
        for claim in account.claims
    ]
    values |= split_text("Claims", json.dumps(claims))
    if account.former_groups:
        former = [[each.group_id, each.left_at.isoformat()] for each in account.former_groups]
        values |= split_text("FormerGroups", json.dumps(former))
    if account.snapshot is not None:
        values |= split_text("Snapshot", account.snapshot)
    return values


def from_values(values: Mapping[str, Any]) -> Account:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    flags = {name: bool(values.get(column)) for name, column in FLAG_COLUMNS.items()}
    former = json.loads(join_text("FormerGroups", values) or "[]")
    return Account(
        entra_user_id=values["RowKey"],
        claims=tuple(_claim(*claim) for claim in json.loads(join_text("Claims", values) or "[]")),
        intent=Intent(values["Intent"]) if "Intent" in values else None,
        snapshot=join_text("Snapshot", values),
        former_groups=tuple(FormerGroup(group_id, datetime.fromisoformat(at)) for group_id, at in former),
        untold=tuple(word for word in str(values.get("UntoldLicenses", "")).split(",") if word),
        **known | flags,
    )


def _claim(instance: str, okta_user_id: str, predecessor: str | None, written_at: str | None) -> AccountClaim:
    return AccountClaim(instance, okta_user_id, predecessor, datetime.fromisoformat(written_at) if written_at else None)
