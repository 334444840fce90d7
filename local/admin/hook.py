"""`offstage hook …`: the event hook, through Okta's API. Only this writes into Okta, and only when it is asked to."""

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from clients.errors import ClientError
from lifecycle.events import EVENT_TYPES
from lifecycle.health import Outcome
from lifecycle.health_okta import HOOK_PATH, EventHook, judge_hook, origin_of
from local.admin.doctor import show_checks
from local.admin.edge import knows_secret
from local.admin.event_hooks import TOKEN, EventHooks, HookRefused, body_of
from local.admin.options import AsJson, Url
from local.admin.reach import App
from local.admin.settings_file import read_values, wired, write_values
from local.admin.shown import FAILED, Failed, err, failing_plainly, say, show_json, show_table
from settings import Settings, SettingsError, read_settings
from triggers.health_okta import find_groups

hook = typer.Typer(no_args_is_help=True, help="Okta's event hook, through Okta's API.")

File = Annotated[
    Path, typer.Option("--settings", help="The app's settings, in the form of local.settings.json.", dir_okay=False)
]
Filter = Annotated[
    bool,
    typer.Option(
        "--filter/--no-filter", help="Deliver memberships of managed groups alone, where the org has filters."
    ),
]
SETTINGS_FILE = Path("local.settings.json")
SECRET, PREVIOUS = "OKTA_HOOK_SECRET", "OKTA_HOOK_SECRET_PREVIOUS"


@dataclass(frozen=True)
class Setup:
    """What every command here starts from: the settings, the org's hooks, and the address to which ours leads."""

    settings: Settings
    hooks: EventHooks
    url: str

    @property
    def secret(self) -> str:
        return self.settings.okta_hook_secret.get_secret_value()

    @property
    def app(self) -> App:
        return App(self.url, None)

    def ours(self) -> list[tuple[str, EventHook]]:
        """The hooks that lead to this app, with their ids."""
        wanted = origin_of(self.url) + HOOK_PATH
        return [
            (id_, each) for id_, each in self.hooks.all() if origin_of(each.uri) + urlsplit(each.uri).path == wanted
        ]

    def the_one(self) -> tuple[str, EventHook]:
        found = self.ours()
        if len(found) == 1:
            return found[0]
        names = ", ".join(f"{each.name} ({id_})" for id_, each in found)
        if found:
            raise Failed(f"Several event hooks lead to {self.url}: {names}. Delete those that are not needed, in Okta.")
        raise Failed(f"No event hook of the org leads to {self.url}. Register it: offstage hook register.")


@hook.command()
def register(
    url: Url = None,
    settings: File = SETTINGS_FILE,
    filtered: Filter = True,
) -> None:
    """Register the event hook with all nine event types, or put the one there is right, and verify it."""
    with failing_plainly():
        setup = _setup(settings, url)
        if not knows_secret(setup.app, setup.secret):
            raise Failed(
                f"{setup.url} does not take the secret of {settings}: set {SECRET} in the app, and restart it."
            )
        group_ids = asyncio.run(_group_ids(setup.settings)) if filtered else []
        found = setup.ours()
        hook_id = _write(setup, found[0][0] if found else None, group_ids)
        say("Okta verifies it …")
        setup.hooks.verify(hook_id)
        if found and found[0][1].status != "ACTIVE":
            setup.hooks.activate(hook_id)
        say(
            f"The event hook {hook_id} leads to {setup.url}: active, verified, {len(EVENT_TYPES)} event types.", "green"
        )


@hook.command()
def verify(url: Url = None, settings: File = SETTINGS_FILE) -> None:
    """Let Okta verify the event hook once more, as after a change of its address or secret."""
    with failing_plainly():
        setup = _setup(settings, url)
        hook_id, _ = setup.the_one()
        setup.hooks.verify(hook_id)
        say(f"The event hook {hook_id} is verified.", "green")


