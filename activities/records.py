"""The app's own rows: members (one per person), audit (one per act), mails (one per mail)."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import wiring
from activities.outcome import Call, StepFailed, Superseded
from clients.errors import ClientError
from clients.records import Row
from clients.table_rows import join_text, split_text
from lifecycle import members
from lifecycle.audit import AUDIT, AuditEntry, audit_values
from lifecycle.mail_ledger import MAILS, OUTBOX
from lifecycle.members import MEMBERS, PARTITION, Member

__all__ = [
    "AUDIT",
    "MAILS",
    "MEMBERS",
    "OUTBOX",
    "PARTITION",
    "WOULD_HAVE_BEEN_DONE",
    "audit",
    "carry_out",
    "change_member",
    "is_dry_run",
    "member_from",
    "member_values",
    "owned_member",
    "partition",
    "read_row",
    "short_hash",
]

NOBODY_IN_PARTICULAR = "offstage"
WOULD_HAVE_BEEN_DONE = "would have been done (DRY_RUN)"


def member_values(member: Member) -> dict[str, Any]:
    return members.row_values(member, split_text)


def member_from(values: dict[str, Any]) -> Member:
    return members.member_from(values, join_text)


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
    call: Call, member: Member | None, act: str, effect: Callable[[], Awaitable[str | None]], detail: str = ""
) -> bool:
    """Do one effect and write its audit row, whether it succeeds or not; in a dry run write only the row.

    The effect answers the id under which the vendor knows the request. Returns whether it was really done.
    """
    if is_dry_run(member):
        await audit(call, member, act, WOULD_HAVE_BEEN_DONE, detail)
        return False
    try:
        request_id = await effect()
    except ClientError as error:
        await audit(call, member, act, f"failed: {error}", detail, error.request_id)
        raise
    await audit(call, member, act, "done", detail, request_id)
    return True


def is_dry_run(member: Member | None) -> bool:
    """Whether acts are only written down: a run that began while DRY_RUN was on ends so, whatever it is now.

    Raises StepFailed for a run that began for real while DRY_RUN is on: it is not finished in pretence.
    """
    is_on = wiring.settings().dry_run
    if member is None:
        return is_on
    if is_on and not member.dry_run:
        reason = "DRY_RUN was switched on after this run had begun for real; it goes on when DRY_RUN is off"
        raise StepFailed(reason, permanent=False)
    return member.dry_run


async def audit(
    call: Call, member: Member | None, act: str, outcome: str, detail: str = "", request_id: str | None = None
) -> None:
    """Append one row; a step that runs twice for one call writes the same row."""
    entry = AuditEntry(
        at=call.at,
        act=act,
        outcome=outcome,
        detail=detail,
        login=member.login if member else None,
        entra_user_id=member.entra_user_id if member else None,
        event_uuid=call.event_uuid,
        instance=call.instance,
        request_id=request_id,
        dry_run=wiring.settings().dry_run or (member is not None and member.dry_run),
    )
    tables = await wiring.tables()
    await tables.upsert(AUDIT, audit_values(partition(call), entry))


def partition(call: Call) -> str:
    """Audit and mails are kept per person; what concerns nobody in particular has a partition of its own."""
    return call.okta_user_id or NOBODY_IN_PARTICULAR


def short_hash(words: list[str]) -> str:
    """A short name for a set of words, the same whatever their order."""
    return hashlib.sha256("\n".join(sorted(words)).encode()).hexdigest()[:12]
