"""What is deployed is pinned to the byte, and its licenses are written down."""

import re

import pytest

from local.paths import ROOT
from local.setup.licenses import pinned

DEPLOYED = (ROOT / "requirements.txt").read_text()
LICENSES = (ROOT / "docs/licenses.md").read_text()


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_has_one_version_and_its_hashes(file: str) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE))
    wanted = [entry for entry in entries if entry.strip()]

    assert len(wanted) > 50
    assert [entry for entry in wanted if not re.match(r"\S+==\S+", entry) or "--hash=sha256:" not in entry] == []


def test_no_package_comes_from_anywhere_but_the_registry() -> None:
    assert re.findall(r"https?://|git\+|--(?:extra-)?index-url|--find-links|-e ", DEPLOYED) == []


def test_license_of_every_deployed_package_is_listed() -> None:
    listed = dict(re.findall(r"^\| ([\w.-]+) \| (\S+) \|", LICENSES, re.MULTILINE))

    assert listed.items() >= pinned(DEPLOYED).items(), "run `make licenses`"
    assert len(listed) == len(pinned(DEPLOYED)) + 1, "run `make licenses`"  # and the head of the table


def test_no_license_forbids_what_a_company_does_with_the_app() -> None:
    """The LGPL (jwcrypto) and the MPL (certifi) bind who changes those packages, not who uses them."""
    rows = re.findall(r"^\| ([\w.-]+) \| \d\S* \| (.*) \|$", LICENSES, re.MULTILINE)
    free = re.compile(r"MIT|BSD|Apache|PSF|Python Software Foundation|Unlicense|Public Domain|Freely|MPL|LGPL")

    assert len(rows) == len(pinned(DEPLOYED))
    assert [row for row in rows if not free.search(row[1]) or re.search(r"AGPL|(?<!L)GPL", row[1])] == []