@hook.command()
def status(url: Url = None, settings: File = SETTINGS_FILE, as_json: AsJson = False) -> None:
    """Show the event hook, and what is wrong with it. Exit code 1 when something is."""
    with failing_plainly():
        setup = _setup(settings, url)
        found = [each for _, each in setup.hooks.all()]
        group_ids = asyncio.run(_group_ids(setup.settings))
    check = judge_hook(found, {origin_of(setup.url)}, group_ids)
    if as_json:
        show_json({"check": asdict(check), "hooks": [asdict(each) for each in found]})
    else:
        rows = [(each.name, each.status, each.verification_status, each.uri, len(each.event_types)) for each in found]
        show_table(("event hook", "status", "verification", "leads to", "event types"), rows)
        show_checks((check,))
    if check.outcome is Outcome.FAILED:
        raise typer.Exit(FAILED)


@hook.command("rotate-secret")
def rotate_secret(url: Url = None, settings: File = SETTINGS_FILE) -> None:
    """Change the secret without a gap: once to make a new one, and again when the app has been given it."""
    with failing_plainly():
        setup = _setup(settings, url)
        if setup.settings.okta_hook_secret_previous is None:
            _make_new_secret(settings, setup)
            return
        if not knows_secret(setup.app, setup.secret):
            raise Failed(f"{setup.url} does not take the new secret yet: {_hand_over(settings)}")
        _replace_hook(setup)
        write_values(settings, {PREVIOUS: ""})
        say(f"The event hook has the new secret. Empty {PREVIOUS} in the app: it stops taking the old one then.")


def _make_new_secret(file: Path, setup: Setup) -> None:
    write_values(file, {SECRET: secrets.token_urlsafe(32), PREVIOUS: setup.secret})
    say(f"A new secret stands in {file}. Now {_hand_over(file)}")


def _hand_over(file: Path) -> str:
    return f"give the app {SECRET} and {PREVIOUS} as {file} has them, restart it, and run this command again."


def _replace_hook(setup: Setup) -> None:
    """A second hook beside the old one, so that every event is delivered; what comes twice starts one run."""
    old = setup.ours()
    group_ids = asyncio.run(_group_ids(setup.settings)) if any(each.filters for _, each in old) else []
    hook_id = _write(setup, None, group_ids)
    try:
        setup.hooks.verify(hook_id)
    except Failed:
        setup.hooks.delete(hook_id, is_active=True)
        raise
    for old_id, each in old:
        setup.hooks.delete(old_id, is_active=each.status == "ACTIVE")


def _write(setup: Setup, hook_id: str | None, group_ids: list[str]) -> str:
    """Make the hook, or put the one with this id right; without a filter where the org takes none."""
    try:
        return _written(setup, hook_id, body_of(setup.url, setup.secret, group_ids))
    except HookRefused as refused:
        if not group_ids or not refused.is_about_filter:
            raise
    say("The org has no event hook filters (an early-access feature): registered without one, which does as well.")
    return _written(setup, hook_id, body_of(setup.url, setup.secret))


def _written(setup: Setup, hook_id: str | None, body: Mapping[str, Any]) -> str:
    if hook_id is None:
        return setup.hooks.create(body)
    setup.hooks.replace(hook_id, body)
    return hook_id


async def _group_ids(found: Settings) -> list[str]:
    """The ids of the managed groups. All of them have to exist: a filter would leave the others out."""
    async with wired(found):
        try:
            with err.status("Looking for the managed groups"):
                groups = await find_groups()
        except ClientError as error:
            raise Failed(str(error)) from None
    if missing := [name for name, group in groups.items() if group is None]:
        raise Failed(
            f"Okta has no group {', '.join(map(repr, missing))}: correct OFFICE_GROUP. `offstage doctor` helps."
        )
    return [group[0] for group in groups.values() if group]


def _setup(file: Path, url: str | None) -> Setup:
    try:
        found = read_settings(read_values(file))
    except SettingsError as error:
        raise Failed(str(error)) from None
    if not url:
        raise Failed("To which app does the hook lead? Give its address: --url, or OFFSTAGE_URL.")
    given = os.environ.get(TOKEN, "").strip()
    token = given or (found.okta_api_token.get_secret_value() if found.okta_api_token else "")
    if not token:
        raise Failed(
            f"Okta's event hooks need an administrator: put an API token of a Super Administrator into {TOKEN}."
        )
    return Setup(found, EventHooks(found.okta_org_url, token), url.rstrip("/"))
