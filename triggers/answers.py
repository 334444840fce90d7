"""HTTP answers in JSON."""

import json
from http import HTTPStatus

import azure.functions as func
from pydantic import JsonValue


def answer(body: JsonValue, status: HTTPStatus = HTTPStatus.OK) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(body), status_code=status.value, mimetype="application/json")


def refuse(status: HTTPStatus, reason: str) -> func.HttpResponse:
    """An error, with what is wrong in words."""
    return answer({"error": reason}, status)
