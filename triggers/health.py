"""Liveness, for whoever asks: the worker runs, and has read its settings. It says nothing else, and asks nobody."""

import azure.durable_functions as df
import azure.functions as func

from triggers.answers import answer

bp = df.Blueprint()


@bp.route("health", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    return answer({"status": "up"})
