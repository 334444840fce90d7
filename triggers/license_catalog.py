"""The license catalog for operators: store, clear, list, and choose what newcomers to a group are given."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import azure.durable_functions as df
import azure.functions as func

import wiring
from clients.errors import ClientError, Conflict
from lifecycle.inputs import CLEAR_LICENSES, STORE_LICENSES, CatalogInput, FlowInput, start_of
from lifecycle.orders import Outcome
from rows import catalog
from triggers.answers import answer, refuse, unavailable
from triggers.license_bodies import (
    ChoiceRequest,
    Licenses,
    MalformedBody,
    StoreRequest,
    license_of,
    parse_body,
    to_csv,
)
from triggers.operator import operator_act, who_asks, write_down
from triggers.runs import accepted

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
    asked_for = CatalogInput(group=asked.group, clear_first=asked.clear_first)
    words = f"store the licenses of {named(asked.group)}{', clear first' if asked.clear_first else ''}"
    return await start(req, wiring.durable(client), STORE_LICENSES, asked_for, words)


@bp.route("licenses", methods=["DELETE"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def start_clear(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    """Without a group it empties the whole catalog, so a group that is misspelt or left empty is refused."""
    group = req.params.get("group")
    if unknown := sorted(set(req.params) - {"group", "code"}):
        return refuse(HTTPStatus.BAD_REQUEST, f"there is no parameter {unknown[0][:40]!r}; there is group")
    if group is not None and not group.strip():
        return refuse(HTTPStatus.BAD_REQUEST, "group is empty; leave it out to clear the whole catalog")
    words = f"clear the licenses of {named(group)}"
    return await start(req, wiring.durable(client), CLEAR_LICENSES, CatalogInput(group=group), words)


def named(group: str | None) -> str:
    return f"the group {group}" if group else "all groups"


async def start(
    req: func.HttpRequest, durable: wiring.Durable, flow: str, asked_for: FlowInput, words: str
) -> func.HttpResponse:
    """Start a flow that an operator asks for, and answer where its run tells how it is doing.

    `words` say in the audit what was asked.
    """
    instance = f"{flow}-{uuid4()}"
    act = operator_act(datetime.now(UTC), Outcome.ASKED, words, who_asks(req.headers))
    try:
        await write_down(replace(act, instance=instance))
        await durable.start(start_of(flow, instance, asked_for))
    except ClientError as error:
        return unavailable(error)
    log.info("started %s", instance)
    return accepted(req, instance)


@bp.route("licenses", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_licenses(req: func.HttpRequest) -> func.HttpResponse:
    group = req.params.get("group")
    try:
        tables = await wiring.tables()
        entries = await (catalog.read_asked_for(tables, group) if group else catalog.read(tables))
    except ClientError as error:
        return unavailable(error)
    if CSV in req.headers.get("Accept", "").lower():
        as_file = {"Content-Disposition": 'attachment; filename="licenses.csv"'}
        return func.HttpResponse(to_csv(entries), headers=as_file, mimetype=CSV, charset="utf-8")
    return answer(Licenses(licenses=[license_of(entry) for entry in entries]).model_dump(mode="json"))


@bp.route("licenses/{group}/{skuId}", methods=["PATCH"], auth_level=func.AuthLevel.FUNCTION)
async def choose_license(req: func.HttpRequest) -> func.HttpResponse:
    try:
        choice = parse_body(ChoiceRequest, req.get_body())
        group, sku_id = req.route_params["group"], req.route_params["skuId"]
        return await choose(group, sku_id, assign=choice.assign, by=who_asks(req.headers))
    except MalformedBody as error:
        return refuse(HTTPStatus.BAD_REQUEST, str(error))
    except ClientError as error:
        return unavailable(error)


async def choose(group: str, sku_id: str, *, assign: bool, by: str) -> func.HttpResponse:
    """Write what an operator chose; a store that comes in between is read again: neither loses what the other wrote."""
    tables, asked_at = await wiring.tables(), datetime.now(UTC)
    for _ in range(CHOICE_ATTEMPTS):
        found = await catalog.find(tables, group, sku_id)
        if not found:
            return refuse(HTTPStatus.NOT_FOUND, f"the catalog of the group {group!r} has no SKU {sku_id}")
        if len(found) > 1:
            ids = ", ".join(each.record.group_id for each in found)
            return refuse(HTTPStatus.CONFLICT, f"several groups are called {group!r}; name one by its id: {ids}")
        stored, entry = found[0], found[0].record
        if assign and not entry.is_assignable:
            state = f"applies to {entry.applies_to or 'nobody'}, {entry.capability_status}"
            return refuse(HTTPStatus.CONFLICT, f"{entry.name} cannot be assigned to a user ({state})")
        asked = f"assign from {entry.assign} to {assign}: {entry.name} of the group {entry.group_name}"
        act = operator_act(asked_at, Outcome.ASKED, asked, by)
        try:
            await write_down(act)
            await catalog.choose(tables, stored, assign=assign)
            await write_down(replace(act, outcome=Outcome.CARRIED_OUT))
        except Conflict:
            continue
        log.info("%s of %r: assign from %s to %s", entry.sku_part_number, entry.group_name, entry.assign, assign)
        return answer(license_of(replace(entry, assign=assign)).model_dump(mode="json"))
    return refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the row is being written again and again; try once more")
