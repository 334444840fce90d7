"""HTTP answers in JSON, and what is answered when something goes wrong: problem details, the same on every route."""

import json
import logging
import math
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

import azure.functions as func
from pydantic import BaseModel, JsonValue

from clients.errors import ClientError, TablesRefused

PROBLEM = "application/problem+json"  # https://www.rfc-editor.org/rfc/rfc9457
# They are about people, and the key that opens them is no header that keeps a cache from storing.
FOR_THE_ASKER_ALONE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
log = logging.getLogger("offstage.answers")


class Refused(Exception):
    """The request is answered with this status and reason."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Malformed(ValueError):
    """The request is not what the route takes; the text says what is expected."""


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it; `detail` says it in words."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


def answer(
    body: JsonValue, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    said = {**FOR_THE_ASKER_ALONE, **(headers or {})}
    return func.HttpResponse(json.dumps(body), status_code=status.value, headers=said, mimetype="application/json")


async def answered(
    work: Awaitable[BaseModel | func.HttpResponse], status: HTTPStatus = HTTPStatus.OK
) -> func.HttpResponse:
    """The answer that a route's work comes to, whatever goes wrong in it."""
    try:
        found = await work
    except Refused as refused:
        return refuse(refused.status, str(refused))
    except Malformed as error:
        return refuse(HTTPStatus.BAD_REQUEST, str(error))
    except ClientError as error:
        return unavailable(error)
    return (
        found if isinstance(found, func.HttpResponse) else answer(found.model_dump(mode="json", by_alias=True), status)
    )


def unavailable(error: ClientError) -> func.HttpResponse:
    """What a route answers when Okta, the tenant, the tables or the host do not."""
    # Not the whole error: what was asked for may have somebody's login in it.
    log.error("%s gave no useful answer: status %s %s", error.system, error.status, error.code)
    is_told = error.permanent or isinstance(error, TablesRefused)
    reason = str(error) if is_told else f"{error.system} gave no answer just now; ask again"
    later = {"Retry-After": str(math.ceil(error.retry_after))} if error.retry_after else {}
    return refuse(HTTPStatus.SERVICE_UNAVAILABLE, reason, later)


def refuse(status: HTTPStatus, reason: str, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """An error, with what is wrong in words."""
    problem = Problem(title=status.phrase, status=status.value, detail=reason)
    said = {**FOR_THE_ASKER_ALONE, **(headers or {})}
    return func.HttpResponse(problem.model_dump_json(), status_code=status.value, headers=said, mimetype=PROBLEM)


@contextmanager
def until_next_run(what: str, *others: type[Exception]) -> Iterator[None]:
    """Of a timer: what Okta, the tables or the host do not let it do now is left to its next run, and logged.

    `others` are what else may go wrong there.
    """
    expected: tuple[type[Exception], ...] = (ClientError, *others)
    try:
        yield
    except expected as error:
        log.error("%s: %s", what, error)
