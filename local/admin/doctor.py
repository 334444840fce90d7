"""`offstage doctor`: is everything there that Offstage needs, and what to do where it is not."""

import asyncio
import os
from dataclasses import asdict

import typer
from rich.text import Text

from lifecycle.health import Check, Outcome, worst
from lifecycle.visible import visible_line
from local.admin.diagnosis import Patient, diagnose
from local.admin.event_hooks import TOKEN
from local.admin.options import AsJson, KeyFile, SettingsFile, Url
from local.admin.reach import read_key
from local.admin.settings_file import read_values
from local.admin.shown import FAILED, LONGEST, err, failing_plainly, out, say, show_json

# A word and a shape, never colour alone.
SIGNS = {Outcome.OK: ("✓ ok", "green"), Outcome.WARNING: ("! look", "yellow"), Outcome.FAILED: ("✗ failed", "bold red")}


def doctor(url: Url = None, key_file: KeyFile = None, settings: SettingsFile = None, as_json: AsJson = False) -> None:
    """Check everything that Offstage needs, and say what to do about what is missing.

    With --settings everything is tried from this machine, also before the first deployment. With --url alone the
    running app is asked what it finds itself. With both, the app is seen from outside, too. An Okta administrator's
    token in OKTA_ADMIN_TOKEN lets the event hook be seen. Nothing is changed.
    """
    if settings is None and url is None:
        raise typer.BadParameter("Give --settings FILE, or --url (OFFSTAGE_URL), or both.")
    with failing_plainly(), err.status("Looking at Okta, Microsoft 365, the tables and the app"):
        values = read_values(settings) if settings else None
        patient = Patient(values, url, read_key(key_file), os.environ.get(TOKEN, "").strip() or None)
        checks = asyncio.run(diagnose(patient))
    if as_json:
        show_json({"outcome": worst(checks), "checks": [asdict(check) for check in checks]})
    else:
        show_checks(checks)
    if worst(checks) is Outcome.FAILED:
        raise typer.Exit(FAILED)


def show_checks(checks: tuple[Check, ...]) -> None:
    """The worst last, where the eye is when the command has ended."""
    order = list(Outcome)
    for check in sorted(checks, key=lambda check: order.index(check.outcome)):
        sign, style = SIGNS[check.outcome]
        out.print(Text(f"{sign:<9}", style=style) + Text(visible_line(f"{check.name}: {check.found}", LONGEST)))
        if check.cure:
            out.print(Text(f"{'':<9}→ {visible_line(check.cure, LONGEST)}", style=style))
    wrong = [check for check in checks if check.outcome is not Outcome.OK]
    say(f"\n{len(checks)} checks, {len(wrong)} to look at." if wrong else f"\n{len(checks)} checks, all is well.")
