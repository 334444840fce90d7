"""`python -m local.setup.lock`: pin what npm brings, by version and hash, without any registry's address."""

import subprocess

from local.paths import AZURITE_PINS, BROWSER_PINS
from local.setup.azurite import npm_command

if __name__ == "__main__":
    flags = ["--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts", "--no-audit", "--no-fund"]
    for pins in (AZURITE_PINS, BROWSER_PINS):
        subprocess.run([*npm_command(), "install", *flags], cwd=pins, check=True)
