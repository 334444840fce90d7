"""`python -m local screenshots` (`make screenshots`): pictures of the pages of a made-up company.

They go to `build/pictures`, and the two that the README shows to `docs/pictures` as well.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from clients.tables import Tables
from lifecycle.stages import Phase
from local.browser.chromium import NoBrowser, install_packages, running_browser
from local.paths import LOCAL_DATA, ROOT
from local.screenshots import made_up
from local.stack.ports import LOOPBACK, free_ports
from local.stack.services import services
from local.stack.settings_file import stack_values
from local.stack.stack import running

if TYPE_CHECKING:
    from playwright.async_api import Browser

FOLDER = ROOT / "build" / "pictures"
FOR_README = ROOT / "docs" / "pictures"
IN_README = ("overview", "person")
FONTS = Path(__file__).parent / "fonts.conf"
PEOPLE = 2000
WIDE, PHONE = 1200, 360
README_HEIGHT = 1000


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture; `height` cuts it there, without one it is as long as the page."""

    name: str
    path: str
    width: int = WIDE
    height: int | None = None
    scheme: Literal["light", "dark"] = "light"


EMPTY = (Shot("overview-empty", "overview"),)
BUSY = (
    Shot("overview", "overview", height=README_HEIGHT),
    Shot("overview-whole", "overview"),
    Shot("overview-dark", "overview", scheme="dark"),
    Shot("overview-phone", "overview", width=PHONE),
    Shot("people", "people?phase=grace_period", height=README_HEIGHT),
    Shot("catalog", "catalog"),
)
PERSON = (
    Shot("person", "people/{id}"),
    Shot("person-dark", "people/{id}", scheme="dark"),
    Shot("person-phone", "people/{id}", width=PHONE),
    Shot("confirmation", "people/{id}/remove-now"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    data = Path(tempfile.mkdtemp(prefix="screenshots-", dir=LOCAL_DATA))
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if not any(Path("/usr/share/fonts").rglob("Inter*")):
        with suppress(NoBrowser):  # the pictures look better with it, and do without
            install_packages("fonts-inter")
    try:
        asyncio.run(_take_all(arguments.folder, data))
        for name in IN_README:
            shutil.copy(arguments.folder / f"{name}.png", FOR_README)
    except NoBrowser as reason:
        print(reason, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(data, ignore_errors=True)
    return 0


async def _take_all(folder: Path, data: Path) -> None:
    async with _company(data) as (host, tables), running_browser(FONTCONFIG_FILE=str(FONTS)) as browser:
        await _take(browser, host, folder, EMPTY, {})
        now = datetime.now(UTC)
        people = await made_up.store(tables, PEOPLE, now)
        person = next(each for each in people if each.member.phase is Phase.GRACE_PERIOD and len(each.direct) == 3)
        await made_up.store_acts(tables, people, now)
        await made_up.store_story(tables, person, now)
        await _take(browser, host, folder, BUSY, {})
        await _take(browser, host, folder, PERSON, {"id": person.member.okta_user_id})


@asynccontextmanager
async def _company(data: Path) -> AsyncIterator[tuple[str, Tables]]:
    """A stack nobody has used yet."""
    ports = free_ports()
    values = stack_values({"DELAY_INTEGER": "30", "DELAY_INTERVAL_TYPE": "day"}, ports)
    async with running(services(ports, data, values), data / "logs", lambda name, line: None):
        tables = Tables(connection_string=values["TABLES_CONNECTION"])
        try:
            yield f"http://{LOOPBACK}:{ports.host}/api/dashboard", tables
        finally:
            await tables.close()


async def _take(browser: "Browser", host: str, folder: Path, shots: tuple[Shot, ...], ids: dict[str, str]) -> None:
    for shot in shots:
        size = {"width": shot.width, "height": shot.height or 800}
        page = await browser.new_page(viewport=size, color_scheme=shot.scheme)  # type: ignore[arg-type]
        await page.goto(host)
        await page.goto(f"{host}/{shot.path.format(**ids)}")
        path = folder / f"{shot.name}.png"
        await page.screenshot(path=path, full_page=shot.height is None)
        print(f"  {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}", flush=True)
        await page.close()
