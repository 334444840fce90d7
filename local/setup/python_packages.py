"""The virtual environment and the pinned Python packages in it."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from local.paths import ROOT, VENV
from local.setup.pins import fingerprint, is_installed, record
from local.setup.steps import SetUpError, run_step

PYTHON = VENV / "bin" / "python"
PINS = ROOT / "requirements-dev.txt"
STAMP = VENV / "offstage-pins"
COMMAND = VENV / "bin" / "offstage"


def python_packages_wanted() -> str:
    return fingerprint([PINS], f"Python {sys.version_info.major}.{sys.version_info.minor}")


def has_python_packages() -> bool:
    return is_installed(STAMP, python_packages_wanted()) and COMMAND.is_file() and _is_python_311()


def install_python_packages() -> None:
    if VENV.exists() and not _is_python_311():
        print("  .venv belongs to another Python, or to one that is gone: making it anew")
        shutil.rmtree(VENV)
    if not VENV.exists():
        _make_venv()
    # Bytecode is left to the first import: compiling all of it takes 11 s and 260 MB, mostly for code nobody imports.
    command = [str(PYTHON), "-m", "pip", "install", "--no-compile", "--no-input", "--disable-pip-version-check"]
    run_step(
        f"Python packages from PyPI: {_count_pins()}, about 650 MB unpacked (Node, Microsoft's SDK)",
        [*command, "--progress-bar", "off", "--require-hashes", "-r", str(PINS)],
        "setup-python",
    )
    install_command(COMMAND)
    record(STAMP, python_packages_wanted())


def install_command(file: Path) -> None:
    """The administrators' command line, from wherever it is called; nothing is imported from there."""
    here = f"PYTHONSAFEPATH=1 PYTHONPATH={shlex.quote(str(ROOT))}"
    file.write_text(f'#!/bin/sh\n{here} exec {shlex.quote(str(PYTHON))} -m local.admin.cli "$@"\n')
    file.chmod(0o755)


def _make_venv() -> None:
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise SetUpError(
            "This Python 3.11 cannot make virtual environments (no ensurepip). Debian and Ubuntu have it in a package "
            "of its own: apt install python3.11-venv"
        ) from None
    run_step("Virtual environment in .venv", [sys.executable, "-m", "venv", str(VENV)], "setup-venv")


def _is_python_311() -> bool:
    if not PYTHON.exists():
        return False
    check = "import sys; sys.exit(sys.version_info[:2] != (3, 11))"
    return subprocess.run([str(PYTHON), "-c", check], capture_output=True, check=False).returncode == 0


def _count_pins() -> int:
    return sum("==" in line for line in PINS.read_text().splitlines())
