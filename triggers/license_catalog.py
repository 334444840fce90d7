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
from clients.errors import Conflict
from lifecycle.inputs import CLEAR_LICENSES, STORE_LICENSES, CatalogInput, FlowInput, start_of
from lifecycle.orders import Outcome
from rows import catalog
from triggers.answers import Malformed, Refused, answered
from triggers.csv_cells import CSV, is_csv_asked_for
from triggers.license_bodies import (
    ChoiceRequest,
    License,
    Licenses,
    StoreRequest,
    license_of,
    parse_body,
    to_csv,
)
from triggers.operator import operator_act, who_asks, write_down
from triggers.runs import accepted

# A store may write the row between the reading and the writing of a choice. More often than that is no coincidence.
CHOICE_ATTEMPTS = 3
log = logging.getLogger("offstage.license_catalog")

bp = df.Blueprint()


@bp.route("licenses/store", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def start_store(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    return await answered(store(req, wiring.durable(client)))


async def store(req: func.HttpRequest, durable: wiring.Durable) -> func.HttpResponse:
    asked = parse_body(StoreRequest, req.get_body())
    words = f"store the licenses of {named(asked.group)}{', clear first' if asked.clear_first else ''}"
    return await start(
        req, durable, STORE_LICENSES, CatalogInput(group=asked.group, clear_first=asked.clear_first), words
    )


@bp.route("licenses", methods=["DELETE"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def start_clear(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    return await answered(clear(req, wiring.durable(client)))


async def clear(req: func.HttpRequest, durable: wiring.Durable) -> func.HttpResponse:
    """Without a group it empties the whole catalog, so a group that is misspelt or left empty is refused."""
    group = req.params.get("group")
    if unknown := sorted(set(req.params) - {"group", "code"}):
        raise Malformed(f"there is no parameter {unknown[0][:40]!r}; there is group")
    if group is not None and not group.strip():
        raise Malformed("group is empty; leave it out to clear the whole catalog")
    words = f"clear the licenses of {named(group)}"
    return await start(req, durable, CLEAR_LICENSES, CatalogInput(group=group), words)


def named(group: str | None) -> str:
    return f"the group {group}" if group else "all groups"


async def start(
    req: func.HttpRequest, durable: wiring.Durable, flow: str, asked_for: FlowInput, words: str
) -> func.HttpResponse:
    """Start a flow that an operator asks for, and answer where its run tells how it is doing.

    `words` say in the audit what was asked. Raises ClientError.
    """
    instance = f"{flow}-{uuid4()}"
    act = operator_act(datetime.now(UTC), Outcome.ASKED, words, who_asks(req.headers))
    await write_down(replace(act, instance=instance))
    await durable.start(start_of(flow, instance, asked_for))
    log.info("started %s", instance)
    return accepted(req, instance)


@bp.route("licenses", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_licenses(req: func.HttpRequest) -> func.HttpResponse:
    return await answered(read_licenses(req.params.get("group"), as_csv=is_csv_asked_for(req.headers)))


async def read_licenses(group: str | None, *, as_csv: bool) -> Licenses | func.HttpResponse:
    tables = await wiring.tables()
    entries = await (catalog.read_asked_for(tables, group) if group else catalog.read(tables))
    if as_csv:
        as_file = {"Content-Disposition": 'attachment; filename="licenses.csv"'}
        return func.HttpResponse(to_csv(entries), headers=as_file, mimetype=CSV, charset="utf-8")
    return Licenses(licenses=[license_of(entry) for entry in entries])


@bp.route("licenses/{group}/{skuId}", methods=["PATCH"], auth_level=func.AuthLevel.FUNCTION)
async def choose_license(req: func.HttpRequest) -> func.HttpResponse:
    return await answered(take_choice(req))


async def take_choice(req: func.HttpRequest) -> License:
    choice = parse_body(ChoiceRequest, req.get_body())
    group, sku_id = req.route_params["group"], req.route_params["skuId"]
    return await choose(group, sku_id, assign=choice.assign, by=who_asks(req.headers))


async def choose(group: str, sku_id: str, *, assign: bool, by: str) -> License:
    """Write what an operator chose; a store that comes in between is read again: neither loses what the other wrote.

    Raises Refused or ClientError.
    """
    tables, asked_at = await wiring.tables(), datetime.now(UTC)
    for _ in range(CHOICE_ATTEMPTS):
        found = await catalog.find(tables, group, sku_id)
        if not found:
            raise Refused(HTTPStatus.NOT_FOUND, f"the catalog of the group {group!r} has no SKU {sku_id}")
        if len(found) > 1:
            ids = ", ".join(each.record.group_id for each in found)
            raise Refused(HTTPStatus.CONFLICT, f"several groups are called {group!r}; name one by its id: {ids}")
        stored, entry = found[0], found[0].record
        if assign and not entry.is_assignable:
            state = f"applies to {entry.applies_to or 'nobody'}, {entry.capability_status}"
            raise Refused(HTTPStatus.CONFLICT, f"{entry.name} cannot be assigned to a user ({state})")
        asked = f"assign from {entry.assign} to {assign}: {entry.name} of the group {entry.group_name}"
        act = operator_act(asked_at, Outcome.ASKED, asked, by)
        try:
            await write_down(act)
            await catalog.choose(tables, stored, assign=assign)
            await write_down(replace(act, outcome=Outcome.CARRIED_OUT))
        except Conflict:
            continue
        log.info("%s of %r: assign from %s to %s", entry.sku_part_number, entry.group_name, entry.assign, assign)
        return license_of(replace(entry, assign=assign))
    raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "the row is being written again and again; try once more")
