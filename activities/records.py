"""The app's own rows: members (one per person), audit (one per act), mails (one per mail)."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import wiring
from activities.outcome import Call, StepFailed, Superseded
from clients.errors import ClientError
from clients.records import Row
from clients.table_rows import join_text, split_text
from lifecycle.members import LeftGroup, Member
from lifecycle.stages import Phase

MEMBERS = "Members"
AUDIT = "Audit"
MAILS = "Mails"
PARTITION = "member"
NOBODY_IN_PARTICULAR = "offstage"

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
    "passed_brake": "PassedBrake",
}
TIME_COLUMNS = {"published": "Published", "due_at": "DueAt", "updated_at": "UpdatedAt"}


def member_values(member: Member) -> dict[str, Any]:
    """The row of a member; a member that has no value for a column has no such column."""
    values: dict[str, Any] = {"PartitionKey": PARTITION, "RowKey": member.okta_user_id, "Phase": member.phase.value}
    for name, column in {**TEXT_COLUMNS, **TIME_COLUMNS}.items():
        if getattr(member, name) is not None:
            values[column] = getattr(member, name)
    values |= split_text("Claims", json.dumps(member.claims))
    if member.left_groups:
        left = [[each.group_id, each.name, each.due_at.isoformat()] for each in member.left_groups]
        values |= split_text("LeftGroups", json.dumps(left))
    if member.snapshot is not None:
        values |= split_text("Snapshot", member.snapshot)
    return values


def member_from(values: dict[str, Any]) -> Member:
    known: dict[str, Any] = {name: values.get(column) for name, column in {**TEXT_COLUMNS, **TIME_COLUMNS}.items()}
    claims = json.loads(join_text("Claims", values) or "[]")
    left = json.loads(join_text("LeftGroups", values) or "[]")
    return Member(
        okta_user_id=values["RowKey"],
        phase=Phase(values["Phase"]),
        claims=tuple((instance, predecessor) for instance, predecessor in claims),
        left_groups=tuple(LeftGroup(group_id, name, datetime.fromisoformat(due)) for group_id, name, due in left),
        snapshot=join_text("Snapshot", values),
        **known,
    )


async def read_row(okta_user_id: str) -> Row | None:
    tables = await wiring.tables()
    return await tables.get(MEMBERS, PARTITION, okta_user_id)


async def owned_member(call: Call) -> Member:
    """The fence: the member's row, if this run still owns it. Raises Superseded, or StepFailed when it is gone."""
    return (await _owned(call))[0]


async def change_member(call: Call, **changes: Any) -> Member:
    """Change the row this run owns; a change by somebody else in between raises Conflict, which a retry settles."""
    member, etag = await _owned(call)
    changed = replace(member, updated_at=call.at, **changes)
    tables = await wiring.tables()
    await tables.replace(MEMBERS, member_values(changed), etag)
    return changed


async def _owned(call: Call) -> tuple[Member, str]:
    row = await read_row(call.okta_user_id)
    if row is None:
        reason = f"the row of {call.okta_user_id} is gone from the table {MEMBERS}"
        raise StepFailed(reason, permanent=True)
    member = member_from(row.values)
    if member.instance != call.instance:
        raise Superseded(f"{member.instance} has taken the person over")
    return member, row.etag


async def carry_out(
    call: Call, member: Member | None, act: str, effect: Callable[[], Awaitable[object]], detail: str = ""
) -> bool:
    """Do one effect and write its audit row, whether it succeeds or not; in a dry run write only the row.

    Returns whether the effect was really done.
    """
    if wiring.settings().dry_run:
        await audit(call, member, act, "would have been done (DRY_RUN)", detail)
        return False
    try:
        await effect()
    except ClientError as error:
        await audit(call, member, act, f"failed: {error}", detail, error.request_id)
        raise
    await audit(call, member, act, "done", detail)
    return True


async def audit(
    call: Call, member: Member | None, act: str, outcome: str, detail: str = "", request_id: str | None = None
) -> None:
    """Append one row; a step that runs twice for one call writes the same row."""
    tables = await wiring.tables()
    await tables.upsert(
        AUDIT,
        {
            "PartitionKey": partition(call),
            "RowKey": f"{sortable(call.at)}-{act}-{call.instance}",
            "At": call.at,
            "Act": act,
            "Login": member.login if member else None,
            "EntraUserId": member.entra_user_id if member else None,
            "Detail": detail,
            "Outcome": outcome,
            "EventUuid": call.event_uuid,
            "InstanceId": call.instance,
            "RequestId": request_id,
            "DryRun": wiring.settings().dry_run,
        },
    )


def partition(call: Call) -> str:
    """Audit and mails are kept per person; what concerns nobody in particular has a partition of its own."""
    return call.okta_user_id or NOBODY_IN_PARTICULAR


def short_hash(words: list[str]) -> str:
    """A short name for a set of words, the same whatever their order."""
    return hashlib.sha256("\n".join(sorted(words)).encode()).hexdigest()[:12]


def sortable(instant: datetime) -> str:
    return instant.strftime("%Y%m%dT%H%M%S.%fZ")
