"""How a command reaches its run: written into the person's row, then raised, again and again until the run has it.

The row is the truth, and the external event only wakes the run. So whoever was told 202 is heard, although the host
dies between the two or the event gets lost.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from clients.errors import ClientError, Conflict
from lifecycle.audit import AuditEntry
from lifecycle.commands import TakenBack, outstanding_command, refusal_of, take_back
from lifecycle.members import Member
from lifecycle.orders import GivenCommand, Order, Outcome
from rows import accounts, members
from rows.stored import Stored
from triggers.answers import Refused, until_next_run
from triggers.operator import operator_act, write_down
from triggers.people import unknown

# Two operators and the run itself may write to one row in one moment.
TRIES = 5
EVERY_MINUTE = "50 * * * * *"
A_RUN_TAKES_AT_MOST = timedelta(minutes=1)
log = logging.getLogger("offstage.commands")

bp = df.Blueprint()


async def give(durable: wiring.Durable, okta_user_id: str, order: Order, at: datetime | None = None) -> GivenCommand:
    """Give a command to the run of a person, now or `at` the moment that the caller says.

    Raises Refused when that run would not hear it, or ClientError.
    """
    member, given = await _accept(okta_user_id, order, at)
    await write_down(act_on(member, given, Outcome.ASKED, given.at))
    if reason := await _pass_on(durable, okta_user_id, given):
        raise Refused(HTTPStatus.CONFLICT, reason)
    return given


@bp.timer_trigger(arg_name="timer", schedule=EVERY_MINUTE, use_monitor=False)
@bp.durable_client_input(client_name="client")
async def repeat_commands(timer: func.TimerRequest, client: Any) -> None:
    """Raise again what a run has not taken within a minute."""
    with until_next_run("commands that runs have yet to take are raised again in a minute"):
        await pass_on_again(wiring.durable(client), datetime.now(UTC) - A_RUN_TAKES_AT_MOST)


async def pass_on_again(durable: wiring.Durable, asked_before: datetime) -> None:
    """Raises ClientError when the tables give no answer."""
    async for member in members.with_outstanding_command(await wiring.tables(), asked_before):
        if given := outstanding_command(member):
            await _pass_on(durable, member.okta_user_id, given)


async def _accept(okta_user_id: str, order: Order, at: datetime | None) -> tuple[Member, GivenCommand]:
    """Write the command into the row. Raises Refused, Conflict when others were faster each time, or ClientError."""
    tables = await wiring.tables()
    for _ in range(TRIES):
        stored = await members.find(tables, okta_user_id)
        if stored is None:
            raise unknown(okta_user_id)
        member, now = stored.record, at or datetime.now(UTC)
        account = await accounts.of_member(tables, member)
        if reason := refusal_of(order.command, member, account.due_at if account else None, now):
            raise Refused(HTTPStatus.CONFLICT, reason)
        given = GivenCommand(member.instance, str(member.awaiting_command), order, now)
        if await _is_replaced(stored, replace(member, command=given)):
            return member, given
    raise changed_too_often()


async def _pass_on(durable: wiring.Durable, okta_user_id: str, given: GivenCommand) -> str | None:
    """Wake the run. Returns why nothing comes of the command, if nothing does."""
    try:
        is_alive = await durable.raise_event(given.instance, given.event, given.order.as_json())
    except ClientError as error:
        log.warning("%s is raised for %s within minutes: %s", given.order.command, given.instance, error.system)
        return None
    if not is_alive:
        return await _take_back(okta_user_id, given)
    log.info("passed on to %s: %s", given.instance, given.order.words)
    return None


async def _take_back(okta_user_id: str, given: GivenCommand) -> str | None:
    """Take a command back whose run has ended. Returns None when the run had taken it before it ended."""
    tables = await wiring.tables()
    for _ in range(TRIES):
        stored = await members.find(tables, okta_user_id)
        back = take_back(stored.record, given) if stored else TakenBack()
        if stored is None or back.member is None:
            return back.reason
        if await _is_replaced(stored, back.member):
            act = act_on(stored.record, given, "refused: the run has ended", datetime.now(UTC))
            await write_down(act)
            return back.reason
    raise changed_too_often()


async def _is_replaced(stored: Stored[Member], member: Member) -> bool:
    """Whether the row is written; False when somebody else was faster."""
    try:
        await members.replace(await wiring.tables(), member, stored.etag)
    except Conflict:
        return False
    return True


def changed_too_often() -> Conflict:
    return Conflict("tables", "write a command into a row", detail=f"the row was changed {TRIES} times meanwhile")


def act_on(member: Member, given: GivenCommand, outcome: str, at: datetime) -> AuditEntry:
    entry = operator_act(at, outcome, given.order.words, given.order.by, member.cause)
    return replace(
        entry,
        instance=given.instance,
        event_uuid=member.event_uuid,
        okta_user_id=member.okta_user_id,
        login=member.login,
        entra_user_id=member.entra_user_id,
    )
