"""`python -m local.setup.licenses`: write down under which license each deployed package is, by its own metadata."""

import re
from email.message import Message
from importlib.metadata import metadata
from typing import cast

from local.paths import ROOT

PINS = ROOT / "requirements.txt"
LIST = ROOT / "docs" / "licenses.md"
HEAD = """# Licenses of what is deployed

Made by `make licenses` from `requirements.txt` and what each package says about itself; not written by hand.
Offstage itself is under the [MIT license](../LICENSE). What is only used to develop and test it is not listed.

| package | version | license |
|---|---|---|
"""


def pinned(pins: str) -> dict[str, str]:
    """The packages of a requirements file, with their versions."""
    return dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", pins, re.MULTILINE))


def license_of(package: Message) -> str:
    """The SPDX expression where there is one, else the classifiers, else the first line of the text."""
    classifiers = [each for each in package.get_all("Classifier", []) if each.startswith("License ::")]
    names = "; ".join(each.rpartition(" :: ")[2] for each in classifiers)
    return str(package["License-Expression"] or names or str(package["License"] or "not stated").partition("\n")[0])


def table(pins: str) -> str:
    rows = [
        f"| {name} | {version} | {license_of(cast(Message, metadata(name)))} |\n"
        for name, version in pinned(pins).items()
    ]
    return HEAD + "".join(rows)


if __name__ == "__main__":
    LIST.write_text(table(PINS.read_text()))
