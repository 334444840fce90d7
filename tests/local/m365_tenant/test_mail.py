from typing import Any

import httpx
import pytest

from local.m365_tenant.tenant import M365Tenant

SEND = "/v1.0/users/offboarding@contoso.com/sendMail"
NOOR = "noor.haddad@contoso.com"


def mail(*addresses: str, **message: Any) -> dict[str, Any]:
    recipients = [{"emailAddress": {"address": address}} for address in addresses]
    body = {"contentType": "HTML", "content": "<p>Bye</p>"}
    return {"message": {"subject": "Maya Lin", "body": body, "toRecipients": recipients, **message}}


async def mailbox(graph: httpx.AsyncClient, address: str) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.get(f"/control/mailboxes/{address}")).json()
    return found


async def test_a_mail_is_accepted_with_202_and_stands_in_every_mailbox(graph: httpx.AsyncClient) -> None:
    cc = [{"emailAddress": {"address": "it-operations@contoso.com"}}]
    answer = await graph.post(SEND, json=mail("Noor.Haddad@contoso.com", ccRecipients=cc))

    (received,) = (await mailbox(graph, NOOR))["messages"]
    assert (answer.status_code, answer.content) == (202, b"")
    assert received["from"] == "offboarding@contoso.com"
    assert (received["to"], received["cc"]) == (["Noor.Haddad@contoso.com"], ["it-operations@contoso.com"])
    assert (received["subject"], received["content_type"], received["body"]) == ("Maya Lin", "html", "<p>Bye</p>")
    assert received["received_at"].endswith("Z")
    assert (await mailbox(graph, "it-operations@contoso.com"))["messages"] == [received]
    assert (await mailbox(graph, "offboarding@contoso.com"))["sent"] == [received]


async def test_the_sdk_s_capitalised_names_are_taken_too(graph: httpx.AsyncClient) -> None:
    body = {"Message": mail(NOOR)["message"], "SaveToSentItems": False}
    answer = await graph.post(SEND, json=body)

    assert answer.status_code == 202
    assert (await mailbox(graph, "offboarding@contoso.com"))["sent"] == []


async def test_mailboxes_are_listed_with_their_counts(graph: httpx.AsyncClient) -> None:
    await graph.post(SEND, json=mail(NOOR, "someone@elsewhere.example"))

    assert (await graph.get("/control/mailboxes")).json() == [
        {"address": NOOR, "received": 1, "sent": 0},
        {"address": "offboarding@contoso.com", "received": 0, "sent": 1},
        {"address": "someone@elsewhere.example", "received": 1, "sent": 0},
    ]


async def test_a_mailbox_is_searched_by_subject(graph: httpx.AsyncClient) -> None:
    for subject in ("Maya Lin left", "Tomas left"):
        await graph.post(SEND, json=mail(NOOR, subject=subject))

    found = (await graph.get(f"/control/mailboxes/{NOOR}", params={"subject": "Maya"})).json()

    assert [each["subject"] for each in found["messages"]] == ["Maya Lin left"]


async def test_a_sender_without_mailbox_is_refused(graph: httpx.AsyncClient, tenant: M365Tenant) -> None:
    tenant.user(NOOR).has_mailbox = False

    nobody = await graph.post("/v1.0/users/nobody@contoso.com/sendMail", json=mail(NOOR))
    no_mailbox = await graph.post(f"/v1.0/users/{NOOR}/sendMail", json=mail(NOOR))

    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "ErrorInvalidUser")
    assert (no_mailbox.status_code, no_mailbox.json()["error"]["code"]) == (404, "MailboxNotEnabledForRESTAPI")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "ErrorInvalidParameter"),
        (mail(), "ErrorInvalidRecipients"),
        (mail("no address"), "ErrorInvalidRecipients"),
        (mail(NOOR, ccRecipients=[{}]), "ErrorInvalidRecipients"),
    ],
)
async def test_a_mail_that_cannot_go_anywhere_is_refused(
    graph: httpx.AsyncClient, tenant: M365Tenant, body: dict[str, Any], code: str
) -> None:
    answer = await graph.post(SEND, json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert tenant.state.mailboxes == {}
