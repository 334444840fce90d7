"""The optional JSON file that lets a stand-in remember: written whole, atomically, soon after a change."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

SAVE_AFTER_SECONDS = 0.1
# Saving may take at most about a tenth of the time, however large the state has grown.
SAVE_SHARE = 10


class StateFile:
    def __init__(self, path: Path | None, dump: Callable[[], str]) -> None:
        self.path = path
        self._dump = dump
        self._pending: asyncio.TimerHandle | None = None
        self._last_save_took = 0.0

    def read(self) -> str | None:
        if self.path is None or not self.path.exists():
            return None
        return self.path.read_text(encoding="utf-8")

    def changed(self) -> None:
        """Save a little later, once for all changes until then."""
        if self.path is None or self._pending is not None:
            return
        wait = max(SAVE_AFTER_SECONDS, SAVE_SHARE * self._last_save_took)
        self._pending = asyncio.get_running_loop().call_later(wait, self.save)

    def flush(self) -> None:
        if self._pending is not None:
            self.save()

    def save(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if self.path is None:
            return
        started = time.monotonic()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_name(self.path.name + ".new")
        unfinished.write_text(self._dump(), encoding="utf-8")
        os.replace(unfinished, self.path)
        self._last_save_took = time.monotonic() - started
