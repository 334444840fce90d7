"""HTTP answers in JSON."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

import azure.functions as func
from pydantic import JsonValue

from clients.errors import ClientError, TablesRefused

log = logging.getLogger("offstage.answers")


def answer(
    body: JsonValue, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(body), status_code=status.value, headers=dict(headers or {}), mimetype="application/json"
    )


def unavailable(error: ClientError) -> func.HttpResponse:
    """What a route answers when the tables or the host do not."""
    log.error("%s", error)
    is_told = error.permanent or isinstance(error, TablesRefused)
    reason = str(error) if is_told else f"{error.asked}: no answer just now, nothing was changed; ask again"
    return refuse(HTTPStatus.SERVICE_UNAVAILABLE, reason)


def refuse(status: HTTPStatus, reason: str) -> func.HttpResponse:
    """An error, with what is wrong in words."""
    return answer({"error": reason}, status)
