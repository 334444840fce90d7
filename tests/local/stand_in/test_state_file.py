import asyncio
import os
from pathlib import Path

import pytest

from local.stand_in import state_file
from local.stand_in.state_file import StateFile


async def test_many_changes_are_saved_once_and_leave_no_half_written_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_file, "SAVE_AFTER_SECONDS", 0.0)
    dumps: list[str] = []

    def dump() -> str:
        dumps.append("x")
        return f'{{"saved": {len(dumps)}}}'

    kept = StateFile(tmp_path / "state.json", dump)
    for _ in range(100):
        kept.changed()
    while not dumps:
        await asyncio.sleep(0)
    kept.flush()

    assert kept.read() == '{"saved": 1}'
    assert os.listdir(tmp_path) == ["state.json"]


async def test_what_is_not_yet_saved_is_saved_at_the_end(tmp_path: Path) -> None:
    kept = StateFile(tmp_path / "state.json", lambda: "{}")
    kept.changed()
    kept.flush()

    assert kept.read() == "{}"


async def test_without_a_path_nothing_is_written() -> None:
    kept = StateFile(None, lambda: "{}")
    kept.changed()
    kept.flush()

    assert kept.read() is None
