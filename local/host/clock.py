"""The one clock every part of the local host reads. It can be moved forward, never back."""

import asyncio
import contextlib
import threading
import time
from datetime import UTC, datetime, timedelta

# asyncio's timers are floats of seconds; longer sleeps are cut so that a suspended laptop notices within the minute.
LONGEST_SLEEP_SECONDS = 60.0


class Clock:
    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset
        self._last = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()
        self._sleepers: set[asyncio.Event] = set()

    def now(self) -> datetime:
        """The present, never earlier than an answer given before."""
        with self._lock:
            wall = datetime.fromtimestamp(time.time(), UTC)
            self._last = max(self._last, wall + self.offset)
            return self._last

    def advance(self, by: timedelta) -> datetime:
        """Move forward and wake every sleeper (call it on the host's event loop)."""
        if by < timedelta():
            raise ValueError("the clock only goes forward")
        with self._lock:
            self.offset += by
        for sleeper in self._sleepers:
            sleeper.set()
        return self.now()

    async def sleep_until(self, moment: datetime | None, wake: asyncio.Event | None = None) -> None:
        """Return when `moment` has come, or earlier when `wake` is set. Without a moment only `wake` ends the sleep."""
        sleeper = wake or asyncio.Event()
        self._sleepers.add(sleeper)
        try:
            while moment is None or self.now() < moment:
                remaining = LONGEST_SLEEP_SECONDS if moment is None else (moment - self.now()).total_seconds()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(sleeper.wait(), min(max(remaining, 0.0), LONGEST_SLEEP_SECONDS))
                if wake is not None and wake.is_set():
                    return
                sleeper.clear()
        finally:
            self._sleepers.discard(sleeper)
