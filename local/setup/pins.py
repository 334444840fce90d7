"""Remembers which pins are installed, so that a second run installs nothing."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(files: Iterable[Path], *extra: str) -> str:
    """Change whenever the content of a pin file does, or what else the installation depends on."""
    digest = hashlib.sha256()
    for content in [*(file.read_bytes() for file in files), *(text.encode() for text in extra)]:
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def is_installed(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text().strip() == wanted


def record(stamp: Path, wanted: str) -> None:
    stamp.write_text(f"{wanted}\n")
