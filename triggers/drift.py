"""The drift check: every night, and whenever an operator asks."""

import logging
from typing import Any
from uuid import uuid4

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, StrictBool

import wiring
from lifecycle.drift_evidence import Kind
from lifecycle.inputs import RECONCILE_MEMBERS, ReconcileInput, start_of
from triggers.answers import answered, until_next_run
from triggers.license_bodies import parse_body
from triggers.license_catalog import start
from triggers.member_bodies import Name
from triggers.operator import who_asks

# Between the purge of histories and the daily catalog, and not at a full hour.
NIGHTLY = "0 25 3 * * *"
log = logging.getLogger("offstage.drift_check")

bp = df.Blueprint()


class ReconcileRequest(BaseModel):
    """{"apply": false, "findings": ["past_due"], "members": ["maya.lin@contoso.com"]}, all optional"""

    model_config = ConfigDict(extra="forbid")

    apply: StrictBool = Field(False, description="start the flows that mend what is found; without it, only report")
    findings: list[Kind] = Field(
        [], description="mend only these kinds; by default all but `disabled_by_others`, which has to be named"
    )
    members: list[Name] = Field([], description="mend only these people, by Okta id or login; everybody by default")


@bp.timer_trigger(arg_name="timer", schedule=NIGHTLY, use_monitor=True)
@bp.durable_client_input(client_name="client")
async def drift_check(timer: func.TimerRequest, client: Any) -> None:
    """Report only: what to do about it, a person decides."""
    instance = f"{RECONCILE_MEMBERS}-{uuid4()}"
    with until_next_run("there is no drift check tonight; start one when what is named here works again"):
        await wiring.durable(client).start(start_of(RECONCILE_MEMBERS, instance, ReconcileInput()))
        log.info("started %s", instance)


@bp.route("members/reconcile", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@bp.durable_client_input(client_name="client")
async def start_drift_check(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    return await answered(check(req, wiring.durable(client)))


async def check(req: func.HttpRequest, durable: wiring.Durable) -> func.HttpResponse:
    asked, who = parse_body(ReconcileRequest, req.get_body()), who_asks(req.headers)
    wanted = ReconcileInput(apply=asked.apply, findings=tuple(asked.findings), members=tuple(asked.members), by=who)
    words = "check for drift and mend it" if asked.apply else "check for drift"
    return await start(req, durable, RECONCILE_MEMBERS, wanted, words)
