"""Names, addresses and ids that try to be more than that: to mails, logs, filters, paths and table keys."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.errors import NotFound
from clients.graph import Graph
from clients.table_rows import check_key, escape_key, render_filter, unescape_key
from lifecycle import mails, operator_mails
from lifecycle.delays import Delay, IntervalType
from lifecycle.entitlement import Cause
from lifecycle.mails import Letterhead, Mail, PersonName, Reader, Removed
from lifecycle.notices import DriftChecked, FoundDrift, GroupDeleted
from lifecycle.operator_mails import HeldWave
from tests.lifecycle.test_mails import Shown
from tests.security.conftest import SecuredCompany
from tests.stories.company import E3

FAKE_LINE = "2026-01-01 00:00:00,000 ERROR forged: nobody was here"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<a href='https://evil.example'>click</a>",
    "</td></table><h1>Pay now</h1>",
    "{{ 7*7 }}{% include 'layout.html' %}",
    "Ada\r\nBcc: everyone@contoso.com\r\n\r\n<b>body</b>",
    "Ada\u202egnp.exe\u2066\u200b\x00\x1b[31m",
    "\ud800<b>",
    "&lt;script&gt;&#x3c;b&#x3e;",
    "A" * 5000,
]
INSTANCE = "staged_deactivation-d41c7e80-9c21-11f0-b0de-15a9c4e77f11"
AT = datetime(2026, 10, 14, 10, 38, tzinfo=UTC)
HEAD = Letterhead()
MAILS: dict[str, Callable[[str], Mail]] = {
    "disabled": lambda text: mails.account_disabled_mail(
        HEAD,
        PersonName(text, text),
        Reader(text),
        due_at=AT,
        delay=Delay(30, IntervalType.DAY),
        cause=Cause.GONE,
        licenses=[text],
    ),
    "reminder": lambda text: mails.reminder_mail(
        HEAD, PersonName(text, text), Reader(text), due_at=AT, licenses=[text]
    ),
    "date changed": lambda text: mails.date_changed_mail(
        HEAD, PersonName(text, text), Reader(text), due_at=AT, licenses=[text]
    ),
    "kept": lambda text: mails.licenses_kept_mail(HEAD, PersonName(text, text), Reader(text)),
    "removed": lambda text: mails.licenses_removed_mail(
        HEAD, PersonName(text, text), Reader(text), Removed([text], [text], [text], [text], left_group=text)
    ),
    "enabled": lambda text: mails.account_enabled_mail(
        HEAD, PersonName(text, text), Reader(text), was_disabled=True, given=[text], waiting=[text], failed=[text]
    ),
    "seats": lambda text: operator_mails.seats_mail(HEAD, PersonName(text, text), waiting=[text], instance=INSTANCE),
    "attention": lambda text: operator_mails.attention_mail(
        HEAD, PersonName(text, text), step=text, reason=text, instance=INSTANCE, okta_user_id="00u7new3Zp5Rt6Vb15d7"
    ),
    "wave": lambda text: operator_mails.wave_held_mail(HEAD, HeldWave(AT, 1, [PersonName(text, text)])),
    "group deleted": lambda text: operator_mails.notice_mail(HEAD, GroupDeleted(text)),
    "drift checked": lambda text: operator_mails.notice_mail(
        HEAD, DriftChecked(text, True, 1, (FoundDrift(text, text, text),), text)
    ),
}


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_mail_has_the_same_elements_whoever_it_is_about(kind: str, text: str) -> None:
    harmless, mail = Shown(MAILS[kind]("Ada").html), MAILS[kind](text.replace("\ud800", ""))
    shown = Shown(mail.html)

    assert shown.elements == harmless.elements
    assert shown.attributes == harmless.attributes
    assert "evil.example" not in "".join(part for part in mail.html.split("<")[1:] if part.startswith("a "))


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_subject_is_one_line_of_visible_text(kind: str, text: str) -> None:
    subject = MAILS[kind](text).subject

    assert subject.isprintable()
    assert len(subject) <= 255


async def test_mails_that_are_sent_about_hostile_names_are_harmless(company: SecuredCompany) -> None:
    hostile: dict[str, Any] = {
        "displayName": "Eve<img src=x onerror=alert(1)>\r\nBcc: x@y.zz",
        "firstName": "<b>",
        "lastName": "</b>",
    }
    boss = await company.hire(name="Boss", groups=(), displayName="<script>boss()</script>")
    eve = await company.hire(licenses={E3: set()}, name="Eve", **hostile, manager=boss.login)

    await company.leave(eve)
    await company.settle()

    (sent,) = (await company.tenant.get(f"/control/mailboxes/{boss.login}")).json()["messages"]
    shown = Shown(sent["body"])
    assert "Bcc: x@y.zz" in sent["subject"]
    assert sent["subject"].isprintable()
    assert not shown.elements & {"script", "img", "b"}
    assert "<script>boss()</script>" in shown.text


async def test_login_and_ids_of_an_event_cannot_write_a_line_of_their_own_into_the_log(company: SecuredCompany) -> None:
    target = {"type": "User", "id": "00uNobody", "alternateId": f"a\n{FAKE_LINE}", "displayName": f"b\r{FAKE_LINE}"}
    event = {"uuid": f"u\n{FAKE_LINE}", "published": AT.isoformat(), "eventType": "user.lifecycle.deactivate"}
    events = [event | {"target": [target]}, event | {"uuid": "safe-uuid", "outcome": {"result": f"\n{FAKE_LINE}"}}]
    delivery = {"eventId": f"e\n{FAKE_LINE}", "data": {"events": events}}

    answer = await company.host.post(
        "/api/okta/events", json=delivery, headers={"Authorization": company.values["OKTA_HOOK_SECRET"]}
    )

    assert answer.status_code == 200
    assert forged_lines(company) == []


async def test_name_of_a_group_cannot_write_a_line_of_its_own_into_the_log(company: SecuredCompany) -> None:
    group = f"Sales\n{FAKE_LINE}"
    group_id = await company.catalog(group, E3, assign=False)

    answer = await company.host.patch(f"/api/licenses/{group_id}/{E3}", json={"assign": True})

    assert answer.status_code == 200
    assert forged_lines(company) == []


def forged_lines(company: SecuredCompany) -> list[str]:
    log = (company.stack.data / "logs/host.log").read_text()
    return [line for line in log.splitlines() if line.startswith(FAKE_LINE)]


@pytest.mark.parametrize(
    "group",
    ["x' or PartitionKey ne '", "' or true or '", "a/b\\c#d?e%f", "\x00\x1f\x7f\x85", "..", "G" * 2048, "\u20ac" * 255],
    ids=["or", "true", "forbidden", "control", "dots", "2 KB", "not ASCII"],
)
async def test_group_in_a_query_finds_its_own_rows_or_none(company: SecuredCompany, group: str) -> None:
    await company.catalog("Innocent", E3, assign=False)

    listed = await company.host.get("/api/licenses", params={"group": group})
    chosen = await company.host.patch(f"/api/licenses/{quote(group, safe='')}/{E3}", json={"assign": True})

    assert (listed.status_code, listed.json()) == (200, {"licenses": []})
    assert chosen.status_code == 404


TOO_LONG = "S" * 2048


@pytest.mark.parametrize("sku_id", ["a'b", "a/b", "\x00", "\ud800".encode(errors="surrogatepass"), TOO_LONG])
async def test_sku_id_that_is_none_is_not_found(company: SecuredCompany, sku_id: str | bytes) -> None:
    answer = await company.host.patch(f"/api/licenses/Innocent/{quote(sku_id, safe='')}", json={"assign": True})

    assert answer.status_code == 404


@given(st.text(max_size=170))
def test_any_text_becomes_a_key_that_the_table_takes_and_comes_back(text: str) -> None:
    key = escape_key(text)

    check_key("RowKey", key)
    assert unescape_key(key) == text


@given(st.text(max_size=50))
def test_value_in_a_filter_stays_one_quoted_value(text: str) -> None:
    rendered = render_filter("PartitionKey eq @key and Phase eq @phase", {"key": text, "phase": "held"})

    inside = rendered.removeprefix("PartitionKey eq '").removesuffix("' and Phase eq 'held'")
    assert inside.replace("''", "") == text.replace("'", "")
    assert inside.count("'") == 2 * text.count("'")


def recording_graph(asked: list[httpx.Request]) -> Graph:
    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(404, json={"error": {"code": "Request_ResourceNotFound", "message": "none"}})

    return Graph("https://graph.example/v1.0", access_token="token", transport=httpx.MockTransport(refuse))


@pytest.mark.parametrize(
    "mail", ["x' or 1 eq 1 or mail eq '", "a&$filter=true&$top=999", "a\r\nX-Header: 1", "a%27 or true"]
)
async def test_email_cannot_break_out_of_the_filter_it_stands_in(mail: str) -> None:
    asked: list[httpx.Request] = []

    with pytest.raises(NotFound):
        await recording_graph(asked).find_user_by_mail(mail)

    query = parse_qs(asked[0].url.query.decode(), strict_parsing=True)
    quoted = mail.replace("'", "''")
    assert query == {"$filter": [f"mail eq '{quoted}'"], "$select": ["id"], "$top": ["5"]}


@pytest.mark.parametrize(
    "name",
    ["x/../../groups", "a?$select=x#y", "a%2fb", "a\r\nHost: evil", "..", "."],
)
async def test_login_stays_one_part_of_the_path(name: str) -> None:
    asked: list[httpx.Request] = []

    assert await recording_graph(asked).read_user(name) is None

    paths = [request.url.raw_path.decode().partition("?")[0] for request in asked]
    assert paths in ([], [f"/v1.0/users/{quote(name, safe='')}"])


async def test_email_with_a_filter_in_it_finds_nobody_elses_account(company: SecuredCompany) -> None:
    ada = await company.hire(licenses={E3: set()})
    injection = "x' or startswith(mail,'ada') or mail eq '"
    eve = await company.hire(name="Eve", email=injection)
    await company.tenant.delete(f"/control/users/{eve.entra_user_id}")

    await company.lifecycle(eve, "deactivate")
    await company.settle()

    assert (await company.account(ada)).enabled
    (run,) = await company.runs(eve)
    assert f"no Microsoft 365 account found for {eve.login}" in run["customStatus"]["reason"]
