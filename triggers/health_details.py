"""Health in detail, for operators and their monitoring: what was tried, what was found, what to do about it."""

from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel, Field

from lifecycle.health import Check, Outcome, worst
from lifecycle.health_okta import origin_of
from triggers.answers import answer
from triggers.health_checks import health_checks

bp = df.Blueprint()


class ShownCheck(BaseModel):
    """One thing that was looked at."""

    name: str
    outcome: Outcome
    found: str
    cure: str | None = Field(description="what to do about it, unless all is well")


class HealthDetails(BaseModel):
    """How each dependency and permission stands; `outcome` is the worst of all."""

    outcome: Outcome
    checks: list[ShownCheck]


@bp.route("health/details", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def show_health(req: func.HttpRequest) -> func.HttpResponse:
    """503 when a check fails, so that a monitor needs no more than the status."""
    shown = details(await health_checks(origin_of(req.url)))
    status = HTTPStatus.SERVICE_UNAVAILABLE if shown.outcome is Outcome.FAILED else HTTPStatus.OK
    return answer(shown.model_dump(mode="json"), status)


def details(checks: tuple[Check, ...]) -> HealthDetails:
    shown = [ShownCheck(name=c.name, outcome=c.outcome, found=c.found, cure=c.cure) for c in checks]
    return HealthDetails(outcome=worst(checks), checks=shown)
