"""Chromium: the one that is on this machine, else Debian's, installed once."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from local.setup.steps import SetUpError, run_step

if TYPE_CHECKING:
    from playwright.async_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class NoBrowser(Exception):
    """There is none, and why none could be installed."""


def find() -> Path | None:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def find_or_install() -> Path:
    """Raises NoBrowser."""
    if found := find():
        return found
    install_packages("chromium")
    if found := find():
        return found
    raise NoBrowser("apt-get has installed chromium, and it is not on PATH")


def install_packages(*packages: str) -> None:
    """Debian's packages. Raises NoBrowser."""
    if shutil.which("apt-get") is None:
        raise NoBrowser(f"there is no Chromium on PATH, and no apt-get to install {', '.join(packages)} with")
    if os.geteuid() != 0:
        raise NoBrowser(f"there is no Chromium on PATH; install it: sudo apt-get install {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    try:
        run_step(f"{', '.join(packages)} from Debian", command, "setup-browser", env=environment)
    except SetUpError:
        _install_after_update(packages, command, environment)


def _install_after_update(packages: Sequence[str], command: list[str], environment: dict[str, str]) -> None:
    """A fresh image has no list of packages."""
    subprocess.run(["apt-get", "update"], env=environment, capture_output=True, check=False)
    try:
        run_step(f"{', '.join(packages)} from Debian, with fresh lists", command, "setup-browser", env=environment)
    except SetUpError as error:
        raise NoBrowser(str(error)) from error


@asynccontextmanager
async def running_browser(**options: str) -> AsyncIterator["Browser"]:
    """A Chromium without a window; `options` are its environment. Raises NoBrowser."""
    from playwright.async_api import async_playwright

    path = find_or_install()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            chromium_sandbox=os.geteuid() != 0,  # root has none
            env={**os.environ, **options},
        )
        try:
            yield browser
        finally:
            await browser.close()
