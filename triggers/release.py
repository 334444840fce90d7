"""Letting a wave go that the brake holds: everybody, or those named, in the order in which they were held."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import wiring
from clients.errors import ClientError
from lifecycle.commands import awaited_commands
from lifecycle.members import Member
from lifecycle.orders import Command, Order
from lifecycle.stages import Phase
from rows import members
from triggers.answers import Refused
from triggers.command_delivery import give
from triggers.member_bodies import NotReleased, Released, ReleasedPerson
from triggers.people import ambiguous

# A command costs some six calls to the tables and the host, so 350 people take seconds.
AT_ONCE = 10
# A request ends after 230 s: https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout
LONGEST = timedelta(seconds=120)
A_MOMENT = timedelta(microseconds=1)
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
NAMED_IN_REFUSAL = 20
log = logging.getLogger("offstage.release")


async def release(durable: wiring.Durable, by: str, names: Sequence[str] = ()) -> Released:
    """Tell the runs of those who are held to go on: of everybody, or of those named by Okta id or login.

    Whoever was told so before is left out. Raises Refused, with nobody released, when one who is named is not held; or
    ClientError when nobody could be released. The rest of a wave that is too large for one request stays held.
    """
    waiting = chosen(await held(), names)
    released: list[ReleasedPerson] = []
    missed: list[NotReleased] = []
    ends_at = datetime.now(UTC) + LONGEST
    done = 0
    while done < len(waiting) and datetime.now(UTC) < ends_at:
        group = waiting[done : done + AT_ONCE]
        done += len(group)
        outcomes = await asyncio.gather(*_told(durable, group, by), return_exceptions=True)
        trouble = _sort(group, outcomes, released, missed)
        if trouble and not released:
            raise trouble
        if trouble:
            break
    log.info("released %d of %d who were held", len(released), len(waiting))
    return Released(released=released, not_released=missed, still_held=len(waiting) - len(released) - len(missed))


async def held() -> list[Member]:
    """Everybody whose run waits to be released, whoever was held first comes first. Raises ClientError."""
    tables = await wiring.tables()
    people = [member async for member in members.in_phase(tables, Phase.HELD)]
    waiting = (member for member in people if Command.RELEASE in awaited_commands(member))
    return sorted(waiting, key=lambda member: (member.updated_at or BEFORE_ALL, member.okta_user_id))


def chosen(waiting: Sequence[Member], names: Iterable[str]) -> list[Member]:
    """Those named, in the order in which they were held; everybody when nobody is named. Raises Refused."""
    wanted = {name.casefold() for name in names}
    if not wanted:
        return list(waiting)
    found = [member for member in waiting if wanted & _names(member)]
    for login, several in Counter(member.login.casefold() for member in found).items():
        if several > 1 and login in wanted:
            raise ambiguous(*(member.okta_user_id for member in found if member.login.casefold() == login))
    missing = sorted(wanted - {name for member in found for name in _names(member)})
    if missing:
        shown = ", ".join(missing[:NAMED_IN_REFUSAL])
        more = f" and {len(missing) - NAMED_IN_REFUSAL} more" if len(missing) > NAMED_IN_REFUSAL else ""
        raise Refused(HTTPStatus.CONFLICT, f"not held, or told to go on already: {shown}{more}; nobody was released")
    return found


def _names(member: Member) -> set[str]:
    return {member.okta_user_id.casefold(), member.login.casefold()}


def _told(durable: wiring.Durable, group: Sequence[Member], by: str) -> list[asyncio.Future[object]]:
    """Each a moment after the one before, so that the audit has their order."""
    now, order = datetime.now(UTC), Order(Command.RELEASE, by=by)
    return [
        asyncio.ensure_future(give(durable, member.okta_user_id, order, now + number * A_MOMENT))
        for number, member in enumerate(group)
    ]


def _sort(
    group: Sequence[Member],
    outcomes: Sequence[object],
    released: list[ReleasedPerson],
    missed: list[NotReleased],
) -> ClientError | None:
    """Note what became of a group. Returns what keeps the tables or the host from going on."""
    trouble = None
    for member, outcome in zip(group, outcomes, strict=True):
        known = {"okta_user_id": member.okta_user_id, "login": member.login}
        if isinstance(outcome, ClientError):
            trouble = outcome
            missed.append(NotReleased(**known, reason=f"{outcome.system} gave no answer just now; ask again"))
        elif isinstance(outcome, Refused):  # somebody else has said so, or the run has ended
            missed.append(NotReleased(**known, reason=str(outcome)))
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            released.append(ReleasedPerson(**known, instance=member.instance))
    return trouble
