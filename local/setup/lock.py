"""`python -m local.setup.lock`: pin Azurite and what it needs, by version and hash, without any registry's address."""

import subprocess

from local.paths import AZURITE_PINS
from local.setup.azurite import npm_command

if __name__ == "__main__":
    flags = ["--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run([*npm_command(), "install", *flags], cwd=AZURITE_PINS, check=True)
