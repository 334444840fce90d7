"""sendMail into mailboxes one can read: https://learn.microsoft.com/graph/api/user-sendmail"""

import uuid
from typing import Any

from aiohttp import web

from local.m365_tenant.errors import GraphError
from local.m365_tenant.model import Mail, User
from local.m365_tenant.requests import json_body, tenant_of
from local.m365_tenant.tenant import M365Tenant


async def send_mail(request: web.Request) -> web.Response:
    tenant = tenant_of(request)
    sender = _sender(tenant, request.match_info["user"])
    mail = _read(sender, await json_body(request), tenant.controls.clock.millis())
    for address in {address.casefold() for address in (*mail.to, *mail.cc, *mail.bcc)}:
        tenant.state.mailboxes.setdefault(address, []).append(mail)
    if mail.saved_to_sent_items:
        tenant.state.sent_items.setdefault(mail.sender.casefold(), []).append(mail)
    return web.Response(status=202)


MAIL_ROUTES = (
    web.post("/users/{user}/sendMail", send_mail),
    web.post("/users/{user}/microsoft.graph.sendMail", send_mail),
)


def _sender(tenant: M365Tenant, key: str) -> User:
    try:
        user = tenant.user(key)
    except GraphError as error:
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{key}' is invalid.") from error
    if not user.has_mailbox:
        message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise GraphError(404, "MailboxNotEnabledForRESTAPI", message)
    return user


def _read(sender: User, body: dict[str, Any], received_at: str) -> Mail:
    """Read the request. The SDK capitalises the two outer names, Graph takes them either way."""
    outer = {name[0].lower() + name[1:]: value for name, value in body.items() if name}
    message = outer.get("message")
    if not isinstance(message, dict):
        raise GraphError(400, "ErrorInvalidParameter", "The request is missing the parameter 'Message'.")
    content = message.get("body") or {}
    mail = Mail.model_validate(
        {
            "id": f"AAMk{uuid.uuid4().hex}",
            "from": sender.mail or sender.user_principal_name,
            "to": _addresses(message, "toRecipients"),
            "cc": _addresses(message, "ccRecipients"),
            "bcc": _addresses(message, "bccRecipients"),
            "reply_to": _addresses(message, "replyTo"),
            "subject": str(message.get("subject") or ""),
            "content_type": str(content.get("contentType") or "text").lower(),
            "body": str(content.get("content") or ""),
            "received_at": received_at,
            "saved_to_sent_items": outer.get("saveToSentItems") is not False,
        }
    )
    if not (mail.to or mail.cc or mail.bcc):
        raise _invalid_recipients("A message can't be sent because it contains no recipients.")
    return mail


def _addresses(message: dict[str, Any], name: str) -> list[str]:
    try:
        addresses = [recipient["emailAddress"]["address"] for recipient in message.get(name) or []]
    except (KeyError, TypeError) as error:
        raise _invalid_recipients() from error
    if not all(isinstance(address, str) and "@" in address for address in addresses):
        raise _invalid_recipients()
    return addresses


def _invalid_recipients(why: str = "") -> GraphError:
    return GraphError(
        400, "ErrorInvalidRecipients", ", ".join(filter(None, ("At least one recipient is not valid.", why)))
    )
