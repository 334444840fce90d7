"""The catalog, and the switch of what newcomers are given: the very one of `PATCH licenses/{group}/{skuId}`."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

import wiring
from lifecycle.catalog import CatalogEntry
from pages import confirmations
from pages.catalog import catalog as catalog_page
from rows import catalog
from triggers.answers import Refused
from triggers.dashboard_visits import Done, Form, Visit, posted, visited
from triggers.license_catalog import choose

ROUTE = "dashboard/catalog/{group}/{skuId}"

bp = df.Blueprint()


@bp.route("dashboard/catalog", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_catalog(req: func.HttpRequest) -> func.HttpResponse:
    async def page(visit: Visit) -> str:
        return catalog_page(await catalog.read(await wiring.tables()), visit.frame)

    return await visited(req, page)


@bp.route(ROUTE, methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def confirm_choice(req: func.HttpRequest) -> func.HttpResponse:
    async def page(visit: Visit) -> str:
        entry, assign = await _entry(req), req.params.get("assign") == "yes"
        asked = confirmations.of_choice(entry.name, entry.group_name, assign=assign)
        fields = [("assign", "yes" if assign else "no")]
        action = f"catalog/{entry.group_id}/{entry.sku_id}"
        return confirmations.confirm(asked, visit.frame, action=action, back="catalog", fields=fields)

    return await visited(req, page)


@bp.route(ROUTE, methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def choose_on_page(req: func.HttpRequest) -> func.HttpResponse:
    async def change(visit: Visit, form: Form) -> Done:
        entry, assign = await _entry(req), form.one("assign") == "yes"
        await choose(entry.group_id, entry.sku_id, assign=assign, by=visit.session.who)
        given = "are given" if assign else "are not given"
        return Done("catalog", f"Newcomers to {entry.group_name} {given} {entry.name} from now on.")

    return await posted(req, change)


async def _entry(req: func.HttpRequest) -> CatalogEntry:
    found = await catalog.find(await wiring.tables(), req.route_params["group"], req.route_params["skuId"])
    if len(found) != 1:
        raise Refused(HTTPStatus.NOT_FOUND, "The catalog has no such license for this group any more.")
    return found[0].record
