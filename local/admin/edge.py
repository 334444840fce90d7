"""The app from outside, as Okta and an administrator see it: is it there, and does it know the secret?"""

import time
from collections.abc import Mapping
from http import HTTPStatus

from lifecycle.health import Check, failed, ok, warning
from lifecycle.health_okta import HOOK_PATH
from local.admin.reach import KEY, App
from local.admin.shown import Failed

CHALLENGE = "x-okta-verification-challenge"
OKTA_WAITS = 3.0  # seconds
SLOW = 1.5

UP, DOOR, ANSWER_TIME, FUNCTION_KEY = "The app", "Door for Okta", "Answer time", "Function key"


def check_edge(app: App, secret: str | None) -> tuple[Check, ...]:
    """Without a secret it is only seen whether the app is there, and lets the key in."""
    try:
        status = app.send("GET", "health").status_code
    except Failed as failure:
        return (
            failed(UP, str(failure), "Is the address right, and the app started? Its log says what ended a start."),
        )
    if status != HTTPStatus.OK:
        cure = "Look into the app's log: a setting that is wrong ends the start, and is named there."
        return (failed(UP, f"GET health answered {status}", cure),)
    return (ok(UP, f"{app.url} is up"), *(_door(app, secret) if secret else ()), _key(app))


def knows_secret(app: App, secret: str) -> bool:
    """Whether the app lets this secret in, tried as Okta verifies an event hook."""
    return _answers_challenge(app, secret)[0]


def _door(app: App, secret: str) -> tuple[Check, ...]:
    app.send("GET", "health")  # so that a cold start is not measured
    is_let_in, took = _answers_challenge(app, secret)
    if not is_let_in:
        cure = "Set OKTA_HOOK_SECRET in the app to the value that the event hook has, or `offstage hook register` anew."
        return (failed(DOOR, f"{HOOK_PATH} does not take the secret of these settings", cure),)
    found = f"answered within {took:.1f} s; Okta waits {OKTA_WAITS:g} s"
    cure = "Keep an instance of the app ready (Flex Consumption: always-ready for http and durable)."
    time_check = ok(ANSWER_TIME, found) if took < SLOW else warning(ANSWER_TIME, found, cure)
    return ok(DOOR, f"{HOOK_PATH} takes the secret of these settings"), time_check


def _answers_challenge(app: App, secret: str) -> tuple[bool, float]:
    started = time.monotonic()
    response = app.send("GET", "okta/events", headers={"Authorization": secret, CHALLENGE: "offstage-doctor"})
    took = time.monotonic() - started
    is_let_in = response.status_code == HTTPStatus.OK and _echo(response.json()) == "offstage-doctor"
    return is_let_in, took


def _echo(answer: object) -> object:
    return answer.get("verification") if isinstance(answer, Mapping) else None


def _key(app: App) -> Check:
    status = app.send("GET", "members", query={"top": 1}).status_code
    if status == HTTPStatus.UNAUTHORIZED:
        cure = f"Take a function key from the app (Functions, App keys) and put it into {KEY}."
        return failed(FUNCTION_KEY, "the app does not take it", cure)
    if status != HTTPStatus.OK:
        return failed(FUNCTION_KEY, f"GET members answered {status}", "See what else is said here, and the app's log.")
    return ok(FUNCTION_KEY, "the app takes it")
