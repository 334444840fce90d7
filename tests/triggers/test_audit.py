"""What auditors get: the acts of a period as JSON lines or CSV, page by page, and what they come to."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import azure.functions as func
import pytest

from clients.tables import Tables
from lifecycle.audit import AuditEntry, Period
from rows import audit, catalog
from rows.stored import Page
from tests.triggers.members_world import ADA, BOB, World
from triggers import audit as routes

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
ACT = AuditEntry(
    at=AT,
    act="remove_licenses",
    outcome="done",
    instance="staged_deactivation-1",
    event_uuid="d41c7e80",
    dry_run=False,
    detail="05e9a617, c5928f49",
    okta_user_id=ADA.okta_user_id,
    login=ADA.login,
    entra_user_id="entra-ada",
    actor="hr-import@contoso.com",
    event_type="group.user_membership.remove",
    published=AT - timedelta(seconds=41, milliseconds=500),
    licenses=("Microsoft 365 E3", "Visio Plan 2"),
    request_id="7f2d",
)
PERIOD = {"from": "2026-09-14T00:00:00Z", "to": "2026-09-15T00:00:00Z"}
# The columns that the contract names, in its order.
COLUMNS = [
    "at",
    "act",
    "outcome",
    "user",
    "okta_user_id",
    "entra_user_id",
    "actor",
    "event_type",
    "event_uuid",
    "published",
    "seconds_after_event",
    "licenses",
    "detail",
    "instance",
    "request_id",
    "dry_run",
]


@pytest.fixture
async def world(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(catalog, "TABLE", f"T{uuid4().hex}")
    return World(tables, monkeypatch)


async def ask(route: Any, params: dict[str, str], accept: str = "") -> func.HttpResponse:
    address = "https://offstage.example/api/audit?code=SECRET"
    request = func.HttpRequest("GET", address, headers={"Accept": accept}, params=params, body=b"")
    response: func.HttpResponse = await route._function.get_user_function()(request)
    return response


async def exported(params: dict[str, str], accept: str = "") -> func.HttpResponse:
    response = await ask(routes.export_audit, params, accept)
    assert response.status_code == 200, response.get_body()
    return response


async def every_page(params: dict[str, str], accept: str = "") -> list[str]:
    """Follows the links as a client does."""
    pages = []
    while True:
        response = await exported(params, accept)
        pages.append(response.get_body().decode())
        link = response.headers.get("Link")
        if link is None:
            return pages
        found = re.fullmatch(r'<(https://offstage\.example/api/audit\?[^>]*)>; rel="next"', link)
        assert found
        params = dict(parse_qsl(urlsplit(found[1]).query))
        assert "code" not in params


async def store(world: World, *acts: AuditEntry) -> None:
    for act in acts:
        await audit.append(world.tables, act)


async def test_act_is_a_line_of_json_with_the_columns_of_the_contract(world: World) -> None:
    await store(world, ACT)

    response = await exported(PERIOD)

    assert response.mimetype == "application/x-ndjson"
    (line,) = response.get_body().decode().splitlines()
    assert list(json.loads(line)) == COLUMNS
    assert json.loads(line) == {
        "at": "2026-09-14T10:38:41.006000Z",
        "act": "remove_licenses",
        "outcome": "done",
        "user": "ada@contoso.com",
        "okta_user_id": "00u1ada",
        "entra_user_id": "entra-ada",
        "actor": "hr-import@contoso.com",
        "event_type": "group.user_membership.remove",
        "event_uuid": "d41c7e80",
        "published": "2026-09-14T10:37:59.506000Z",
        "seconds_after_event": 41.5,
        "licenses": ["Microsoft 365 E3", "Visio Plan 2"],
        "detail": "05e9a617, c5928f49",
        "instance": "staged_deactivation-1",
        "request_id": "7f2d",
        "dry_run": False,
    }


@pytest.mark.parametrize("accept", ["", "text/csv"])
async def test_export_is_kept_by_no_cache(world: World, accept: str) -> None:
    await store(world, ACT)

    assert (await exported(PERIOD, accept)).headers["Cache-Control"] == "no-store"


async def test_spreadsheet_gets_the_same_columns(world: World) -> None:
    await store(world, ACT)

    response = await exported(PERIOD, "text/csv")

    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    header, row = csv.reader(io.StringIO(response.get_body().decode(), newline=""))
    assert header == COLUMNS
    assert dict(zip(header, row, strict=True)) == {
        "at": "2026-09-14T10:38:41.006000Z",
        "act": "remove_licenses",
        "outcome": "done",
        "user": "ada@contoso.com",
        "okta_user_id": "00u1ada",
        "entra_user_id": "entra-ada",
        "actor": "hr-import@contoso.com",
        "event_type": "group.user_membership.remove",
        "event_uuid": "d41c7e80",
        "published": "2026-09-14T10:37:59.506000Z",
        "seconds_after_event": "41.5",
        "licenses": "Microsoft 365 E3; Visio Plan 2",
        "detail": "05e9a617, c5928f49",
        "instance": "staged_deactivation-1",
        "request_id": "7f2d",
        "dry_run": "false",
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("column", ["user", "actor", "detail", "outcome", "licenses"])
async def test_no_text_is_a_formula_in_a_spreadsheet(world: World, start: str, column: str) -> None:
    evil: Any = f'{start}HYPERLINK("https://evil.example")'
    name = {"user": "login"}.get(column, column)
    differing: Any = {name: (evil,) if name == "licenses" else evil}
    await store(world, replace(ACT, **differing))

    response = await exported(PERIOD, "text/csv")

    (row,) = csv.DictReader(io.StringIO(response.get_body().decode(), newline=""))
    assert row[column] == f"'{evil}"


@pytest.mark.parametrize("accept", ["", "text/csv"])
@pytest.mark.parametrize("user", [None, ADA.login])
async def test_pages_one_behind_the_other_are_the_whole_period(world: World, accept: str, user: str | None) -> None:
    await world.put(ADA)
    await store(world, *(replace(ACT, at=AT + timedelta(minutes=number)) for number in range(7)))
    asked = PERIOD | ({"user": user} if user else {})

    pages = await every_page(asked | {"top": "3"}, accept)

    assert "".join(pages) == (await exported(asked, accept)).get_body().decode()
    assert [page.count("remove_licenses") for page in pages] == [3, 3, 1]


async def test_file_that_is_not_the_whole_says_so_in_its_name(world: World) -> None:
    await store(world, ACT, replace(ACT, at=AT + timedelta(minutes=1)))

    response = await exported(PERIOD | {"top": "1"}, "text/csv")

    assert 'filename="audit-more-follows.csv"' in response.headers["Content-Disposition"]


async def test_period_without_acts_is_an_empty_answer(world: World) -> None:
    assert (await exported(PERIOD)).get_body() == b""
    assert (await exported(PERIOD, "text/csv")).get_body().decode().splitlines() == [",".join(COLUMNS)]


@pytest.mark.parametrize("user", [ADA.okta_user_id, ADA.login])
async def test_acts_of_one_person_are_asked_for_by_id_or_login(world: World, user: str) -> None:
    await world.put(ADA, BOB)
    await store(world, ACT, replace(ACT, okta_user_id=BOB.okta_user_id, login=BOB.login))

    (line,) = (await exported(PERIOD | {"user": user})).get_body().splitlines()

    assert json.loads(line)["user"] == ADA.login


@pytest.mark.parametrize("route", [routes.export_audit, routes.report_audit])
@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "from: "),
        ({"from": PERIOD["from"]}, "to: "),
        (PERIOD | {"from": "yesterday"}, "from: "),
        (PERIOD | {"from": "2026-09-14T00:00:00"}, "from: "),
        (PERIOD | {"from": "1789000000"}, "from: "),
        (PERIOD | {"to": "2026-09-14T00:00:00Z"}, "to: "),
        (PERIOD | {"from": "0001-01-01T00:00:00+14:00", "to": "0001-12-31T00:00:00Z"}, "from: "),
        (PERIOD | {"usr": "ada"}, "'usr'"),
    ],
)
async def test_wrong_parameter_is_named(world: World, route: Any, params: dict[str, str], named: str) -> None:
    response = await ask(route, params)

    assert response.status_code == 400
    assert named in json.loads(response.get_body())["detail"]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"top": "0"}, "top: "),
        ({"top": "10001"}, "top: "),
        ({"continuation": "x"}, "continuation: "),
        ({"continuation": "eyJQYXJ0aXRpb25LZXkiOiAxLCAiUm93S2V5IjogMn0="}, "continuation: "),
    ],
)
async def test_wrong_parameter_of_an_export_is_named(world: World, more: dict[str, str], named: str) -> None:
    response = await ask(routes.export_audit, PERIOD | more)

    assert response.status_code == 400
    assert named in json.loads(response.get_body())["detail"]


async def test_report_of_more_than_a_year_is_refused(world: World) -> None:
    response = await ask(routes.report_audit, {"from": "2025-01-01T00:00:00Z", "to": "2026-09-15T00:00:00Z"})

    assert response.status_code == 400
    assert "to: it has to be within 366 days of from" in json.loads(response.get_body())["detail"]


async def test_key_in_the_address_is_no_unknown_parameter(world: World) -> None:
    assert (await ask(routes.export_audit, PERIOD | {"code": "SECRET"})).status_code == 200


async def test_nobody_is_a_404(world: World) -> None:
    assert (await ask(routes.export_audit, PERIOD | {"user": "nobody@contoso.com"})).status_code == 404


async def test_only_so_many_acts_are_in_memory_at_once_however_many_are_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def endless(
        tables: Tables, period: Period, okta_user_id: str | None, continuation: str | None, limit: int
    ) -> Page[AuditEntry]:
        asked.append(min(limit, audit.LONGEST_PAGE))
        return Page((ACT,) * asked[-1], "more")

    monkeypatch.setattr(audit, "page", endless)

    response = await exported(PERIOD | {"top": "2500"})

    assert asked == [1000, 1000, 500]
    assert len(response.get_body().splitlines()) == 2500


async def test_report_counts_what_the_period_comes_to(world: World) -> None:
    disabled = replace(ACT, act="disable_account", licenses=(), published=AT - timedelta(minutes=3))
    await store(world, ACT, disabled, replace(disabled, at=AT + timedelta(days=3)))

    response = await ask(routes.report_audit, PERIOD)

    assert response.status_code == 200
    assert json.loads(response.get_body()) == {
        "from": "2026-09-14T00:00:00Z",
        "to": "2026-09-15T00:00:00Z",
        "people": 1,
        "disabled": 1,
        "minutes_to_disable": {"median": 3.0, "percentile_95": 3.0, "longest": 3.0},
        "licenses_freed": 2,
        "licenses_given": 0,
        "skus": [
            {"name": "Microsoft 365 E3", "freed": 1, "given": 0, "enabled": None, "consumed": None},
            {"name": "Visio Plan 2", "freed": 1, "given": 0, "enabled": None, "consumed": None},
        ],
    }
