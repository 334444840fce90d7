"""Who asks: the operator behind a request to the routes or the pages, as far as anybody can tell; and its audit."""

from collections.abc import Mapping
from datetime import datetime

import wiring
from lifecycle.audit import OPERATOR_COMMAND, AuditEntry, Cause, operator_actor
from lifecycle.visible import visible_line
from rows import audit

# https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
PRINCIPAL_NAME = "X-MS-CLIENT-PRINCIPAL-NAME"
BY_KEY = "key"
LONGEST_NAME = 100


def who_asks(headers: Mapping[str, str]) -> str:
    """The name of whoever has signed in, else `key`: the host has let nobody in without a function key.

    App Service takes the header away from what comes from outside only while its authentication is on, which it says
    in WEBSITE_AUTH_ENABLED; without that anybody could claim to be anybody. The name of the key is not known here: the
    host puts it into the claims of the request, for which the HttpRequest of the Python worker has no place.
    """
    if not wiring.settings().website_auth_enabled:
        return BY_KEY
    return visible_line(headers.get(PRINCIPAL_NAME) or "", LONGEST_NAME) or BY_KEY


def operator_act(at: datetime, outcome: str, asked: str, by: str, cause: Cause | None = None) -> AuditEntry:
    """What an operator asked for; `cause` is the event of the run that is asked, or that is started."""
    return AuditEntry(
        at,
        OPERATOR_COMMAND,
        outcome,
        instance="",
        event_uuid="",
        dry_run=wiring.settings().dry_run,
        detail=asked,
        actor=operator_actor(by),
        event_type=cause.event_type if cause else None,
        published=cause.published if cause else None,
    )


async def write_down(entry: AuditEntry) -> None:
    """Before what was asked for is done, so that nothing goes unrecorded. Raises ClientError."""
    await audit.append(await wiring.tables(), entry)
