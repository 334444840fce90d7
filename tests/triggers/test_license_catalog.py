"""What operators get when they store, clear, list and choose."""

import csv
import io
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest

import wiring
from clients.errors import Unavailable
from clients.tables import Tables
from lifecycle.catalog import VANISHED, CatalogEntry, StorePlan
from lifecycle.inputs import CatalogInput
from rows import audit, catalog
from rows.stored import Stored
from tests.triggers.durable_client import FakeDurableClient
from triggers import license_catalog

GROUP, GROUP_ID = "Office 365 Assignments", "00g1aaaaaaaaaaaaaaaa"
SALES_ID = "00g2bbbbbbbbbbbbbbbb"
SLASHES = "Berlin/Paris #1?"
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
NOBODYS = "502a2b18-1d9b-47d5-98eb-b7a6e3af4a3b"
ENTRY = CatalogEntry(
    group_id=GROUP_ID,
    group_name=GROUP,
    sku_id=E3,
    name="Microsoft 365 E3",
    sku_part_number="SPE_E3",
    applies_to="User",
    capability_status="Enabled",
    enabled_units=25,
    consumed_units=20,
    stored_at=datetime(2026, 9, 14, 4, 20, tzinfo=UTC),
    row_number=1,
)
VIEW = {
    **asdict(ENTRY),
    "stored_at": "2026-09-14T04:20:00Z",
    "is_assignable": True,
    "path": f"licenses/{GROUP_ID}/{E3}",
}


@pytest.fixture
def client() -> FakeDurableClient:
    return FakeDurableClient()


@pytest.fixture(autouse=True)
def _own_table(audited: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "TABLE", f"T{uuid4().hex}")


async def put(tables: Tables, *entries: CatalogEntry) -> None:
    """Store these rows, whatever was there."""
    for entry in entries:
        former = [each for each in await catalog.read_stored(tables, entry.group_id) if is_same_row(each, entry)]
        await catalog.store(tables, StorePlan((entry,), ()), former)


def is_same_row(stored: Stored[CatalogEntry], entry: CatalogEntry) -> bool:
    return (stored.record.group_id, stored.record.sku_id) == (entry.group_id, entry.sku_id)


