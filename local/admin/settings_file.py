"""The settings of an app that is looked at from here, deployed or not: out of a file, never the environment."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import wiring
from local.admin.shown import Failed
from settings import Settings

Values = dict[str, str]


def read_values(path: Path) -> Values:
    """The `Values` of a file in the form of local.settings.json."""
    try:
        values = json.loads(path.read_text("utf-8-sig"))["Values"]
        return {str(name): str(value) for name, value in values.items()}
    except OSError as error:
        raise Failed(f"The settings cannot be read: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Failed(f'{path} is no settings file: it needs the form {{"Values": {{"OKTA_ORG_URL": "…"}}}}') from None


def write_values(path: Path, changes: Mapping[str, str]) -> None:
    """Change some of the values, and leave everything else of the file as it is."""
    content = json.loads(path.read_text("utf-8-sig"))
    content["Values"] |= changes
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


@asynccontextmanager
async def wired(found: Settings) -> AsyncIterator[None]:
    """Inside, the app's own rooms see these settings, and clients that are made by them."""
    former = wiring.settings
    await wiring.close()
    setattr(wiring, "settings", lambda: found)  # noqa: B010  # mypy does not let a function be replaced
    try:
        yield
    finally:
        await wiring.close()
        setattr(wiring, "settings", former)  # noqa: B010
