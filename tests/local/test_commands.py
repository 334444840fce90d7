"""The commands: `make help` names them, and each loads its own room only."""

import subprocess
import sys

import pytest

from local.__main__ import COMMANDS
from local.paths import ROOT


def test_make_alone_shows_every_command() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert all(f"make {command} " in shown for command in ("demo", "test", "start", "check", "lock"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_its_options_without_loading_another(command: str) -> None:
    others = sorted({room for room, _ in COMMANDS.values()} - {COMMANDS[command][0]})
    code = f"""
import sys
from local.__main__ import main
try:
    main([{command!r}, "--help"])
finally:
    sys.stderr.write(" ".join(room for room in {others!r} if room in sys.modules))
"""

    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.stdout.lower().startswith(f"usage: python -m local {command}")
    assert run.stderr == ""


def test_an_unknown_command_is_refused_with_the_known_ones() -> None:
    run = subprocess.run([sys.executable, "-m", "local", "stop"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 2
    assert all(command in run.stderr for command in COMMANDS)
