import asyncio
import os
from pathlib import Path

from local.stand_in.state_file import StateFile


async def test_many_changes_are_saved_once_and_leave_no_half_written_file(tmp_path: Path) -> None:
    dumps: list[str] = []

    def dump() -> str:
        dumps.append("x")
        return f'{{"saved": {len(dumps)}}}'

    state_file = StateFile(tmp_path / "state.json", dump)
    for _ in range(100):
        state_file.changed()
    await asyncio.sleep(0.15)

    assert state_file.read() == '{"saved": 1}'
    assert os.listdir(tmp_path) == ["state.json"]


async def test_what_is_not_yet_saved_is_saved_at_the_end(tmp_path: Path) -> None:
    state_file = StateFile(tmp_path / "state.json", lambda: "{}")
    state_file.changed()
    state_file.flush()

    assert state_file.read() == "{}"


async def test_without_a_path_nothing_is_written() -> None:
    state_file = StateFile(None, lambda: "{}")
    state_file.changed()
    state_file.flush()

    assert state_file.read() is None
