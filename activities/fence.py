"""The fence: only the run that owns a person writes. Every activity that writes about a person begins here."""

from dataclasses import replace
from datetime import datetime
from typing import TypedDict, Unpack

import wiring
from activities.activity import Call, StepFailed, Superseded
from lifecycle.members import LeftGroup, Member
from lifecycle.stages import Phase
from rows import members
from rows.stored import Stored


class Changes(TypedDict, total=False):
    """What an activity may change of a member; who owns the person is changed by a claim alone."""

    phase: Phase
    reason: str | None
    awaiting_command: str | None
    tries_again: bool
    due_at: datetime | None
    pending: tuple[()]
    held: bool
    kept: bool
    passed_brake: str
    enabling: str
    left_groups: tuple[LeftGroup, ...]
    joined: tuple[()]
    snapshot: str | None
    entra_user_id: str
    user_principal_name: str
    display_name: str | None
    manager_name: str | None
    manager_mail: str | None


async def owned_member(call: Call) -> Member:
    """What is known of the person, if this run still owns it. Raises Superseded, or StepFailed when the row is gone."""
    return (await owned_row(call)).record


async def change_member(call: Call, **changes: Unpack[Changes]) -> Member:
    """Change the row this run owns; a change by somebody else in between raises Conflict, which a retry settles."""
    stored = await owned_row(call)
    changed = replace(stored.record, updated_at=call.at, **changes)
    await members.replace(await wiring.tables(), changed, stored.etag)
    return changed


async def owned_row(call: Call) -> Stored[Member]:
    """As `owned_member`, with the ETag for a change that depends on what was read."""
    stored = await members.find(await wiring.tables(), call.okta_user_id)
    if stored is None:
        reason = f"the row of {call.okta_user_id} is gone from the table {members.TABLE}"
        raise StepFailed(reason, permanent=True)
    if stored.record.instance != call.instance:
        raise Superseded(f"{stored.record.instance} has taken the person over")
    return stored
