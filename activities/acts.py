"""Doing something to an account, with its row in the audit; in a dry run the row alone."""

from collections.abc import Awaitable, Callable, Sequence

import wiring
from activities.activity import Call, StepFailed
from clients.errors import ClientError
from lifecycle.audit import DONE, AuditEntry
from lifecycle.licenses import friendly_name
from lifecycle.members import Member
from rows import audit

WOULD_HAVE_BEEN_DONE = "would have been done (DRY_RUN)"


async def carry_out(
    call: Call,
    member: Member | None,
    act: str,
    effect: Callable[[], Awaitable[str | None]],
    detail: str = "",
    *,
    sku_ids: Sequence[str] = (),
    no_news: type[ClientError] | None = None,
) -> bool:
    """Do one effect and write its audit row, whether it succeeds or not; in a dry run write only the row.

    The effect answers the id under which the vendor knows the request. A refusal that was to be expected (`no_news`)
    has no row. `sku_ids` are the licenses that it gives or takes. Returns whether it was really done.
    """
    if is_dry_run(member):
        await write_down(call, member, act, WOULD_HAVE_BEEN_DONE, detail, sku_ids=sku_ids)
        return False
    try:
        request_id = await effect()
    except ClientError as error:
        if no_news is None or not isinstance(error, no_news):
            await write_down(call, member, act, f"failed: {error}", detail, error.request_id, sku_ids=sku_ids)
        raise
    await write_down(call, member, act, DONE, detail, request_id, sku_ids=sku_ids)
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


async def write_down(
    call: Call,
    member: Member | None,
    act: str,
    outcome: str,
    detail: str = "",
    request_id: str | None = None,
    *,
    sku_ids: Sequence[str] = (),
    by: str | None = None,
) -> None:
    """Append one row to the audit; a step that runs twice for one call writes the same row.

    `by` is who caused the act, if it was not the actor of the event.
    """
    cause = member.cause if member else None
    entry = AuditEntry(
        at=call.at,
        act=act,
        outcome=outcome,
        detail=detail,
        okta_user_id=call.okta_user_id,
        login=member.login if member else None,
        entra_user_id=member.entra_user_id if member else None,
        actor=by or (cause.actor if cause else None),
        event_type=cause.event_type if cause else None,
        published=cause.published if cause else None,
        licenses=tuple(friendly_name(sku_id, wiring.sku_names(), {}) for sku_id in sku_ids),
        event_uuid=call.event_uuid,
        instance=call.instance,
        request_id=request_id,
        dry_run=wiring.settings().dry_run or (member is not None and member.dry_run),
    )
    await audit.append(await wiring.tables(), entry)
