"""What we do in Microsoft 365: exactly the request that is meant, once, and every refusal told apart."""

import json

import pytest

from clients.errors import (
    ClientError,
    Inherited,
    NoSeats,
    NotAssigned,
    NotFound,
    NotPermitted,
    PlanConflict,
    PrivilegedUser,
    Rejected,
    Unavailable,
    UsageLocationNeeded,
)
from clients.graph import Graph
from tests.clients.graph_answers import DENIED, E3, NO_SUCH, P2, PLAN, refusal, user
from tests.clients.script import Script


@pytest.mark.parametrize(("status", "body"), [(302, b""), (307, b""), (200, b"<html>sign in</html>"), (200, b"")])
async def test_a_write_that_something_in_between_answered_is_no_success(
    script: Script, graph: Graph, status: int, body: bytes
) -> None:
    location = (("Location", f"{script.url}/v1.0/elsewhere"),)
    script.answer("PATCH /v1.0/users/u1", status=status, body=body, headers=location)

    with pytest.raises(Unavailable, match="not what Graph sends"):
        await graph.set_account_enabled("u1", enabled=False)


@pytest.mark.parametrize("enabled", [True, False])
async def test_an_account_is_enabled_or_disabled_and_nothing_else_is_written(
    script: Script, graph: Graph, enabled: bool
) -> None:
    script.answer("PATCH /v1.0/users/u1", status=204)

    await graph.set_account_enabled("u1", enabled=enabled)

    assert json.loads(script.seen[0].body) == {"@odata.type": "#microsoft.graph.user", "accountEnabled": enabled}


async def test_a_privileged_account_is_told_apart_from_a_missing_permission(script: Script, graph: Graph) -> None:
    denied = refusal(DENIED, "Insufficient privileges to complete the operation.")
    script.answer("PATCH /v1.0/users/u1", denied, status=403)
    script.answer("PATCH /v1.0/users/u1", denied, status=403)

    with pytest.raises(PrivilegedUser, match=r"User.EnableDisableAccount.All.*privileged role"):
        await graph.set_account_enabled("u1", enabled=False)
    with pytest.raises(NotPermitted, match=r"User.ReadWrite.All") as caught:
        await graph.set_usage_location("u1", "ES")
    assert not isinstance(caught.value, PrivilegedUser)


async def test_sessions_are_revoked_only_if_graph_says_so(script: Script, graph: Graph) -> None:
    script.answer("POST /v1.0/users/u1/revokeSignInSessions", {"value": True})
    script.answer("POST /v1.0/users/u1/revokeSignInSessions", {"value": False})

    await graph.revoke_sign_in_sessions("u1")
    with pytest.raises(Unavailable):
        await graph.revoke_sign_in_sessions("u1")


async def test_licenses_are_added_with_disabled_plans_and_removed_in_one_request(script: Script, graph: Graph) -> None:
    script.answer("POST /v1.0/users/u1/assignLicense", user())

    await graph.assign_license("u1", add=[(E3, [PLAN])], remove=[P2])

    body = json.loads(script.seen[0].body)
    assert body == {"addLicenses": [{"skuId": E3, "disabledPlans": [PLAN]}], "removeLicenses": [P2]}


async def test_both_lists_are_always_sent_to_assign_license(script: Script, graph: Graph) -> None:
    script.answer("POST /v1.0/users/u1/assignLicense", user())

    await graph.assign_license("u1", remove=[P2])

    assert json.loads(script.seen[0].body) == {"addLicenses": [], "removeLicenses": [P2]}


REFUSALS: list[tuple[str, type[Rejected]]] = [
    ("User does not have a corresponding license.", NotAssigned),
    (
        "User license is inherited from a group membership and it cannot be removed directly from the user.",
        Inherited,
    ),
    (f"Subscription with SKU {E3.upper()} does not have any available licenses.", NoSeats),
    ("License assignment cannot be done for user with invalid usage location.", UsageLocationNeeded),
    (
        f"License assignment failed because service plan {PLAN} depends on the service plan(s) {P2}",
        PlanConflict,
    ),
    (f"License assignment failed because service plans {PLAN},{P2} are mutually exclusive", PlanConflict),
    (f"License assignment failed because service plan {PLAN} conflicts with service plan {P2}", PlanConflict),
    ("Something that nobody has seen before.", Rejected),
]