async def send(
    route: Any,
    client: Any = None,
    *,
    body: Any = b"",
    params: dict[str, str] | None = None,
    path: dict[str, str] | None = None,
    accept: str = "",
) -> func.HttpResponse:
    """Call the function as the worker does."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = func.HttpRequest(
        "POST", "http://localhost/api", headers={"Accept": accept}, params=params, route_params=path, body=encoded
    )
    function = route._function.get_user_function()
    response: func.HttpResponse = (
        await function(request) if client is None else await function.client_function(request, client)
    )
    return response


async def choose(assign: Any, *, group: str = GROUP, sku_id: str = E3) -> tuple[int, Any]:
    body = {"assign": assign}
    response = await send(license_catalog.choose_license, body=body, path={"group": group, "skuId": sku_id})
    return response.status_code, json.loads(response.get_body())


async def listed(group: str | None = None) -> list[dict[str, Any]]:
    response = await send(license_catalog.list_licenses, params={"group": group} if group else {})
    assert response.status_code == 200
    found: list[dict[str, Any]] = json.loads(response.get_body())["licenses"]
    return found


async def test_store_without_a_body_is_for_every_managed_group(client: FakeDurableClient) -> None:
    response = await send(license_catalog.start_store, client)

    (instance,) = client.instances
    assert (response.status_code, json.loads(response.get_body())["id"]) == (202, instance)
    assert response.headers["Location"].endswith(f"/api/runs/{instance}")
    assert instance.startswith("store_licenses-")
    assert client.input_of(instance, CatalogInput) == CatalogInput(group=None, clear_first=False)


async def test_store_and_clear_are_on_record_with_the_operator(client: FakeDurableClient, tables: Tables) -> None:
    await send(license_catalog.start_store, client, body={"clear_first": True})
    await send(license_catalog.start_clear, client, params={"group": "Sales"})

    store, clear = client.instances
    assert [(act.detail, act.outcome, act.actor, act.instance) for act in await audit.newest(tables, 10)] == [
        ("clear the licenses of the group Sales", "asked", "operator: key", clear),
        ("store the licenses of all groups, clear first", "asked", "operator: key", store),
    ]


async def test_store_of_one_group_that_clears_first_is_handed_on(client: FakeDurableClient) -> None:
    await send(license_catalog.start_store, client, body={"group": "Sales", "clear_first": True})

    (instance,) = client.instances
    assert client.input_of(instance, CatalogInput) == CatalogInput(group="Sales", clear_first=True)


async def test_another_store_may_start_while_one_runs(client: FakeDurableClient) -> None:
    for _ in range(2):
        assert (await send(license_catalog.start_store, client)).status_code == 202

    assert len(client.inputs) == 2


@pytest.mark.parametrize(
    "body", [b"nonsense", b"[]", b"null", {"group": ""}, {"group": 5}, {"clear_first": "yes"}, {"clearFirst": True}]
)
async def test_malformed_store_is_refused_with_what_was_expected(client: FakeDurableClient, body: Any) -> None:
    response = await send(license_catalog.start_store, client, body=body)

    assert (response.status_code, client.inputs) == (400, {})
    assert '{"group": "Office 365 Assignments", "clear_first": false}' in json.loads(response.get_body())["detail"]


@pytest.mark.parametrize(("params", "group"), [({}, None), ({"group": "Sales"}, "Sales")])
async def test_clear_is_for_all_groups_or_one(
    client: FakeDurableClient, params: dict[str, str], group: str | None
) -> None:
    response = await send(license_catalog.start_clear, client, params=params)

    assert response.status_code == 202
    (instance,) = client.instances
    assert instance.startswith("clear_licenses-")
    assert client.input_of(instance, CatalogInput) == CatalogInput(group=group)


@pytest.mark.parametrize("params", [{"grup": "Sales"}, {"group": ""}, {"group": " "}, {"group": "Sales", "all": "1"}])
async def test_clear_whose_group_is_misspelt_or_empty_clears_nothing(
    client: FakeDurableClient, params: dict[str, str]
) -> None:
    response = await send(license_catalog.start_clear, client, params=params)

    assert (response.status_code, client.inputs) == (400, {})


async def test_key_in_the_address_is_no_unknown_parameter(client: FakeDurableClient) -> None:
    assert (await send(license_catalog.start_clear, client, params={"code": "key"})).status_code == 202


@pytest.mark.parametrize("route", [license_catalog.start_store, license_catalog.start_clear])
async def test_flow_that_cannot_be_started_is_a_503(client: FakeDurableClient, route: Any) -> None:
    client.broken = True

    assert (await send(route, client)).status_code == 503


async def test_list_shows_every_row_in_order(tables: Tables) -> None:
    second = replace(ENTRY, sku_id=NOBODYS, row_number=2)
    other = replace(ENTRY, group_id=SALES_ID, group_name="Sales")
    await put(tables, other, second, ENTRY)

    everything = await listed()

    assert everything[0] == VIEW
    assert [(row["group_name"], row["row_number"]) for row in everything] == [(GROUP, 1), (GROUP, 2), ("Sales", 1)]


@pytest.mark.parametrize(
    ("group", "names"),
    [
        (GROUP, [GROUP]),
        (GROUP_ID, [GROUP]),
        (SLASHES, [SLASHES]),
        (SALES_ID, [SLASHES]),
        ("Nobody", []),
        ("x" * 600, []),
    ],
)
async def test_list_of_one_group_by_its_id_or_name_has_its_rows_only(
    tables: Tables, group: str, names: list[str]
) -> None:
    await put(tables, ENTRY, replace(ENTRY, group_id=SALES_ID, group_name=SLASHES))

    assert [row["group_name"] for row in await listed(group)] == names


async def test_spreadsheets_get_csv_with_the_columns_of_the_table(tables: Tables) -> None:
    await put(tables, ENTRY)

    response = await send(license_catalog.list_licenses, accept="text/csv")

    assert (response.mimetype, response.charset) == ("text/csv", "utf-8")
    [row] = csv.DictReader(io.StringIO(response.get_body().decode()))
    assert list(row) == list(catalog.COLUMNS.values())
    assert (row["MicrosoftLicenseSku"], row["Assign"], row["EnabledUnits"]) == (E3, "False", "25")
    assert row["StoredAt"] == "2026-09-14T04:20:00+00:00"


@pytest.mark.parametrize("assign", [True, False])
async def test_choice_is_written_and_the_row_answered(tables: Tables, assign: bool) -> None:
    await put(tables, replace(ENTRY, assign=not assign))

    assert await choose(assign) == (200, VIEW | {"assign": assign})
    assert (await listed())[0]["assign"] is assign


async def test_choice_is_on_record_with_the_operator(tables: Tables) -> None:
    await put(tables, ENTRY)

    await choose(True)

    (act,) = await audit.newest(tables, 10)
    assert (act.act, act.outcome, act.actor) == ("operator_command", "carried out", "operator: key")
    assert act.detail == "assign from False to True: Microsoft 365 E3 of the group Office 365 Assignments"


async def test_choice_leaves_every_other_column_as_it_was(tables: Tables) -> None:
    await put(tables, ENTRY)

    await choose(True)

    assert await listed() == [VIEW | {"assign": True}]


async def test_sku_id_is_found_however_it_is_spelled(tables: Tables) -> None:
    await put(tables, ENTRY)

    assert (await choose(True, sku_id=E3.upper()))[0] == 200


@pytest.mark.parametrize("group", [SLASHES, GROUP_ID])
async def test_group_is_found_by_its_name_and_by_its_id_as_in_the_path_that_was_listed(
    tables: Tables, group: str
) -> None:
    await put(tables, replace(ENTRY, group_name=SLASHES))

    assert (await listed())[0]["path"] == f"licenses/{GROUP_ID}/{E3}"
    assert (await choose(True, group=group))[0] == 200


async def test_name_that_two_groups_have_is_a_409_that_names_their_ids(tables: Tables) -> None:
    await put(tables, ENTRY, replace(ENTRY, group_id=SALES_ID))

    status, answer = await choose(True)

    assert status == 409
    assert GROUP_ID in answer["detail"]
    assert SALES_ID in answer["detail"]
    assert [row["assign"] for row in await listed()] == [False, False]
    assert (await choose(True, group=SALES_ID))[0] == 200


@pytest.mark.parametrize(
    ("group", "sku_id"), [(GROUP, NOBODYS), ("Sales", E3), ("x" * 600, E3), (GROUP, "no guid/#?"), (GROUP, "")]
)
async def test_unknown_row_is_a_404(tables: Tables, group: str, sku_id: str) -> None:
    await put(tables, ENTRY)

    status, answer = await choose(True, group=group, sku_id=sku_id)

    assert status == 404
    assert "has no SKU" in answer["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"true", {"assign": "true"}, {"assign": None}, {"assign": 1}, {"assigned": True}]
)
async def test_malformed_choice_is_refused_with_what_was_expected(body: Any) -> None:
    response = await send(license_catalog.choose_license, body=body, path={"group": GROUP, "skuId": E3})

    assert response.status_code == 400
    assert 'expected {"assign": true} or {"assign": false}; ' in json.loads(response.get_body())["detail"]


@pytest.mark.parametrize("hindrance", [{"applies_to": "Company"}, {"capability_status": VANISHED}])
async def test_sku_that_no_user_can_have_is_a_409_but_its_choice_can_be_taken_back(
    tables: Tables, hindrance: dict[str, Any]
) -> None:
    await put(tables, replace(ENTRY, assign=True, **hindrance))

    status, answer = await choose(True)

    assert (status, "cannot be assigned to a user" in answer["detail"]) == (409, True)
    assert (await choose(False))[0] == 200


async def test_store_that_comes_in_between_is_read_again(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    await put(tables, ENTRY)
    merge = tables.merge

    async def overtaken(*arguments: Any) -> str:
        monkeypatch.setattr(tables, "merge", merge)
        await put(tables, replace(ENTRY, enabled_units=99))
        return await merge(*arguments)

    monkeypatch.setattr(tables, "merge", overtaken)

    assert await choose(True) == (200, VIEW | {"assign": True, "enabled_units": 99})


async def test_row_that_is_written_all_the_time_is_a_503(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    await put(tables, ENTRY)
    merge = tables.merge

    async def always_overtaken(*arguments: Any) -> str:
        await put(tables, ENTRY)
        return await merge(*arguments)

    monkeypatch.setattr(tables, "merge", always_overtaken)

    assert (await choose(True))[0] == 503


async def test_tables_that_do_not_answer_are_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    async def down() -> Any:
        raise Unavailable("tables", "read", status=500)

    monkeypatch.setattr(wiring, "tables", down)

    assert (await send(license_catalog.list_licenses)).status_code == 503
    assert (await choose(True))[0] == 503
