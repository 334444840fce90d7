"""What a health check asks of Graph: it changes nothing, sends nothing, and reads what the token says of itself."""

import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from clients.errors import ClientError, NotPermitted, Rejected, Unavailable
from clients.graph import Graph
from clients.graph_probe import Granted
from tests.clients.graph_answers import DENIED, TOKEN, refusal
from tests.clients.script import Script

SENDER = "offboarding@contoso.com"
SEND = "POST /v1.0/users/offboarding%40contoso.com/sendMail"
DATE = (("Date", "Mon, 14 Sep 2026 10:38:41 GMT"),)


def access_token(**claims: Any) -> str:
    return jwt.encode(claims, "nobody checks the signature of it here", algorithm="HS256")


@pytest.mark.parametrize(
    ("token", "granted"),
    [
        (access_token(roles=["Mail.Send", "User.Read.All"]), Granted(frozenset({"Mail.Send", "User.Read.All"}))),
        (access_token(idtyp="app"), Granted(frozenset())),
        (access_token(scp="User.Read", roles=[]), Granted(None, is_person=True)),
        ("local-graph-token", Granted(None)),
        ("a.b.c", Granted(None)),
        ("a.W10.c", Granted(None)),
    ],
)
async def test_the_permissions_are_what_the_token_shows_if_it_can_be_read(
    script: Script, token: str, granted: Granted
) -> None:
    graph = Graph(f"{script.url}/v1.0", access_token=token)

    assert await graph.probe.read_granted() == granted
    await graph.close()


async def test_a_message_without_recipients_tries_the_mailbox_and_is_never_sent(script: Script, graph: Graph) -> None:
    script.answer(SEND, refusal("ErrorInvalidRecipients"), status=400)

    await graph.probe.try_mailbox(SENDER)

    [seen] = script.seen
    assert json.loads(seen.body)["message"]["toRecipients"] == []
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("status", "code", "kind", "cure"),
    [
        (404, "ErrorInvalidUser", Rejected, "MAIL_SENDER"),
        (404, "MailboxNotEnabledForRESTAPI", Rejected, "mailbox in Exchange Online"),
        (403, "ErrorAccessDenied", NotPermitted, "Mail.Send"),
        (401, "InvalidAuthenticationToken", NotPermitted, "identity"),
        (503, "ServiceUnavailable", Unavailable, "vendor's status"),
        (400, "ErrorInvalidParameter", Rejected, "correct it"),
    ],
)
async def test_any_other_answer_says_what_a_real_mail_would_meet(
    script: Script, graph: Graph, status: int, code: str, kind: type[ClientError], cure: str
) -> None:
    script.answer(SEND, refusal(code), status=status)

    with pytest.raises(kind) as caught:
        await graph.probe.try_mailbox(SENDER)

    assert cure in caught.value.cure
    assert code in caught.value.found


async def test_a_message_that_was_taken_after_all_is_an_error(script: Script, graph: Graph) -> None:
    script.answer(SEND, status=202)

    with pytest.raises(Unavailable):
        await graph.probe.try_mailbox(SENDER)


async def test_a_reading_brings_what_the_clock_of_graph_shows(script: Script, graph: Graph) -> None:
    script.answer("GET /v1.0/users?$top=1&$select=id,accountEnabled", {"value": []}, headers=DATE)
    script.answer("GET /v1.0/subscribedSkus", {"value": []}, headers=DATE)

    at = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
    assert (await graph.probe.list_one_user(), await graph.probe.list_skus()) == (at, at)


async def test_a_reading_that_is_refused_names_the_permission(script: Script, graph: Graph) -> None:
    script.answer("GET /v1.0/subscribedSkus", refusal(DENIED), status=403)

    with pytest.raises(NotPermitted, match=r"LicenseAssignment\.Read\.All"):
        await graph.probe.list_skus()


async def test_a_page_of_a_proxy_is_no_answer(script: Script, graph: Graph) -> None:
    script.answer("GET /v1.0/subscribedSkus", body=b"<html>sign in</html>")

    with pytest.raises(Unavailable):
        await graph.probe.list_skus()


async def test_no_answer_at_all_is_unavailable(script: Script, graph: Graph) -> None:
    script.answer("GET /v1.0/subscribedSkus", fault="drop")

    with pytest.raises(Unavailable):
        await graph.probe.list_skus()
