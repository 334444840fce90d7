"""What Okta tells us: as a record, as None, or as an error, and never asked twice."""

import logging
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from clients.errors import ClientError, NotFound, NotPermitted, Rejected, Throttled, Unavailable
from clients.okta import Okta
from clients.records import OktaGroup
from tests.clients.okta_answers import FIND_STAFF, GROUP_ID, JSON, NO_SUCH, TOKEN, group, user
from tests.clients.script import Script


async def test_a_user_arrives_with_what_the_flows_need(script: Script, okta: Okta) -> None:
    profile = user()["profile"] | {"displayName": "Ana D.", "manager": "eva@contoso.com", "managerId": "00u9"}
    script.answer("GET /api/v1/users/00u1", user(profile=profile | {"countryCode": "ES"}))

    found = await okta.read_user("00u1")

    assert found is not None
    assert (found.id, found.status, found.login, found.email) == (
        "00u1",
        "ACTIVE",
        "ana@contoso.com",
        "ana@contoso.com",
    )
    assert (found.first_name, found.last_name, found.display_name) == ("Ana", "Diaz", "Ana D.")
    assert (found.manager, found.manager_id, found.country_code) == ("eva@contoso.com", "00u9", "ES")


async def test_the_token_is_sent_after_a_space_as_okta_documents(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/users/00u1", user())

    await okta.read_user("00u1")

    assert script.seen[0].headers["Authorization"] == f"SSWS {TOKEN}"
    assert script.seen[0].headers["User-Agent"].startswith("okta-sdk-python/")


async def test_one_connection_serves_all_requests(script: Script, okta: Okta) -> None:
    for _ in range(3):
        script.answer("GET /api/v1/users/00u1", user())
        await okta.read_user("00u1")

    assert len({seen.port for seen in script.seen}) == 1


async def test_a_status_the_sdk_does_not_know_comes_through(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/users/00u1", user(status="ACTIVATING"))

    found = await okta.read_user("00u1")

    assert found is not None
    assert found.status == "ACTIVATING"


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_neither_login_nor_token_is_written_to_the_log(
    script: Script, okta: Okta, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    script.answer("GET /api/v1/users/ana", user() if status == 200 else NO_SUCH, status=status)

    with suppress(Unavailable):
        await okta.read_user("ana")

    assert TOKEN not in caplog.text
    assert "users/ana" not in caplog.text


async def test_a_login_is_encoded_in_the_path(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/users/ana%2Bx%23%3F%25%40contoso.com", user())

    assert await okta.read_user("ana+x#?%@contoso.com")


async def test_a_login_with_a_slash_is_looked_up_by_filter(script: Script, okta: Okta) -> None:
    found = user(profile={"login": 'A/b"c'})
    script.answer("GET /api/v1/users?filter=profile.login%20eq%20%22a/b%5C%22c%22&limit=1", [found])
    script.answer("GET /api/v1/users?filter=profile.login%20eq%20%22x/y%22&limit=1", [])

    assert await okta.read_user('a/b"c')
    assert await okta.read_user("x/y") is None


async def test_a_filter_that_the_org_ignored_says_nothing_about_the_login(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/users?filter=profile.login%20eq%20%22a/b%22&limit=1", [user()])

    with pytest.raises(Unavailable, match="incomplete_answer"):
        await okta.read_user("a/b")


@pytest.mark.parametrize("text", ["", " ", "me", "..", "."])
async def test_what_is_no_login_is_nobody_and_never_asked(okta: Okta, text: str) -> None:
    assert await okta.read_user(text) is None


async def test_a_user_okta_does_not_know_is_none(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/users/gone", NO_SUCH, status=404)

    assert await okta.read_user("gone") is None


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"<html>no such page</html>"), (404, b""), (404, b'{"errorCode": "E0000022"}')]
)
async def test_a_404_in_other_words_is_a_wrong_address_and_nobody_gone(
    script: Script, okta: Okta, status: int, body: bytes
) -> None:
    script.answer("GET /api/v1/users/00u1", status=status, body=body, headers=JSON)

    with pytest.raises(Rejected, match="OKTA_ORG_URL"):
        await okta.read_user("00u1")


ANSWERS: list[tuple[int, object, bytes, type[ClientError]]] = [
    (401, {"errorCode": "E0000011", "errorSummary": "Invalid token provided"}, b"", NotPermitted),
    (403, {"errorCode": "E0000006", "errorSummary": "You do not have permission"}, b"", NotPermitted),
    (400, {"errorCode": "E0000031", "errorSummary": "Invalid search criteria."}, b"", Rejected),
    (302, None, b"", Rejected),
    (429, {"errorCode": "E0000047", "errorSummary": "API call exceeded rate limit"}, b"", Throttled),
    (429, None, b"", Throttled),
    (500, None, b"", Unavailable),
    (500, {"errorCode": "E0000009", "errorSummary": "Internal Server Error"}, b"", Unavailable),
    (502, None, b"<html>bad gateway</html>", Unavailable),
    (503, None, b"", Unavailable),
    (504, None, b"", Unavailable),
    (200, None, b"", Unavailable),
    (200, None, b"<html>sign in</html>", Unavailable),
    (200, None, b'{"id": "00', Unavailable),
    (204, None, b"", Unavailable),
    (200, {"id": "00u1"}, b"", Unavailable),
    (200, [], b"", Unavailable),
]


@pytest.mark.parametrize(("status", "json", "body", "kind"), ANSWERS)
async def test_every_other_answer_is_an_error_of_ours_after_one_request(
    script: Script, okta: Okta, status: int, json: object, body: bytes, kind: type[ClientError]
) -> None:
    script.answer("GET /api/v1/users/00u1", json, status=status, body=body, headers=() if json else JSON)

    with pytest.raises(ClientError) as caught:
        await okta.read_user("00u1")

    assert type(caught.value) is kind
    assert caught.value.status in (status, 200)
    assert caught.value.permanent == (kind in (Rejected, NotPermitted))
    assert TOKEN not in str(caught.value)


async def test_a_redirect_is_not_followed(script: Script, okta: Okta) -> None:
    location = (("Location", f"{script.url}/login"),)
    script.answer("GET /api/v1/users/00u1", status=302, headers=location)

    with pytest.raises(Rejected, match="OKTA_ORG_URL"):
        await okta.read_user("00u1")


async def test_an_error_names_what_was_asked_what_came_back_and_the_request(script: Script, okta: Okta) -> None:
    body = {"errorCode": "E0000006", "errorSummary": "Not allowed", "errorCauses": [{"errorSummary": "no scope"}]}
    script.answer("GET /api/v1/users/00u1", body, status=403, headers=(("X-Okta-Request-Id", "req-7"),))

    with pytest.raises(NotPermitted) as caught:
        await okta.read_user("00u1")

    error = caught.value
    assert (error.system, error.status, error.code, error.request_id) == ("okta", 403, "E0000006", "req-7")
    assert str(error).startswith(
        "Okta was asked to GET /api/v1/users/00u1 and answered 403 E0000006: Not allowed; no scope"
    )
    assert "okta.users.read" in str(error)


async def test_the_rate_limits_reset_says_when_to_come_back_by_oktas_own_clock(script: Script, okta: Okta) -> None:
    limit = (("Date", "Mon, 23 Nov 2026 10:00:00 GMT"), ("X-Rate-Limit-Reset", "1795428042"))
    script.answer("GET /api/v1/users/00u1", {"errorCode": "E0000047"}, status=429, headers=limit)

    with pytest.raises(Throttled) as caught:
        await okta.read_user("00u1")

    assert caught.value.retry_after == 43.0


# aiohttp itself asks once more when a server closes the connection of a GET without a word.
@pytest.mark.parametrize(("fault", "times"), [("drop", 2), ("hang", 1)])
async def test_no_answer_is_unavailable(script: Script, fault: str, times: int) -> None:
    okta = Okta(script.url, token=TOKEN, timeout=0.2)
    for _ in range(times):
        script.answer("GET /api/v1/users/00u1/groups", fault=fault)

    with pytest.raises(Unavailable, match="gave no answer"):
        await okta.list_user_groups("00u1")

    await okta.close()


async def test_nobody_listening_is_unavailable() -> None:
    okta = Okta("http://127.0.0.1:1", token=TOKEN)

    with pytest.raises(Unavailable):
        await okta.read_user("00u1")

    await okta.close()


async def test_the_groups_of_a_user_arrive_from_all_pages(script: Script, okta: Okta) -> None:
    following = ("Link", f'<{script.url}/api/v1/users/00u1/groups?after=g1&limit=1>; rel="next"')
    script.answer("GET /api/v1/users/00u1/groups", [group("g1", "Everyone")], headers=(following,))
    script.answer("GET /api/v1/users/00u1/groups?after=g1&limit=1", [group("g2", "Staff")])

    assert await okta.list_user_groups("00u1") == [OktaGroup("g1", "Everyone"), OktaGroup("g2", "Staff")]


async def test_groups_of_a_user_who_is_gone_are_an_error_and_not_empty(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/users/00u1/groups", NO_SUCH, status=404)

    with pytest.raises(NotFound):
        await okta.list_user_groups("00u1")


@pytest.mark.parametrize("swapped", [False, True])
async def test_members_are_followed_whichever_link_header_comes_last(script: Script, okta: Okta, swapped: bool) -> None:
    path = f"/api/v1/groups/{GROUP_ID}/users?limit=200"
    links = (
        ("Link", f'<https://other.example{path}>; rel="self"'),
        ("Link", f'<https://other.example{path}&after=x%2By>; rel="next"'),
    )
    script.answer(f"GET {path}", [user()], headers=links[::-1] if swapped else links)
    script.answer(f"GET {path}&after=x%2By", [user(id="00u2", status="DEPROVISIONED")])

    members = [member async for member in okta.list_group_members(GROUP_ID)]

    # Both requests, with the token, went to our own org, whatever host the link named.
    assert [(member.id, member.status) for member in members] == [("00u1", "ACTIVE"), ("00u2", "DEPROVISIONED")]


async def test_a_failed_page_of_members_raises(script: Script, okta: Okta) -> None:
    path = f"/api/v1/groups/{GROUP_ID}/users?limit=200"
    script.answer(f"GET {path}", [user()], headers=(("Link", f'<{script.url}{path}&after=x>; rel="next"'),))
    script.answer(f"GET {path}&after=x", status=500)

    with pytest.raises(Unavailable):
        [member async for member in okta.list_group_members(GROUP_ID)]


async def test_a_group_is_found_by_id(script: Script, okta: Okta) -> None:
    script.answer(f"GET /api/v1/groups/{GROUP_ID}", group(GROUP_ID, "Staff"))

    assert await okta.find_group(GROUP_ID) == OktaGroup(GROUP_ID, "Staff")


async def test_a_name_that_looks_like_an_id_is_found_as_a_name(script: Script, okta: Okta) -> None:
    script.answer(f"GET /api/v1/groups/{GROUP_ID}", NO_SUCH, status=404)
    script.answer(f"GET /api/v1/groups?search=profile.name%20eq%20%22{GROUP_ID}%22", [group("g1", GROUP_ID)])

    assert await okta.find_group(GROUP_ID) == OktaGroup("g1", GROUP_ID)


async def test_a_group_is_found_by_its_exact_name_only(script: Script, okta: Okta) -> None:
    script.answer(FIND_STAFF, [group("g1", "staff"), group("g2", "Staff 2"), group("g3", "Staff")])
    script.answer(FIND_STAFF, [group("g1", "staff")])

    assert await okta.find_group("Staff") == OktaGroup("g3", "Staff")
    assert await okta.find_group("Staff") is None


async def test_two_groups_of_one_name_are_refused_by_id(script: Script, okta: Okta) -> None:
    script.answer(FIND_STAFF, [group("g1", "Staff"), group("g2", "Staff")])

    with pytest.raises(Rejected, match=r"g1, g2.*by its id"):
        await okta.find_group("Staff")


async def test_a_quote_in_a_group_name_stays_inside_the_search(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/groups?search=profile.name%20eq%20%22a%5C%22b%5C%5Cc%22", [group("g1", 'a"b\\c')])

    assert await okta.find_group('a"b\\c') == OktaGroup("g1", 'a"b\\c')


async def test_log_events_come_as_okta_sent_them_with_the_link_that_continues(script: Script, okta: Okta) -> None:
    query = "since=2026-11-23T00%3A00%3A00Z&filter=target.id%20eq%20%22x%22&limit=1000&sortOrder=ASCENDING"
    event = {"uuid": "e1", "eventType": "new.kind", "outcome": {"result": "NEVER_SEEN"}}
    links = (("Link", f'<{script.url}/api/v1/logs?after=c1&limit=2>; rel="next"'),)
    script.answer(f"GET /api/v1/logs?{query}", [event], headers=links)
    script.answer("GET /api/v1/logs?after=c1&limit=2", [], headers=links)

    first = await okta.list_log_events(since="2026-11-23T00:00:00Z", filter='target.id eq "x"')
    second = await okta.list_log_events(next_link=first.next)

    assert first.events == [event]
    assert second.events == []
    assert second.next == first.next


@pytest.mark.parametrize("link", ["https://evil.example/", "/api/v1/logs", "https://evil.example/oauth2/v1/token?a=b"])
async def test_a_link_to_something_else_is_not_followed(okta: Okta, link: str) -> None:
    with pytest.raises(Rejected):
        await okta.list_log_events(next_link=link)


HOOK = {
    "id": "who1",
    "name": "Offstage",
    "status": "ACTIVE",
    "verificationStatus": "VERIFIED",
    "events": {"type": "EVENT_TYPE", "items": ["user.lifecycle.suspend"]},
    "channel": {"type": "HTTP", "version": "1.0.0", "config": {"uri": "https://app/api/okta/events"}},
}


async def test_event_hooks_are_read_with_their_filters(script: Script, okta: Okta) -> None:
    each = {"event": "group.user_membership.add", "condition": {"expression": "event.x", "version": None}}
    filters = {"type": "EXPRESSION_LANGUAGE", "eventFilterMap": [each]}
    script.answer("GET /api/v1/eventHooks", [HOOK, HOOK | {"events": {"items": ["a"], "filter": filters}}])

    plain, filtered = await okta.list_event_hooks()

    assert (plain.name, plain.status, plain.verification_status) == ("Offstage", "ACTIVE", "VERIFIED")
    assert (plain.uri, plain.event_types, plain.filters) == (
        "https://app/api/okta/events",
        ("user.lifecycle.suspend",),
        (),
    )
    assert filtered.filters == (("group.user_membership.add", "event.x"),)


async def test_an_event_hook_that_lacks_its_address_is_no_event_hook(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/eventHooks", [HOOK | {"channel": {}}])

    with pytest.raises(Unavailable, match="event hook with status, address"):
        await okta.list_event_hooks()


async def test_asking_for_one_brings_what_oktas_clock_shows(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/logs?limit=1", [], headers=(("Date", "Mon, 14 Sep 2026 10:38:41 GMT"),))

    assert await okta.ask_for_one("logs") == datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)


async def test_so_many_groups_are_listed_as_were_asked_for(script: Script, okta: Okta) -> None:
    script.answer("GET /api/v1/groups?limit=2000", [group(GROUP_ID, "Staff")])

    assert [each.name for each in await okta.list_groups(2000)] == ["Staff"]
