"""The health checks on a page: the very ones of `GET health/details`."""

import azure.durable_functions as df
import azure.functions as func

from pages import health
from triggers.dashboard_visits import Visit, visited
from triggers.health_checks import health_checks

bp = df.Blueprint()


@bp.route("dashboard/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def show_health_page(req: func.HttpRequest) -> func.HttpResponse:
    async def page(visit: Visit) -> str:
        return health.health(await health_checks(req.url), visit.frame)

    return await visited(req, page)
