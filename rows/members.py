"""The table `Members`: one row per Okta user."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace as changed
from datetime import datetime
from typing import TYPE_CHECKING, Any

from clients.table_rows import cut_text, join_text, split_text
from lifecycle.audit import Cause
from lifecycle.events import Flow
from lifecycle.members import Claimed, JoinedGroup, LeftGroup, Member, NewestEvent
from lifecycle.orders import GivenCommand, Outcome, parse_order
from lifecycle.stages import Phase
from rows.stored import Page, Stored, columns_of

if TYPE_CHECKING:
    from clients.tables import Tables

TABLE = "Members"
PARTITION = "member"
TEXT_COLUMNS = {
    "login": "Login",
    "instance": "InstanceId",
    "event_uuid": "EventUuid",
    "display_name": "DisplayName",
    "group_id": "OktaGroupId",
    "group_name": "OktaGroupName",
    "entra_user_id": "EntraUserId",
    "user_principal_name": "UserPrincipalName",
    "manager_mail": "ManagerMail",
    "manager_name": "ManagerName",
    "reason": "LastError",
    "awaiting_command": "AwaitingCommand",
}
TIME_COLUMNS = {"published": "Published", "updated_at": "UpdatedAt"}
COLUMNS = {**TEXT_COLUMNS, **TIME_COLUMNS}
FLAG_COLUMNS = {
    "passed_over": "PassedOver",
    "held": "Held",
    "released": "Released",
    "dry_run": "DryRun",
    "tries_again": "TriesAgain",
}  # there only if so
SEARCH_COLUMNS = ("Search", "Search_1", "Search_2", "Search_3")
FIRST_HALF_CHARACTER = 0xD800
COMMAND, ASKED_AT = "Command", "CommandAskedAt"  # the second only until the run has taken it, to be found by


async def find(tables: "Tables", okta_user_id: str) -> Stored[Member] | None:
    """The row of a person. Raises clients.errors.ClientError, as everything here."""
    row = await tables.get(TABLE, PARTITION, okta_user_id)
    return Stored(from_values(row.values), row.etag) if row else None


async def find_by_login(tables: "Tables", login: str) -> list[Member]:
    """Everybody who has had this login, one after the other, in the writing given or in small letters."""
    named = "PartitionKey eq @partition and (Login eq @login or Login eq @lowered)"
    values = {"partition": PARTITION, "login": login, "lowered": login.lower()}
    return [from_values(row.values) async for row in tables.query(TABLE, named, values)]


async def insert(tables: "Tables", member: Member) -> None:
    """Raises Conflict when the person has a row."""
    await tables.insert(TABLE, to_values(member))


async def replace(tables: "Tables", member: Member, etag: str) -> None:
    """Raises Conflict when the row is not as it was read."""
    await tables.replace(TABLE, to_values(member), etag)


async def every(tables: "Tables") -> AsyncIterator[Member]:
    async for row in tables.query(TABLE, "PartitionKey eq @members", {"members": PARTITION}):
        yield from_values(row.values)


async def in_phase(tables: "Tables", phase: Phase) -> AsyncIterator[Member]:
    named = {"members": PARTITION, "phase": phase.value}
    async for row in tables.query(TABLE, "PartitionKey eq @members and Phase eq @phase", named):
        yield from_values(row.values)


async def with_outstanding_command(tables: "Tables", asked_before: datetime) -> AsyncIterator[Member]:
    """People whose run has yet to take a command that was accepted before this instant."""
    asked = f"PartitionKey eq @members and {ASKED_AT} lt @before"
    async for row in tables.query(TABLE, asked, {"members": PARTITION, "before": asked_before}):
        yield from_values(row.values)


async def page(
    tables: "Tables", phase: Phase | None, after: str | None, limit: int, named: str | None = None
) -> Page[Member]:
    """People in the order of their Okta ids, those behind `after`; its continuation is the next `after`.

    `named`: only those whose login, or a word of whose name, begins so, however it is written.
    """
    conditions = {"PartitionKey eq @partition": PARTITION, "Phase eq @phase": phase, "RowKey gt @after": after}
    given = {text: str(value) for text, value in conditions.items() if value is not None}
    values = {text.partition("@")[2]: value for text, value in given.items()}
    if named:
        begins = [f"({column} ge @named and {column} lt @behind)" for column in SEARCH_COLUMNS]
        given[f"({' or '.join(begins)})"] = named
        values |= {"named": named.casefold(), "behind": _behind(named.casefold())}
    found = await tables.query_page(TABLE, " and ".join(given), values, None, limit)
    people = tuple(from_values(row.values) for row in found.rows)
    return Page(people, people[-1].okta_user_id if people and found.continuation else None)


def _behind(text: str) -> str:
    """The first text behind all those that begin so; tables compare texts by their UTF-16 units."""
    last = ord(text[-1]) + 1
    return text[:-1] + chr(0xE000 if last == FIRST_HALF_CHARACTER else last)


def _search_values(member: Member) -> dict[str, str]:
    """By what a person is found: the login, and the name from each of its first words on, in small letters.

    Table Storage compares beginnings and nothing else, and minds capitals.
    """
    words = (member.display_name or "").casefold().split()
    texts = [member.login.casefold(), *(" ".join(words[first:]) for first in range(len(words)))]
    return {column: cut_text(text) for column, text in zip(SEARCH_COLUMNS, texts, strict=False) if text}


def to_values(member: Member) -> dict[str, Any]:
    """The columns of a row; a member that has no value for a column has no such column."""
    values: dict[str, Any] = {"PartitionKey": PARTITION, "RowKey": member.okta_user_id, "Phase": member.phase.value}
    known = columns_of(member, COLUMNS, words={"reason"})
    values |= {column: value for column, value in known.items() if value is not None}
    values |= _search_values(member)
    values |= {column: True for name, column in FLAG_COLUMNS.items() if getattr(member, name)}
    values |= split_text("Claims", json.dumps([[each.instance, each.predecessor] for each in member.claims]))
    if member.left_groups:
        values |= split_text("LeftGroups", json.dumps([_left_words(each) for each in member.left_groups]))
    if member.joined:
        joined = [[each.group_id, each.published.isoformat()] for each in member.joined]
        values |= split_text("JoinedGroups", json.dumps(joined))
    if member.pending:
        values["Pending"] = ",".join(member.pending)
    if member.cause:
        cause = {"EventType": member.cause.event_type, "EventPublished": member.cause.published}
        values |= cause | ({"EventActor": member.cause.actor} if member.cause.actor else {})
    if member.newest:
        newest = {"NewestPublished": member.newest.published, "NewestType": member.newest.event_type}
        values |= newest | ({"NewestGroupId": member.newest.group_id} if member.newest.group_id else {})
    if member.command is not None:
        values |= _command_values(member.command)
    return values


def from_values(values: Mapping[str, Any]) -> Member:
    known: dict[str, Any] = {name: values.get(column) for name, column in COLUMNS.items()}
    claims = json.loads(join_text("Claims", values) or "[]")
    left = json.loads(join_text("LeftGroups", values) or "[]")
    joined = json.loads(join_text("JoinedGroups", values) or "[]")
    return Member(
        okta_user_id=values["RowKey"],
        phase=Phase(values["Phase"]),
        claims=tuple(Claimed(instance, predecessor) for instance, predecessor in claims),
        left_groups=tuple(_left_group(*words) for words in left),
        command=_command(values.get(COMMAND)),
        passed_over=bool(values.get("PassedOver")),
        held=bool(values.get("Held")),
        released=bool(values.get("Released")),
        dry_run=bool(values.get("DryRun")),
        tries_again=bool(values.get("TriesAgain")),
        joined=tuple(JoinedGroup(group_id, datetime.fromisoformat(at)) for group_id, at in joined),
        pending=tuple(Flow(word) for word in str(values.get("Pending", "")).split(",") if word),
        cause=_cause(values),
        newest=_newest(values),
        **known,
    )


def _left_words(left: LeftGroup) -> list[str]:
    return [left.group_id, left.name, left.due_at.isoformat(), left.left_at.isoformat(), *left.removed]


def _left_group(group_id: str, name: str, due_at: str, left_at: str, *removed: str) -> LeftGroup:
    return LeftGroup(group_id, name, datetime.fromisoformat(due_at), datetime.fromisoformat(left_at), removed)


def _command_values(given: GivenCommand) -> dict[str, Any]:
    known = {
        **given.order.as_json(),
        **{name: getattr(given, name) for name in ("instance", "event", "outcome")},
        "by": given.order.by,
        "at": given.at.isoformat(),
    }
    return {COMMAND: json.dumps(known)} | ({ASKED_AT: given.at} if given.is_outstanding else {})


def _command(text: str | None) -> GivenCommand | None:
    """A command of a newer release, which this one does not know, counts as none."""
    known = json.loads(text) if text else {}
    order = parse_order(known)
    if order is None:
        return None
    at, outcome = datetime.fromisoformat(known["at"]), Outcome(known["outcome"])
    return GivenCommand(known["instance"], known["event"], changed(order, by=known["by"]), at, outcome)


def _cause(values: Mapping[str, Any]) -> Cause | None:
    if "EventType" not in values:
        return None
    return Cause(values["EventType"], values["EventPublished"], values.get("EventActor"))


def _newest(values: Mapping[str, Any]) -> NewestEvent | None:
    if "NewestPublished" not in values:
        return None
    return NewestEvent(values["NewestPublished"], values["NewestType"], values.get("NewestGroupId"))
