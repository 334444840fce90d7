"""What the doctor finds: the settings, everything that they lead to, and the app from outside."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import httpx

from clients.errors import ClientError
from lifecycle.health import Check, Outcome, failed, ok, warning
from lifecycle.health_okta import HOOK, judge_hook, origin_of
from local.admin.edge import check_edge
from local.admin.event_hooks import EventHooks, HookRefused
from local.admin.reach import App
from local.admin.settings_file import Values, wired
from local.admin.shown import Failed
from settings import Settings, SettingsError, read_settings
from triggers.health_checks import check_everything
from triggers.health_okta import find_groups

SETTINGS = "Settings"


@dataclass(frozen=True)
class Patient:
    """What there is to look at: settings, a running app, or both. `admin_token` is an Okta administrator's."""

    values: Values | None = None
    url: str | None = None
    key: str | None = None
    admin_token: str | None = None
    to_app: httpx.BaseTransport | None = None
    to_okta: httpx.BaseTransport | None = None


async def diagnose(patient: Patient) -> tuple[Check, ...]:
    """With settings everything is tried from here; without, the running app is asked what it finds itself."""
    if patient.values is None:
        return await asyncio.to_thread(_ask_app, patient)
    try:
        found = read_settings(patient.values)
    except SettingsError as error:
        return tuple(_fault(each) for each in error.faults)
    here = [patient.url] if patient.url else []
    async with wired(found):
        checks = await check_everything(*here)
        if patient.admin_token:
            checks = await _with_hook_seen(checks, found, patient, {origin_of(each) for each in here})
    if not patient.url:
        checks = tuple(map(_before_deployment, checks))
    secret = found.okta_hook_secret.get_secret_value()
    outside = await asyncio.to_thread(check_edge, _app(patient), secret) if patient.url else ()
    return (ok(SETTINGS, "every setting can be used"), *outside, *checks)


def _fault(fault: str) -> Check:
    name, _, what = fault.partition(": ")
    return failed(f"Setting {name}", what, f"Correct {name}; the README says what it takes.")


def _app(patient: Patient) -> App:
    return App(patient.url, patient.key, patient.to_app)


def _ask_app(patient: Patient) -> tuple[Check, ...]:
    app = _app(patient)
    outside = check_edge(app, None)
    if any(check.outcome is Outcome.FAILED for check in outside):
        return outside
    answer = app.ask("GET", "health/details", also=(httpx.codes.SERVICE_UNAVAILABLE,))  # type: ignore[arg-type]
    if not isinstance(answer, Mapping) or "checks" not in answer:
        raise Failed(f"{app.url} does not answer as Offstage does; is it an older version?")
    inside = [
        Check(str(each["name"]), Outcome(each["outcome"]), str(each["found"]), each["cure"])
        for each in answer["checks"]
    ]
    return (*outside, *inside)


async def _with_hook_seen(
    checks: tuple[Check, ...], settings: Settings, patient: Patient, here: Collection[str]
) -> tuple[Check, ...]:
    """The event hook as an administrator sees it, in the place of what the app's own token shows."""
    hooks = EventHooks(settings.okta_org_url, patient.admin_token or "", patient.to_okta)
    try:
        found = [hook for _, hook in await asyncio.to_thread(hooks.all)]
        group_ids = [group[0] for group in (await find_groups()).values() if group]
        seen = judge_hook(found, here, group_ids)
    except HookRefused as refused:
        seen = failed(HOOK, str(refused), "Correct OKTA_ADMIN_TOKEN, or leave it out.")
    except (ClientError, Failed):
        return checks  # which say what is wrong with Okta
    return tuple(seen if check.name == HOOK else check for check in checks)


def _before_deployment(check: Check) -> Check:
    """The event hook is registered when there is an app that can answer; without an address nobody expects it."""
    if check.name != HOOK or check.outcome is not Outcome.FAILED:
        return check
    cure = f"{check.cure} Do so when the app runs; then give its address to the doctor, too (--url)."
    return warning(HOOK, check.found, cure)
