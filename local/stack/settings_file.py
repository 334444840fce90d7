"""The app's settings on this machine: the example file, the user's own, and where the stack's parts are found."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from local.paths import SETTINGS, SETTINGS_EXAMPLE
from local.stack.ports import LOOPBACK, Ports

Values = dict[str, str]

# What a stack decides itself, whatever a settings file says: it must never act on a real org or tenant.
SET_BY_THE_STACK = (
    "OKTA_ORG_URL",
    "OKTA_API_TOKEN",
    "OKTA_CLIENT_ID",
    "OKTA_PRIVATE_KEY",
    "GRAPH_BASE_URL",
    "GRAPH_ACCESS_TOKEN",
    "TABLES_CONNECTION",
    "TABLES_ENDPOINT",
    "AzureWebJobsStorage",
)


class SettingsFileError(Exception):
    """The settings file cannot be read."""


def create_settings_file() -> bool:
    """Make local.settings.json from the example unless there is one. True when it was made."""
    if SETTINGS.exists():
        return False
    shutil.copy(SETTINGS_EXAMPLE, SETTINGS)
    return True


def read_values(path: Path) -> Values:
    try:
        values: Values = json.loads(path.read_text("utf-8-sig"))["Values"]
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsFileError(
            f"{path} cannot be read ({error!r}): it needs the form of {SETTINGS_EXAMPLE.name}."
        ) from error
    return values


def stack_values(own: Mapping[str, str], ports: Ports) -> Values:
    """Take the user's values for what the app does, and the example's for whom it talks to, at these ports."""
    example = read_values(SETTINGS_EXAMPLE)
    values = {**example, **own, **{name: example[name] for name in SET_BY_THE_STACK}}
    usual = Ports()
    moved = {
        "OKTA_ORG_URL": (usual.okta_org, ports.okta_org),
        "GRAPH_BASE_URL": (usual.m365_tenant, ports.m365_tenant),
        "TABLES_CONNECTION": (usual.tables, ports.tables),
    }
    for name, (old, new) in moved.items():
        values[name] = values[name].replace(f"{LOOPBACK}:{old}", f"{LOOPBACK}:{new}")
    return values


def ignored_values(own: Mapping[str, str]) -> list[str]:
    """Which of the user's values the stack does not follow."""
    example = read_values(SETTINGS_EXAMPLE)
    return [name for name in SET_BY_THE_STACK if own.get(name, example[name]) != example[name]]
