"""Okta's event hook: the verification challenge, and deliveries of events.

https://developer.okta.com/docs/concepts/event-hooks/ : Okta waits three seconds, repeats a delivery once after a 5xx
and never after a 4xx. So every relevant event has a started orchestration before the 200, and only what a repetition
can help is a 503.
"""

import hmac
import json
import logging
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import wiring
from clients.errors import ClientError
from lifecycle.events import MalformedDelivery, parse_delivery
from triggers.answers import answer, refuse
from triggers.intake import take_in

BODY_LIMIT = 1024 * 1024  # bytes; Okta's largest deliveries are far below
log = logging.getLogger("offstage.okta_event_hook")

bp = df.Blueprint()


@bp.route("okta/events", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
async def okta_event_hook(req: func.HttpRequest, client: Any) -> func.HttpResponse:
    if not is_from_okta(req.headers.get("Authorization")):
        return refuse(HTTPStatus.UNAUTHORIZED, "the Authorization header does not carry the event hook's secret")
    if req.method == "GET":
        return answer({"verification": req.headers.get("x-okta-verification-challenge", "")})
    body = req.get_body()
    if len(body) > BODY_LIMIT:
        return refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a delivery may have {BODY_LIMIT} bytes at the most")
    try:
        delivery = parse_delivery(json.loads(body))
    except MalformedDelivery as error:
        return refuse(HTTPStatus.BAD_REQUEST, str(error))
    except (ValueError, RecursionError) as error:  # no JSON, or JSON nested too deeply
        return refuse(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}")
    try:
        taken_in = await take_in(delivery, wiring.durable(client), wiring.now())
    except ClientError as error:
        log.error("delivery %s could not be started: %s", delivery.event_id, error)
        return refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the events could not be started; deliver them again")
    log.info("delivery %s: started %s", delivery.event_id, taken_in.started)
    return answer(asdict(taken_in))


def is_from_okta(authorization: str | None) -> bool:
    """Compare with the secret, and with the previous one while it is being rotated, in constant time."""
    settings = wiring.settings()
    given = (authorization or "").encode(errors="surrogatepass")
    secrets = [settings.okta_hook_secret, settings.okta_hook_secret_previous]
    matches = [hmac.compare_digest(given, secret.get_secret_value().encode()) for secret in secrets if secret]
    return any(matches)
