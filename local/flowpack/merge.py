"""Writing settings into a `local.settings.json` that is there already, beside everything else it holds."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.flowpack.license_table import Malformed


def merge_settings(path: Path, settings: Mapping[str, str]) -> dict[str, str | None]:
    """Put the settings into the file, whole or not at all. Returns what each of them was before."""
    target = path.resolve()  # a link stays a link
    whole = _read(target)
    values = whole["Values"]
    before = {name: values.get(name) for name in settings}
    values.update(settings)
    try:
        _replace(target, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise Malformed(f"it cannot be written: {error.strerror}") from error
    return before


def _read(path: Path) -> dict[str, Any]:
    try:
        whole = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise Malformed(f"it cannot be read: {error.strerror}; make it from local.settings.example.json") from error
    except ValueError as error:
        raise Malformed(f"it is not JSON: {error}") from error
    if not isinstance(whole, dict) or not isinstance(whole.get("Values"), dict):
        raise Malformed("it has no `Values`, where the settings of an app on one machine stand")
    if whole.get("IsEncrypted"):
        raise Malformed("it is encrypted; run `func settings decrypt` first")
    return whole


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
