"""The health checks of Microsoft 365: may the app do what it has to, and can the sender send."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from http import HTTPStatus

import wiring
from clients.errors import ClientError
from lifecycle.health import Check, judge_clock, ok, warning
from lifecycle.health_graph import READ_SKUS, READ_USERS, judge_permissions
from triggers.health_faults import fault

GRAPH = "Microsoft Graph"
MAILBOX = "Sender's mailbox"


async def check_graph() -> tuple[Check, ...]:
    """Everything that concerns Graph. When it does not let the app in at all, that alone is said."""
    probe, settings = (await wiring.graph()).probe, wiring.settings()
    granted = await probe.read_granted()
    users, skus = await asyncio.gather(_answer(probe.list_one_user()), _answer(probe.list_skus()))
    answers = {READ_USERS: users, READ_SKUS: skus}
    errors = {permission: answer for permission, answer in answers.items() if isinstance(answer, ClientError)}
    others = [error for error in errors.values() if error.status != HTTPStatus.FORBIDDEN]
    if others:
        return (fault(GRAPH, others[0]),)
    permissions = judge_permissions(
        granted.roles,
        {permission: error.found for permission, error in errors.items()},
        is_person=granted.is_person,
        is_stand_in=settings.graph_access_token is not None,
    )
    times = [answer for answer in answers.values() if isinstance(answer, datetime)]
    clock = [judge_clock(GRAPH, times[-1], wiring.now())] if times else []
    lets_in = ok(GRAPH, f"{settings.graph_base_url} lets the app in")
    return (lets_in, *permissions, *clock, await check_mailbox())


async def check_mailbox() -> Check:
    """Whether Exchange would take a mail from MAIL_SENDER, by one that cannot be sent."""
    sender = wiring.settings().mail_sender
    if sender is None:
        found = "MAIL_SENDER is empty: mails are recorded in the table Mails, and not sent"
        return warning(MAILBOX, found, "Set MAIL_SENDER to a user or shared mailbox in Exchange Online.")
    try:
        await (await wiring.graph()).probe.try_mailbox(sender)
    except ClientError as error:
        return fault(MAILBOX, error)
    return ok(MAILBOX, f"Exchange takes mails from {sender}")


async def _answer(call: Awaitable[datetime | None]) -> datetime | ClientError | None:
    try:
        return await call
    except ClientError as error:
        return error
