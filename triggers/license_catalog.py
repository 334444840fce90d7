"""The license catalog for operators: store, clear, list, and choose what newcomers to a group are given."""

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.catalog import LICENSES, CatalogEntry, entry_from
from lifecycle.intake import Start
from triggers.answers import answer, refuse
from triggers.license_bodies import (
    ChoiceRequest,
    Licenses,
    MalformedBody,
    StoreRequest,
    license_of,
    parse_body,
    to_csv,
)

STORE = "store_licenses"
CLEAR = "clear_licenses"
# A store may write the row between the reading and the writing of a choice. More often than that is no coincidence.
CHOICE_ATTEMPTS = 3
CSV = "text/csv"
log = logging.getLogger("offstage.license_catalog")

bp = df.Blueprint()


@bp.route("licenses/store", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def start_store(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    try:
        asked = parse_body(StoreRequest, req.get_body())
    except MalformedBody as error:
        return refuse(HTTPStatus.BAD_REQUEST, str(error))
    return await start(req, client, STORE, asked.model_dump())


@bp.route("licenses", methods=["DELETE"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def start_clear(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    return await start(req, client, CLEAR, {"group": req.params.get("group") or None})


async def start(req: func.HttpRequest, client: Any, flow: str, asked: dict[str, Any]) -> func.HttpResponse:
    instance = f"{flow}-{uuid4()}"
    try:
        await wiring.durable(client).start(Start(flow, instance, asked))
    except wiring.ClientError as error:
        return unavailable(error)
    log.info("started %s", instance)
    status_links: func.HttpResponse = client.create_check_status_response(req, instance)
    return status_links


@bp.route("licenses", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_licenses(req: func.HttpRequest) -> func.HttpResponse:
    try:
        entries = await read_entries(req.params.get("group"))
    except wiring.ClientError as error:
        return unavailable(error)
    if CSV in req.headers.get("Accept", "").lower():
        as_file = {"Content-Disposition": 'attachment; filename="licenses.csv"'}
        return func.HttpResponse(to_csv(entries), headers=as_file, mimetype=CSV, charset="utf-8")
    return answer(Licenses(licenses=[license_of(entry) for entry in entries]).model_dump(mode="json"))


@bp.route("licenses/{group}/{skuId}", methods=["PATCH"], auth_level=func.AuthLevel.FUNCTION)
async def choose_license(req: func.HttpRequest) -> func.HttpResponse:
    try:
        choice = parse_body(ChoiceRequest, req.get_body())
        return await choose(req.route_params["group"], req.route_params["skuId"], assign=choice.assign)
    except MalformedBody as error:
        return refuse(HTTPStatus.BAD_REQUEST, str(error))
    except wiring.ClientError as error:
        return unavailable(error)


async def read_entries(group: str | None) -> list[CatalogEntry]:
    """The catalog of one group, or of all; a group without rows has none."""
    tables = await wiring.tables()
    keys = partition_keys(group)[:1] if group else []
    if group and not keys:
        return []
    query = tables.query(LICENSES, "PartitionKey eq @key" if keys else "", {"key": keys[0]} if keys else {})
    entries = [entry_from(row.values) async for row in query]
    return sorted(entries, key=lambda entry: (entry.group_name, entry.row_number))


async def choose(group: str, sku_id: str, *, assign: bool) -> func.HttpResponse:
    """Write a choice; a store that comes in between is read again, so that neither loses what the other wrote."""
    tables = await wiring.tables()
    for _ in range(CHOICE_ATTEMPTS):
        row = await find_row(group, sku_id)
        if row is None:
            return refuse(HTTPStatus.NOT_FOUND, f"the catalog of the group {group!r} has no SKU {sku_id}")
        entry = entry_from(row.values)
        if assign and not entry.is_assignable:
            state = f"applies to {entry.applies_to or 'nobody'}, {entry.capability_status}"
            return refuse(HTTPStatus.CONFLICT, f"{entry.name} cannot be assigned to a user ({state})")
        try:
            keys = {name: row.values[name] for name in ("PartitionKey", "RowKey")}
            await tables.merge(LICENSES, {**keys, "Assign": assign}, row.etag)
        except wiring.Conflict:
            continue
        log.info("%s of %r: assign from %s to %s", entry.sku_part_number, entry.group_name, entry.assign, assign)
        return answer(license_of(replace(entry, assign=assign)).model_dump(mode="json"))
    return refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the row is being written again and again; try once more")


async def find_row(group: str, sku_id: str) -> Any:
    tables = await wiring.tables()
    try:
        row_key = wiring.escape_key(sku_id.lower())
    except ValueError:  # longer than any skuId
        return None
    for key in partition_keys(group):
        row = await tables.get(LICENSES, key, row_key)
        if row is not None:
            return row
    return None


def partition_keys(group: str) -> list[str]:
    """The key of the group's name; then of the name that is meant if this is a key, as in a row's `path`."""
    try:
        return list(dict.fromkeys(wiring.escape_key(name) for name in (group, wiring.unescape_key(group))))
    except ValueError:  # longer than any name
        return []


def unavailable(error: wiring.ClientError) -> func.HttpResponse:
    log.error("%s", error)
    reason = str(error) if error.permanent else f"{error.asked}: no answer just now, nothing was changed; ask again"
    return refuse(HTTPStatus.SERVICE_UNAVAILABLE, reason)
