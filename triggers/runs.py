"""How a run is doing, for whoever holds a function key.

The durable status route of the host needs the system key, with which one can start and steer runs. This one only reads.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, Field, JsonValue

import wiring
from triggers.addresses import address
from triggers.answers import Refused, answer, answered

ROUTE = "runs/{instance}"
AGAIN_AFTER = {"Retry-After": "10"}  # seconds

bp = df.Blueprint()


class RunAccepted(BaseModel):
    """A run that was started, and where to see how it is doing; the header `Location` says so too."""

    id: str
    statusQueryGetUri: str = Field(description="GET it with the function key until it answers 200")


class RunShown(BaseModel):
    """What the durable status query answers, without the input and the history of the run."""

    name: str
    instanceId: str
    runtimeStatus: str = Field(description="Pending, Running, Completed, Failed, Terminated, …")
    customStatus: JsonValue
    output: JsonValue
    createdTime: datetime
    lastUpdatedTime: datetime


@bp.route(ROUTE, methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def show_run(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    """202 while the run goes on, 200 when it has ended, however it ended."""
    return await answered(read_run(wiring.durable(client), req.route_params["instance"], req.url))


async def read_run(durable: wiring.Durable, instance: str, asked: str) -> func.HttpResponse:
    run = await durable.run(instance)
    if run is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"there is no run {instance[:100]!r}; it may have been purged")
    shown = RunShown(
        name=run.flow,
        instanceId=run.instance,
        runtimeStatus=run.runtime_status,
        customStatus=run.custom_status,
        output=run.output,
        createdTime=run.created_at,
        lastUpdatedTime=run.updated_at,
    ).model_dump(mode="json")
    if run.is_finished:
        return answer(shown)
    return answer(shown, HTTPStatus.ACCEPTED, {**AGAIN_AFTER, "Location": _address(asked, instance)})


def accepted(req: func.HttpRequest, instance: str) -> func.HttpResponse:
    """202, with the address at which the run tells how it is doing. It holds no key."""
    address = _address(req.url, instance)
    body = RunAccepted(id=instance, statusQueryGetUri=address).model_dump()
    return answer(body, HTTPStatus.ACCEPTED, {**AGAIN_AFTER, "Location": address})


def _address(asked: str, instance: str) -> str:
    return address(asked, f"runs/{quote(instance, safe='')}")
