"""Waiting for a run that a command has started, with what it shows of itself."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from rich.markup import escape

from local.admin.reach import App, segment
from local.admin.shown import Failed, err, say, show_json

LOOK_EVERY = 0.5  # seconds


def finish(app: App, accepted: Mapping[str, Any], *, wait: bool, as_json: bool) -> Any:
    """The output of a run, once it has ended; without `wait` nothing, but where to look is said."""
    instance = str(accepted["id"])
    if not wait:
        show_json(accepted) if as_json else say(f"Started: {instance}")
        return None
    with err.status(escape(f"{instance}: started")) as status:
        while (run := _look(app, instance)) is None or run[0] == HTTPStatus.ACCEPTED:
            status.update(escape(f"{instance}: {_stage(run[1]) if run else 'started'}"))
            time.sleep(LOOK_EVERY)
    shown = run[1]
    if shown["runtimeStatus"] != "Completed":
        raise Failed(f"{instance} ended as {shown['runtimeStatus']}: {shown['output']}")
    return shown["output"]


def _look(app: App, instance: str) -> tuple[int, Mapping[str, Any]] | None:
    """None while the host does not know it yet."""
    response = app.send("GET", f"runs/{segment(instance)}")
    if response.status_code == HTTPStatus.NOT_FOUND:
        return None
    if not response.is_success:
        raise Failed(f"The app answered {response.status_code} when it was asked for {instance}; it goes on by itself.")
    return response.status_code, response.json()


def _stage(run: Mapping[str, Any]) -> str:
    shown = run.get("customStatus") or {}
    parts = [shown.get("stage"), shown.get("about"), shown.get("reason")] if isinstance(shown, Mapping) else [shown]
    return ", ".join(str(part) for part in parts if part) or str(run["runtimeStatus"])
