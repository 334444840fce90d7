"""axe-core, pinned in `package.json` beside this file: https://github.com/dequelabs/axe-core"""

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.paths import BROWSER_PINS, LOCAL_DATA
from local.setup.azurite import node, npm_command
from local.setup.pins import fingerprint, is_installed, record
from local.setup.steps import run_step

if TYPE_CHECKING:
    from playwright.async_api import Page

PINS = (BROWSER_PINS / "package.json", BROWSER_PINS / "package-lock.json")
FOLDER = LOCAL_DATA / "browser"
STAMP = FOLDER / "node_modules" / "offstage-pins"
SCRIPT = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = frozenset({"serious", "critical"})


@dataclass(frozen=True, slots=True)
class Barrier:
    """What axe-core has found, and where."""

    rule: str
    impact: str
    help: str
    places: tuple[str, ...]


def axe_script() -> str:
    """Installs it when it is not there yet. Raises SetUpError."""
    if not is_installed(STAMP, fingerprint(PINS)):
        _install()
    return SCRIPT.read_text()


def _install() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for pin in PINS:
        shutil.copy(pin, FOLDER)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    path = f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    run_step(
        "axe-core from npm", [*npm_command(), "ci", *quiet], "setup-axe", cwd=FOLDER, env=os.environ | {"PATH": path}
    )
    record(STAMP, fingerprint(PINS))


async def barriers(page: "Page") -> list[Barrier]:
    """The grave ones on a page. Its context has to let axe's script past the page's policy (`bypass_csp`)."""
    await page.evaluate(axe_script())
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        Barrier(each["id"], each["impact"], each["help"], tuple(str(node["target"]) for node in each["nodes"]))
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]