@pytest.mark.parametrize(("message", "kind"), REFUSALS)
async def test_each_refusal_of_a_license_is_known_by_its_text(
    script: Script, graph: Graph, message: str, kind: type[Rejected]
) -> None:
    script.answer("POST /v1.0/users/u1/assignLicense", refusal("Request_BadRequest", message), status=400)

    with pytest.raises(Rejected) as caught:
        await graph.assign_license("u1", add=[(E3, [])])

    assert type(caught.value) is kind
    assert caught.value.permanent
    assert message.rstrip(".") in str(caught.value)


async def test_a_conflict_of_plans_is_known_by_its_detail_too(script: Script, graph: Graph) -> None:
    details = [{"code": "MutuallyExclusiveViolation", "message": "x"}]
    answer = refusal("Request_BadRequest", "License assignment failed.", details=details)
    script.answer("POST /v1.0/users/u1/assignLicense", answer, status=400)

    with pytest.raises(PlanConflict):
        await graph.assign_license("u1", add=[(E3, [])])


async def test_missing_seats_name_the_sku(script: Script, graph: Graph) -> None:
    message = f"Subscription with SKU {E3.upper()} does not have any available licenses."
    script.answer("POST /v1.0/users/u1/assignLicense", refusal("Request_BadRequest", message), status=400)

    with pytest.raises(NoSeats) as caught:
        await graph.assign_license("u1", add=[(E3, [])])

    assert caught.value.sku_id == E3


async def test_a_mail_goes_to_its_recipients_as_html(script: Script, graph: Graph) -> None:
    script.answer("POST /v1.0/users/hr%40contoso.com/sendMail", status=202)

    await graph.send_mail(
        "hr@contoso.com",
        "eva@contoso.com",
        "Hello",
        "<p>Hi</p>",
        cc=["ops@contoso.com"],
        reply_to=["help@contoso.com"],
    )

    sent = json.loads(script.seen[0].body)
    message = sent["Message"]
    assert (message["subject"], message["body"]) == ("Hello", {"content": "<p>Hi</p>", "contentType": "html"})
    assert [each["emailAddress"]["address"] for each in message["toRecipients"]] == ["eva@contoso.com"]
    assert [each["emailAddress"]["address"] for each in message["ccRecipients"]] == ["ops@contoso.com"]
    assert [each["emailAddress"]["address"] for each in message["replyTo"]] == ["help@contoso.com"]
    assert sent["SaveToSentItems"] is False


@pytest.mark.parametrize("status", [429, 503, 504])
async def test_a_mail_is_never_sent_twice(script: Script, graph: Graph, status: int) -> None:
    script.answer("POST /v1.0/users/hr%40contoso.com/sendMail", status=status, headers=(("Retry-After", "0"),))

    with pytest.raises(ClientError) as caught:
        await graph.send_mail("hr@contoso.com", "eva@contoso.com", "Hello", "<p>Hi</p>")

    assert not caught.value.permanent


MAILBOX: list[tuple[int, str, type[ClientError], str]] = [
    (404, "MailboxNotEnabledForRESTAPI", Rejected, "MAIL_SENDER"),
    (404, "ErrorInvalidUser", Rejected, "MAIL_SENDER"),
    (404, NO_SUCH, NotFound, "still exists"),
    (403, "ErrorAccessDenied", NotPermitted, "Mail.Send"),
]


@pytest.mark.parametrize(("status", "code", "kind", "advice"), MAILBOX)
async def test_a_sender_that_cannot_send_is_told_with_what_to_do(
    script: Script, graph: Graph, status: int, code: str, kind: type[ClientError], advice: str
) -> None:
    script.answer("POST /v1.0/users/hr%40contoso.com/sendMail", refusal(code), status=status)

    with pytest.raises(kind, match=advice):
        await graph.send_mail("hr@contoso.com", "eva@contoso.com", "Hello", "<p>Hi</p>")
